// SPDX-License-Identifier: MIT
#pragma once

#include "imaging/regions/labels.h"

namespace imaging {

struct FelzenszwalbSettings {
  double scale = 32;   ///< larger: fewer, larger regions; divided by 255, as scikit-image does
  double sigma = 0.8;  ///< cells, of the Gaussian that is laid over the planes first; 0: none
  int min_size = 8;    ///< cells; smaller regions are joined to their nearest neighbour
};

/// Regions of latents by Felzenszwalb and Huttenlocher's graph method: cells are joined along the edges to their eight
/// neighbours, the nearest first, as long as an edge is shorter than the longest one inside of either side plus
/// scale / 255 / cells of that side. Planes are standardised first. Regions are numbered by their first cells.
///
/// Equals CollageNet's: scikit-image's implementation, in which the two bounds are rounded to single precision. Where
/// edges are equally long (scikit-image leaves their order to an unstable sort): right, down, down-right, up-right,
/// row-major within each. A pure function: thread-safe, the same on any number of threads.
/// Throws std::invalid_argument: no cell, what is not a number.
/// Source: Felzenszwalb and Huttenlocher, Efficient Graph-Based Image Segmentation, 2004, section 4; scikit-image 0.19.
Labels felzenszwalb(const Planes& planes, const FelzenszwalbSettings& settings);

}  // namespace imaging
