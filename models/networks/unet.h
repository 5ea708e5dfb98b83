// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <vector>

#include "models/networks/transformer.h"
#include "models/networks/unet_config.h"

namespace models {

class UNetGraphs;

/// diffusers' UNet2DConditionModel: predicts the noise (or the velocity) in noised latents. Immutable, safe to call
/// from several threads, differentiable in everything.
class UNet {
 public:
  /// Throws what the source throws for a missing or misshapen tensor.
  UNet(UNetConfig config, ParameterSource& source);
  ~UNet();
  UNet(UNet&&) noexcept;

  /// Every row has a timestep and a conditioning of its own. All on one device; floating point, of the parameters'
  /// dtype where nothing else is said.
  struct Input {
    at::Tensor sample;                 ///< (B, in_channels, h, w), as scale_model_input leaves it; any h, w ≥ 1
    at::Tensor timesteps;              ///< (B) f32, may be fractional
    at::Tensor encoder_hidden_states;  ///< (B, m, cross_attention_dim)
    at::Tensor text_embeds{};          ///< (B, pooled width), where the config has text_time
    at::Tensor time_ids{};             ///< (B, n) f32, likewise
    /// Added to the skip connections and to the middle's result, as a ControlNet makes them; empty and undefined: none.
    std::vector<at::Tensor> down_residuals{};
    at::Tensor mid_residual{};
    const LogitEdit* edit_logits = nullptr;
  };
  /// (B, out_channels, h, w). Throws std::invalid_argument when the shapes do not go with the config. On a GPU, where
  /// neither gradients, residuals nor edits are asked for: as a CUDA graph (models/networks/unet_graphs.h).
  at::Tensor operator()(const Input& input) const;

  const UNetConfig& config() const { return config_; }
  const ParameterTable& parameters() const { return parameters_; }
  /// What it computes in.
  at::ScalarType dtype() const { return parameters_.front().second.scalar_type(); }

 private:
  struct Layers;
  void check(const Input& input) const;
  at::Tensor time(const Input& input) const;
  at::Tensor forward(const Input& input) const;

  UNetConfig config_;
  ParameterTable parameters_;
  std::unique_ptr<const Layers> layers_;
  std::unique_ptr<UNetGraphs> graphs_;  ///< on a GPU
};

}  // namespace models
