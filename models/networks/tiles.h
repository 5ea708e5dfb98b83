// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <vector>

#include "tensors/torch.h"

namespace models {

/// How a map is cut into tiles for a function that scales it.
struct TileShape {
  std::int64_t side;  ///< of an input tile; ≤ 0: no tiles
  double overlap;     ///< of neighbouring tiles, part of the side
  double scale;       ///< side of a result over side of its input
};

/// A tile's place in a map, in cells, and the part of it that no other tile has as its own: the map without rest.
struct TilePlace {
  std::int64_t top, left, height, width;
  std::int64_t own_top, own_left, own_height, own_width;  ///< within the tile
};

/// Row by row. One tile, the whole, where the map is no larger than a tile. Throws std::invalid_argument for sides
/// below 4 cells or an overlap outside (0, 1).
std::vector<TilePlace> tile_places(std::int64_t height, std::int64_t width, const TileShape& shape);

/// f of (B, C, H, W), tile by tile: the results overlap, and are blended linearly from the upper and the left neighbour
/// into each tile. With one tile it is f itself. Throws as tile_places. Source: the tiled autoencoder of diffusers,
/// whose numbers it gives.
at::Tensor in_tiles(const at::Tensor& x, const TileShape& shape, const std::function<at::Tensor(const at::Tensor&)>& f);

}  // namespace models
