// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "tensors/config_reader.h"

namespace models {

/// UNet2DConditionModel's config.json, as far as it says anything that changes a number. Vectors have one element per
/// resolution, from the finest.
struct UNetConfig {
  struct Block {
    bool attention;         ///< CrossAttnDownBlock2D and not DownBlock2D
    std::int64_t channels;  ///< of its result
    std::int64_t heads;
    std::vector<std::int64_t> transformer_layers;  ///< by layer; one element: the same for all
    std::int64_t layers;                           ///< resnets on the way down; one more on the way up
  };
  std::int64_t in_channels = 4, out_channels = 4, sample_size = 128;
  std::vector<Block> down, up;  ///< `up` in the order of running, from the coarsest
  enum class Middle { kNone, kResnet, kCrossAttention } middle = Middle::kCrossAttention;
  std::vector<std::int64_t> middle_transformer_layers;
  std::int64_t norm_groups = 32;
  double norm_eps = 1e-5;
  std::int64_t cross_attention_dim = 2048;
  bool flip_sin_to_cos = true;
  double freq_shift = 0;
  bool linear_projection = true;
  bool upcast_attention = false;
  std::int64_t time_cond_proj_dim = 0;  ///< width of the guidance scale's embedding; 0: the UNet has none
  bool text_time = false;               ///< SDXL's additional embedding of pooled text and time ids
  std::int64_t addition_time_embed_dim = 256;
  std::int64_t additional_width = 0;  ///< of pooled text and embedded time ids together

  std::int64_t time_channels() const { return down.front().channels * 4; }
  /// How many numbers of time ids stand beside a pooled text of that width: 6 for SDXL, 5 for its refiner.
  std::int64_t time_ids(std::int64_t pooled_width) const {
    return (additional_width - pooled_width) / addition_time_embed_dim;
  }

  /// Throws FileError for what is not supported and for what does not go together.
  static UNetConfig read(tensors::ConfigReader config);
  /// What a ControlNet's config says likewise: all but the way up and out. The rest of the config is the caller's.
  static UNetConfig read_encoder(tensors::ConfigReader& config);
};

}  // namespace models
