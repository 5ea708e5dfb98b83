// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "models/networks/unet.h"

namespace models {

/// ControlNetModel's config.json, as far as it says anything that changes a number.
struct ControlNetConfig {
  UNetConfig encoder;              ///< in, down and middle, as in the UNet that it was made from
  std::int64_t hint_channels = 3;  ///< of the hint
  std::vector<std::int64_t>
      hint_widths{};                    ///< of the hint's feature maps, the finest first; each further one is halved
  bool bgr = false;                     ///< the hint's channels are taken in this order
  bool global_pool_conditions = false;  ///< residuals are the same everywhere: their means

  /// Pixels of the hint for each cell of the latents, along either side.
  std::int64_t factor() const { return std::int64_t{1} << (hint_widths.size() - 1); }

  /// Throws FileError for what is not supported and for what does not go together; a union of ControlNets by name.
  static ControlNetConfig read(tensors::ConfigReader config);
};

/// Throws std::invalid_argument that says how a ControlNet of `control` differs from a UNet of `unet` in what must be
/// equal: widths and layers of the way down, width of the texts, kind (Stable Diffusion XL or 1.x, 2.x).
void check_fits(const UNetConfig& control, const UNetConfig& unet);

/// A row of a ControlNet's call.
struct ControlNetRow {
  UNetRow row;      ///< what the UNet is given, but for residuals and edits, which are not looked at
  at::Tensor hint;  ///< (1 or b, width, h, w): ControlNet::embedded of a hint
};

/// diffusers' ControlNetModel: a copy of a UNet's way in, down and middle that sees a hint, a picture of edges, depths
/// or poses, and says what is to be added to the UNet's skip connections and middle. Immutable, safe to call from
/// several threads, differentiable in everything. Source: Zhang et al. 2023 (ControlNet).
class ControlNet {
 public:
  /// Throws what the source throws for a missing or misshapen tensor.
  ControlNet(ControlNetConfig config, ParameterSource& source);
  ~ControlNet();
  ControlNet(ControlNet&&) noexcept;

  /// What a hint is added to the latents as: it is the same at every timestep. hint: (B, hint_channels, factor·h,
  /// factor·w) in [0,1] → (B, width, h, w), both of the parameters' dtype. Throws std::invalid_argument for another
  /// number of channels.
  at::Tensor embedded(const at::Tensor& hint) const;

  /// For each row the residuals of its b pictures, f32. Throws std::invalid_argument as UNet's call does, and for a
  /// hint of another size.
  std::vector<UNetResiduals> operator()(std::span<const ControlNetRow> rows) const;
  /// The same of tensors.
  UNetResiduals operator()(const UNet::Input& input, const at::Tensor& hint) const;

  const ControlNetConfig& config() const { return config_; }
  const ParameterTable& parameters() const { return parameters_; }
  /// What it computes in.
  at::ScalarType dtype() const { return parameters_.front().second.scalar_type(); }

 private:
  struct Layers;

  ControlNetConfig config_;
  ParameterTable parameters_;
  std::unique_ptr<const Layers> layers_;
};

/// How strongly residuals count.
struct ResidualWeights {
  double scale = 1;
  bool guess = false;  ///< scale · 10^(−1 + j/n) for the j'th of n + 1, the middle's the last: a tenth for the finest
  at::Tensor map{};    ///< (1,1,H,W) f32: how much at each place; undefined: everywhere the same
};

/// Residuals times their weights. The map comes to each one's size bilinearly, corners not aligned, without
/// antialiasing. With `pooled` each is its mean over all places first. Source: diffusers' ControlNetModel.forward.
UNetResiduals weighed(const UNetResiduals& residuals, const ResidualWeights& weights, bool pooled);

/// Element by element. Throws std::invalid_argument where they are not of one shape.
UNetResiduals sum(const UNetResiduals& a, const UNetResiduals& b);

}  // namespace models
