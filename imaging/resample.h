// SPDX-License-Identifier: MIT
#pragma once

#include <opencv2/core.hpp>

/// Other sizes for 8-bit pixels, (H,W) CV_8UC3, CV_8UC1 or CV_8UC4, by a window that grows with the step where a side
/// shrinks, so that every pixel counts. The bytes are those of Pillow's Image.resize: first across, then down, each
/// rounded to 8 bits; sums in fixed point with 22 bits. `pixels` may be a part of a larger picture and is never written
/// to. They return `pixels` itself when it has that size.
///
/// Throw std::invalid_argument for other types, and sides that are not in [1, 65535]. Thread-safe.
/// Source: Duchon 1979; Turkowski, "Filters for common resampling tasks", 1990; Pillow's documentation of its filters.
namespace imaging {

/// With a Lanczos window of three lobes: Pillow's LANCZOS.
cv::Mat lanczos(const cv::Mat& pixels, int width, int height);
/// With Keys' cubic, a = −½: Pillow's BICUBIC. Source: Keys 1981.
cv::Mat bicubic(const cv::Mat& pixels, int width, int height);

}  // namespace imaging
