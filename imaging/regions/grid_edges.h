// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "imaging/regions/labels.h"
#include "imaging/scratch.h"

namespace imaging {

/// The edges between neighbouring cells of a grid: each cell's to its right, below, below to the right, and above to
/// the right. That, and then row-major, is their order wherever weights tie.
struct GridEdges {
  static constexpr int kDirections = 4;

  int height = 0, width = 0;        ///< cells
  std::span<const double> weights;  ///< (4,height,width); infinite where there is no neighbour

  std::int32_t cells() const { return height * width; }
  /// How much further a neighbour lies in row-major order.
  std::int32_t step(int direction) const {
    const std::int32_t steps[kDirections] = {1, width, width + 1, 1 - width};
    return steps[direction];
  }
};

/// Euclidean distances between neighbours' vectors, after each plane was blurred by a Gaussian of `sigma` cells: cut at
/// a radius of int(4·sigma + 0.5), borders mirrored with the outermost cells repeated; 0: not blurred. All in double
/// precision, in the order of operations of scipy.ndimage.gaussian_filter (columns, then rows). They lie in `scratch`.
GridEdges blurred_distances(const Planes& features, double sigma, Scratch& scratch);

}  // namespace imaging
