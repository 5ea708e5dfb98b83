// SPDX-License-Identifier: MIT
#pragma once

#include "tensors/config_reader.h"

namespace models {

/// config.json of transformers' CLIPTextModel and CLIPTextModelWithProjection, as far as it says anything that changes
/// a number.
struct ClipTextConfig {
  std::int64_t vocab_size = 49408;
  std::int64_t max_position_embeddings = 77;
  std::int64_t hidden_size = 512, intermediate_size = 2048;
  std::int64_t num_hidden_layers = 12, num_attention_heads = 8;
  bool quick_gelu = true;  ///< x·σ(1.702x) and not x·Φ(x)
  double layer_norm_eps = 1e-5;
  /// The pooled vector stands where this token is first; with 2, which the files of Stable Diffusion have by an old
  /// mistake, where the highest id is first.
  std::int64_t eos_token_id = 49407;
  std::int64_t projection_dim = 0;  ///< of CLIPTextModelWithProjection; 0 for CLIPTextModel, which has none

  /// Throws tensors::FileError for what is not supported and for what does not go together.
  static ClipTextConfig read(tensors::ConfigReader config);
};

}  // namespace models
