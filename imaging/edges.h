// SPDX-License-Identifier: MIT
#pragma once

#include <opencv2/core.hpp>

namespace imaging {

/// Edges of 8-bit pixels, (H,W) CV_8UC3 RGB: 255 on lines one pixel wide, else 0, as (H,W) CV_8UC1. A pixel is on one
/// when its gradient (the strongest channel's, |dx| + |dy| by Sobel's 3 × 3) is a local maximum above `high`, or above
/// `low` and joined to such a one. The bytes are OpenCV's. Throws std::invalid_argument for other types. Thread-safe.
/// Source: Canny 1986.
cv::Mat canny(const cv::Mat& pixels, double low, double high);

}  // namespace imaging
