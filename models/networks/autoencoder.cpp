// SPDX-License-Identifier: MIT
#include "models/networks/autoencoder.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "models/networks/norm_statistics.h"
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

using Function = std::function<at::Tensor(const at::Tensor&)>;

/// f of a map, tile by tile, with the group norms of the whole. Nothing is blended: what of a tile is not its own is
/// there for its edges, which look different from what they would within the whole.
at::Tensor in_tiles_of_whole(const at::Tensor& x, const TileShape& shape, const Function& f) {
  const std::vector<TilePlace> places = tile_places(x.size(2), x.size(3), shape);
  const auto tile_of = [&](const TilePlace& place) {
    return x.narrow(2, place.top, place.height).narrow(3, place.left, place.width);
  };
  NormStatistics statistics;
  for (const TilePlace& place : places) {
    const auto part = [](std::int64_t cells, std::int64_t side) {
      return static_cast<double>(cells) / static_cast<double>(side);
    };
    const MapPart own{part(place.own_top, place.height), part(place.own_left, place.width),
                      part(place.own_top + place.own_height, place.height),
                      part(place.own_left + place.own_width, place.width)};
    const NormStatistics::Noting noting(statistics, own);
    f(tile_of(place));
    if (statistics.empty()) break;  // there are no norms
  }
  at::Tensor whole;
  const std::int64_t scale = std::lround(shape.scale);
  for (const TilePlace& place : places) {
    const NormStatistics::Taking taking(statistics);
    const at::Tensor tile = f(tile_of(place));
    if (!whole.defined())
      whole = at::empty({tile.size(0), tile.size(1), scale * x.size(2), scale * x.size(3)}, tile.options());
    const auto own = [&](const at::Tensor& map, std::int64_t top, std::int64_t left) {
      return map.narrow(2, scale * top, scale * place.own_height).narrow(3, scale * left, scale * place.own_width);
    };
    own(whole, place.top + place.own_top, place.left + place.own_left).copy_(own(tile, place.own_top, place.own_left));
  }
  return whole;
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
  at::Tensor x = latents / scaling_factor();
  const std::vector<DecoderPart> parts = decoder_parts();
  auto part = parts.begin();
  std::int64_t scale = 1;
  const bool small = tiling.latent_side <= 0 || std::max(x.size(2), x.size(3)) <= tiling.latent_side;
  const std::int64_t cells = x.size(2) * x.size(3), bytes = x.size(0) * cells * x.element_size();
  const bool by_picture = tiling.norms == Tiling::Norms::kPicture && cells <= Tiling::kMostCells;
  for (; part != parts.end() && (small || (by_picture && part->numbers * bytes <= tiling.largest_map)); ++part) {
    x = part->run(x);
    scale = part->scale;
  }
  if (part == parts.end()) return x;
  const auto rest = [&](at::Tensor tile) {
    for (auto p = part; p != parts.end(); ++p) tile = p->run(tile);
    return tile;
  };
  const TileShape shape{scale * tiling.latent_side, tiling.overlap, static_cast<double>(factor() / scale)};
  return tiling.norms == Tiling::Norms::kTile ? in_tiles(x, shape, rest) : in_tiles_of_whole(x, shape, rest);
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
