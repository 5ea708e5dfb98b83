// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>

#include "imaging/regions/labels.h"

namespace imaging {

struct RegionDrawing {
  std::uint64_t seed = 0;        ///< another seed, other colours
  int scale = 4;                 ///< px per cell
  int boundary_width = 1;        ///< px, at most `scale`; 0: no boundaries
  cv::Scalar boundary{0, 0, 0};  ///< RGB in [0,1]
  double opacity = 0.5;          ///< of the regions' colours over a picture
};

/// A picture of regions, (height·scale, width·scale) CV_32FC3, RGB, in [0,1]: each in a colour of its own, with a line
/// along its boundaries, on the pixels that have another region within boundary_width px to the right, below, or both.
/// Regions that follow each other have hues a golden ratio of the circle apart. With a picture (CV_32FC3, of any size)
/// the colours lie over it, resized.
cv::Mat draw_regions(const Labels& labels, const RegionDrawing& drawing, const cv::Mat& picture = {});

/// Every pixel scale × scale times. (H,W) CV_32FC3.
cv::Mat enlarged(const cv::Mat& picture, int scale);

}  // namespace imaging
