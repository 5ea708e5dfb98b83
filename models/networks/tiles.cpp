// SPDX-License-Identifier: MIT
#include "models/networks/tiles.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

namespace models {
namespace {

/// `b` with its first `extent` rows (along `dim`) blended from the last ones of `a`.
at::Tensor blend(const at::Tensor& a, const at::Tensor& b, std::int64_t extent, std::int64_t dim) {
  extent = std::min({extent, a.size(dim), b.size(dim)});
  if (extent == 0) return b;
  std::vector<std::int64_t> sizes(4, 1);
  sizes[static_cast<std::size_t>(dim)] = extent;
  const at::Tensor weight = (at::arange(extent, b.options()) / static_cast<double>(extent)).view(sizes);
  const at::Tensor mixed =
      a.narrow(dim, a.size(dim) - extent, extent) * (1 - weight) + b.narrow(dim, 0, extent) * weight;
  return at::cat({mixed, b.narrow(dim, extent, b.size(dim) - extent)}, dim);
}

at::Tensor cropped(const at::Tensor& x, std::int64_t side) {
  return x.narrow(2, 0, std::min(side, x.size(2))).narrow(3, 0, std::min(side, x.size(3)));
}

}  // namespace

at::Tensor in_tiles(const at::Tensor& x, const TileShape& shape,
                    const std::function<at::Tensor(const at::Tensor&)>& f) {
  const std::int64_t height = x.size(2), width = x.size(3), side = shape.side;
  if (side <= 0 || (height <= side && width <= side)) return f(x);
  const auto out_side = static_cast<std::int64_t>(std::lround(static_cast<double>(side) * shape.scale));
  const auto stride = static_cast<std::int64_t>(static_cast<double>(side) * (1 - shape.overlap));
  const auto extent = static_cast<std::int64_t>(static_cast<double>(out_side) * shape.overlap);
  if (std::min(side, out_side) < 4 || stride < 1 || stride >= side)
    throw std::invalid_argument("vae: tiles of side " + std::to_string(std::min(side, out_side)) + " and overlap " +
                                std::to_string(shape.overlap) +
                                ": expected a side of at least 4 and an overlap in (0, 1)");
  const std::int64_t keep = out_side - extent;
  std::vector<at::Tensor> rows, above;
  for (std::int64_t top = 0; top < height; top += stride) {
    std::vector<at::Tensor> tiles, kept;
    for (std::int64_t left = 0; left < width; left += stride) {
      at::Tensor tile = f(x.narrow(2, top, std::min(side, height - top)).narrow(3, left, std::min(side, width - left)));
      if (!above.empty()) tile = blend(above[tiles.size()], tile, extent, 2);
      if (!tiles.empty()) tile = blend(tiles.back(), tile, extent, 3);
      kept.push_back(cropped(tile, keep));
      tiles.push_back(std::move(tile));
    }
    rows.push_back(at::cat(kept, 3));
    above = std::move(tiles);
  }
  return at::cat(rows, 2);
}

}  // namespace models
