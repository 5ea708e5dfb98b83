// SPDX-License-Identifier: MIT
#pragma once

#include <functional>

#include "tensors/torch.h"

namespace models {

/// How a map is cut into tiles for a function that scales it.
struct TileShape {
  std::int64_t side;  ///< of an input tile; ≤ 0: no tiles
  double overlap;     ///< of neighbouring tiles, part of the side
  double scale;       ///< side of a result over side of its input
};

/// f of (B, C, H, W), tile by tile: the results overlap, and are blended linearly from the upper and the left neighbour
/// into each tile. With one tile it is f itself. Throws std::invalid_argument for sides below 4 cells or an overlap
/// outside (0, 1). Source: the tiled autoencoder of diffusers, whose numbers it gives.
at::Tensor in_tiles(const at::Tensor& x, const TileShape& shape, const std::function<at::Tensor(const at::Tensor&)>& f);

}  // namespace models
