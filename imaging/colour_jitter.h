// SPDX-License-Identifier: MIT
#pragma once

#include <opencv2/core.hpp>

namespace imaging {

/// (H,W) CV_8UC3 RGB pixels that are lighter (factor above 1) or darker: each byte v becomes factor·v, cut off behind
/// the point and at 255. The bytes are those of Pillow's ImageEnhance.Brightness. `factor` ≥ 0; throws
/// std::invalid_argument for other pixels or factors. Thread-safe.
cv::Mat brightened(const cv::Mat& pixels, double factor);

/// The same away from the mean lightness m of all pixels (rounded to a byte), or towards it: m + factor·(v − m). The
/// bytes are those of Pillow's ImageEnhance.Contrast.
cv::Mat contrasted(const cv::Mat& pixels, double factor);

}  // namespace imaging
