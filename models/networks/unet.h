// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "models/networks/transformer.h"
#include "models/networks/unet_config.h"
#include "models/networks/unet_residuals.h"

namespace models {

class UNetGraphs;

/// All that a row of a call has of its own beside its pictures and its timestep: which texts it is told, what is added
/// to it on the way, and what its attention is bent by. What is the same for all pictures of a row has one.
struct RowConditioning {
  at::Tensor encoder_hidden_states;                ///< (1 or b, m, cross_attention_dim)
  at::Tensor text_embeds{};                        ///< (1 or b, pooled width), where the config has text_time
  at::Tensor time_ids{};                           ///< (1 or b, n) f32, likewise
  UNetResiduals residuals{};                       ///< of (1 or b) pictures; rows of a call without get zeros
  std::shared_ptr<const LogitEdit> edit_logits{};  ///< null: attention as it is
  std::optional<double> guidance_scale{};          ///< where the config has a time_cond_proj_dim; absent: 1
  /// Self-attention is the identity in the transformers below these, "mid_block" or "down_blocks.1.attentions.0"; in a
  /// call the rows that have some have the same. Null: none. Source: Ahn et al. 2024 (perturbed-attention guidance).
  std::shared_ptr<const std::vector<std::string>> perturbed{};
};

/// b pictures that are told the same, at one timestep.
struct UNetRow {
  at::Tensor sample;  ///< (b, in_channels, h, w), as scale_model_input leaves it
  double timestep;    ///< may be fractional
  RowConditioning conditioning;
};

/// diffusers' UNet2DConditionModel: predicts the noise (or the velocity) in noised latents. Immutable, safe to call
/// from several threads, differentiable in everything.
class UNet {
 public:
  /// Throws what the source throws for a missing or misshapen tensor.
  UNet(UNetConfig config, ParameterSource& source);
  ~UNet();
  UNet(UNet&&) noexcept;

  /// Rows of one size of pictures and of one number of tokens, in one call: for each (b, out_channels, h, w) f32. Any
  /// floating dtype. Throws std::invalid_argument where rows differ in that, or have residuals of other networks.
  std::vector<at::Tensor> operator()(std::span<const UNetRow> rows) const;

  /// Rows as tensors, each picture with a timestep and a conditioning of its own. All on one device; floating point, of
  /// the parameters' dtype where nothing else is said.
  struct Input {
    at::Tensor sample;                      ///< (B, in_channels, h, w), as scale_model_input leaves it; any h, w ≥ 1
    at::Tensor timesteps;                   ///< (B) f32, may be fractional
    at::Tensor encoder_hidden_states;       ///< (B, m, cross_attention_dim)
    at::Tensor text_embeds{};               ///< (B, pooled width), where the config has text_time
    at::Tensor time_ids{};                  ///< (B, n) f32, likewise
    UNetResiduals residuals{};              ///< of B pictures
    std::vector<const LogitEdit*> edits{};  ///< one for each picture, null: none; or empty: none at all
    at::Tensor guidance_scale{};            ///< (B) f64, where the config has a time_cond_proj_dim
    at::Tensor perturbed{};                 ///< (B) bool: pictures with RowConditioning::perturbed; undefined: none
    std::shared_ptr<const std::vector<std::string>> perturbed_layers{};  ///< of these, where there are some
  };
  /// (B, out_channels, h, w). Throws std::invalid_argument when the shapes do not go with the config. On a GPU, where
  /// neither gradients, edits nor perturbed attention are asked for: as a CUDA graph (models/networks/unet_graphs.h).
  at::Tensor operator()(const Input& input) const;

  /// Throws std::invalid_argument for what is not the beginning of a transformer's name, with those that are.
  void check_layers(const std::vector<std::string>& names) const;
  /// Rows as tensors of `dtype`, for a network of `config`: a UNet's or a ControlNet's. Throws as the call does.
  static Input batch_of(std::span<const UNetRow> rows, const UNetConfig& config, at::ScalarType dtype);

  const UNetConfig& config() const { return config_; }
  const ParameterTable& parameters() const { return parameters_; }
  /// What it computes in.
  at::ScalarType dtype() const { return parameters_.front().second.scalar_type(); }

 private:
  struct Layers;
  void check(const Input& input) const;
  at::Tensor forward(const Input& input) const;

  UNetConfig config_;
  ParameterTable parameters_;
  std::unique_ptr<const Layers> layers_;
  std::unique_ptr<UNetGraphs> graphs_;  ///< on a GPU
};

}  // namespace models
