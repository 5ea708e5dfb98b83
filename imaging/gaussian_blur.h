// SPDX-License-Identifier: MIT
#pragma once

#include <opencv2/core.hpp>

namespace imaging {

/// Blurs 8-bit pixels as by a Gaussian of the standard deviation `radius`, px: three boxes across, then three down,
/// whose ends count in part, each rounded to 8 bits; beyond the edges lies the edge. The bytes are those of Pillow's
/// GaussianBlur. `pixels` (H,W) CV_8UC1 or CV_8UC3. Radius 0 gives `pixels` itself.
///
/// Throws std::invalid_argument for other types, and a radius that is not in [0, 1000]. Thread-safe.
/// Source: Gwosdek et al. 2011, "Theoretical foundations of Gaussian convolution by extended box filtering".
cv::Mat gaussian_blur(const cv::Mat& pixels, double radius);

/// The same boxes on numbers that are not rounded, (H,W) CV_64FC1. Throws likewise.
cv::Mat gaussian_blur_exact(const cv::Mat& values, double radius);

}  // namespace imaging
