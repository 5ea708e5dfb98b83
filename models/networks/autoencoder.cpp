// SPDX-License-Identifier: MIT
#include "models/networks/autoencoder.h"

#include <sstream>
#include <stdexcept>
#include <vector>

#include "models/networks/tiles.h"

namespace models {
namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& expected, const at::Tensor& found) {
  std::ostringstream text;
  text << "vae: " << what << ": expected " << expected << ", found ";
  if (found.defined()) text << found.sizes();
  else text << "nothing";
  throw std::invalid_argument(text.str());
}

}  // namespace

Posterior Autoencoder::encode(const at::Tensor& image, const Tiling& tiling) const {
  const std::int64_t f = factor();
  if (!image.defined() || image.dim() != 4 || image.size(1) != 3 || image.size(2) < f || image.size(3) < f)
    refuse("image", "(B, 3, H, W) with sides of at least " + std::to_string(f), image);
  const at::Tensor whole = image.narrow(2, 0, image.size(2) / f * f).narrow(3, 0, image.size(3) / f * f);
  const auto run = [this](const at::Tensor& tile) { return encode_moments(tile); };
  const at::Tensor moments =
      in_tiles(whole, {tiling.latent_side * f, tiling.overlap, 1.0 / static_cast<double>(f)}, run);
  const std::int64_t channels = latent_channels();
  const at::Tensor mean = moments.narrow(1, 0, channels) * scaling_factor();
  if (moments.size(1) == channels) return {mean, {}};
  const at::Tensor logvar = moments.narrow(1, channels, channels).clamp(-30, 20);
  return {mean, at::exp(0.5 * logvar) * scaling_factor()};
}

at::Tensor Autoencoder::decode(const at::Tensor& latents, const Tiling& tiling) const {
  if (!latents.defined() || latents.dim() != 4 || latents.size(1) != latent_channels() || latents.numel() == 0)
    refuse("latents", "(B, " + std::to_string(latent_channels()) + ", h, w)", latents);
  const auto run = [this](const at::Tensor& tile) { return decode_latents(tile); };
  return in_tiles(latents / scaling_factor(), {tiling.latent_side, tiling.overlap, static_cast<double>(factor())}, run);
}

bool forces_upcast(tensors::ConfigReader config) {
  return config.get<bool>("force_upcast", config.get<std::string>("_class_name", "AutoencoderKL") == "AutoencoderKL");
}

std::unique_ptr<Autoencoder> make_autoencoder(tensors::ConfigReader config, ParameterSource& source) {
  const auto name = config.get<std::string>("_class_name", "AutoencoderKL");
  if (name == "AutoencoderKL") return make_autoencoder_kl(std::move(config), source);
  if (name == "AutoencoderTiny") return make_autoencoder_tiny(std::move(config), source);
  config.fail("_class_name", "\"" + name + "\" is not supported, only \"AutoencoderKL\" and \"AutoencoderTiny\"");
}

}  // namespace models
