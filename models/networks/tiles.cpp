// SPDX-License-Identifier: MIT
#include "models/networks/tiles.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>
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

/// Of one dimension: where tiles begin.
std::vector<std::int64_t> starts(std::int64_t size, std::int64_t stride) {
  std::vector<std::int64_t> list;
  for (std::int64_t at = 0; at < size; at += stride) list.push_back(at);
  return list;
}

std::int64_t stride_of(const TileShape& shape) {
  const auto stride = static_cast<std::int64_t>(static_cast<double>(shape.side) * (1 - shape.overlap));
  const auto out_side = std::lround(static_cast<double>(shape.side) * shape.scale);
  if (std::min<std::int64_t>(shape.side, out_side) < 4 || stride < 1 || stride >= shape.side)
    throw std::invalid_argument("vae: tiles of side " + std::to_string(std::min<std::int64_t>(shape.side, out_side)) +
                                " and overlap " + std::to_string(shape.overlap) +
                                ": expected a side of at least 4 and an overlap in (0, 1)");
  return stride;
}

bool is_one_tile(std::int64_t height, std::int64_t width, std::int64_t side) {
  return side <= 0 || (height <= side && width <= side);
}

}  // namespace

std::vector<TilePlace> tile_places(std::int64_t height, std::int64_t width, const TileShape& shape) {
  if (is_one_tile(height, width, shape.side)) return {{0, 0, height, width, 0, 0, height, width}};
  const std::int64_t stride = stride_of(shape), half = (shape.side - stride) / 2;
  // What two tiles share belongs to each of them up to its middle.
  const auto own = [&](std::int64_t at, std::int64_t size) {
    const std::int64_t from = at == 0 ? 0 : at + half;
    const std::int64_t to = at + stride >= size ? size : std::min(size, at + stride + half);
    return std::pair(std::min(from, size) - at, std::max<std::int64_t>(0, to - from));
  };
  std::vector<TilePlace> places;
  for (const std::int64_t top : starts(height, stride)) {
    const auto [own_top, own_height] = own(top, height);
    for (const std::int64_t left : starts(width, stride)) {
      const auto [own_left, own_width] = own(left, width);
      places.push_back({top, left, std::min(shape.side, height - top), std::min(shape.side, width - left), own_top,
                        own_left, own_height, own_width});
    }
  }
  return places;
}

at::Tensor in_tiles(const at::Tensor& x, const TileShape& shape,
                    const std::function<at::Tensor(const at::Tensor&)>& f) {
  const std::vector<TilePlace> places = tile_places(x.size(2), x.size(3), shape);
  if (places.size() == 1) return f(x);
  const std::int64_t out_side = std::lround(static_cast<double>(shape.side) * shape.scale);
  const auto extent = static_cast<std::int64_t>(static_cast<double>(out_side) * shape.overlap);
  std::vector<at::Tensor> rows, above, tiles, kept;
  for (const TilePlace& place : places) {
    at::Tensor tile = f(x.narrow(2, place.top, place.height).narrow(3, place.left, place.width));
    if (!above.empty()) tile = blend(above[tiles.size()], tile, extent, 2);
    if (!tiles.empty()) tile = blend(tiles.back(), tile, extent, 3);
    kept.push_back(cropped(tile, out_side - extent));
    tiles.push_back(std::move(tile));
    if (place.left + stride_of(shape) < x.size(3)) continue;
    rows.push_back(at::cat(kept, 3));
    kept.clear();
    above = std::exchange(tiles, {});
  }
  return at::cat(rows, 2);
}

}  // namespace models
