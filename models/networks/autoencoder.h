// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "models/parameters.h"
#include "tensors/config_reader.h"

/// Between pictures and latents. Pictures are (B, 3, H, W) in [-1, 1], latents (B, C, h, w) as the denoiser knows them,
/// that is, times scaling_factor.
namespace models {

/// What an encoder says of a picture's latents: a normal distribution for each cell, of latents that are already
/// scaled.
struct Posterior {
  at::Tensor mean;
  at::Tensor std;  ///< undefined where the encoder knows no spread

  /// mean + std·noise; `noise` is standard normal, of the mean's shape.
  at::Tensor sample(const at::Tensor& noise) const { return std.defined() ? mean + std * noise : mean; }
};

/// Large pictures are coded in overlapping tiles whose seams are blended: what a whole picture would need of memory is
/// bounded, at the cost of small differences. Off when 0.
struct Tiling {
  /// What a decoder's group norms look at. Of a tile: each tile is decoded for itself, as diffusers does. Of the
  /// picture: those parts of a decoder whose maps are not larger than largest_map work on the whole, which for small
  /// networks are all; of what comes behind them, what a tile's norms need of all others is found in a pass of its own,
  /// which takes as long as the decoding.
  enum class Norms { kTile, kPicture };
  static constexpr std::int64_t kMostCells = std::int64_t{1} << 17;  ///< of latents whose attention is computed at once

  std::int64_t latent_side = 0;  ///< of a tile, in cells; ≥ 4
  double overlap = 0.25;         ///< part of a tile's side, in (0, 1)
  Norms norms = Norms::kTile;
  std::int64_t largest_map = std::int64_t{1} << 30;  ///< bytes
};

/// Immutable, safe to call from several threads, differentiable.
class Autoencoder {
 public:
  virtual ~Autoencoder() = default;

  /// Any size: sides that are no multiples of factor() are cut down to one. Throws std::invalid_argument for other
  /// shapes.
  Posterior encode(const at::Tensor& image, const Tiling& tiling = {}) const;
  /// Not clamped. Throws std::invalid_argument when the channels are not latent_channels().
  at::Tensor decode(const at::Tensor& latents, const Tiling& tiling = {}) const;

  /// Pixels per cell, 8 for Stable Diffusion.
  virtual std::int64_t factor() const = 0;
  virtual std::int64_t latent_channels() const = 0;
  virtual double scaling_factor() const = 0;
  /// Side of the pictures that it was trained on, in pixels.
  virtual std::int64_t sample_size() const = 0;
  virtual const ParameterTable& parameters() const = 0;
  /// What it computes in.
  at::ScalarType dtype() const { return parameters().front().second.scalar_type(); }

 protected:
  /// Unscaled moments (B, 2C, h, w): mean and log variance; or (B, C, h, w), the mean alone.
  virtual at::Tensor encode_moments(const at::Tensor& image) const = 0;
  /// The decoder in parts that follow each other: unscaled latents go into the first, the picture comes from the last.
  struct DecoderPart {
    std::int64_t scale;    ///< side of its result over the latents'
    std::int64_t numbers;  ///< of its largest map, for a latent cell
    std::function<at::Tensor(const at::Tensor&)> run;
  };
  virtual std::vector<DecoderPart> decoder_parts() const = 0;
};

/// Each level halves a picture's sides: no picture is as large as more of them would need.
inline constexpr std::size_t kMaxLevels = 16;

/// Whether a VAE's config asks for float32 where the rest is float16 (force_upcast): its activations overflow there.
bool forces_upcast(tensors::ConfigReader config);

/// By the config's _class_name: AutoencoderKL or AutoencoderTiny. Throws FileError for what is not supported, and what
/// the source throws.
std::unique_ptr<Autoencoder> make_autoencoder(tensors::ConfigReader config, ParameterSource& source);
std::unique_ptr<Autoencoder> make_autoencoder_kl(tensors::ConfigReader config, ParameterSource& source);
std::unique_ptr<Autoencoder> make_autoencoder_tiny(tensors::ConfigReader config, ParameterSource& source);

}  // namespace models
