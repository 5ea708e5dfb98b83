// SPDX-License-Identifier: MIT
#pragma once

#include <opencv2/core.hpp>

namespace imaging {

/// Resamples an 8-bit picture to width × height px with a Lanczos window of three lobes, which grows with the step
/// where a side shrinks, so that every pixel counts. The bytes are those of Pillow's Image.resize(LANCZOS): first
/// across, then down, each rounded to 8 bits; sums in fixed point with 22 bits. `pixels` (H,W) CV_8UC3, may be a part
/// of a larger picture and is never written to. Returns `pixels` itself when it has that size.
///
/// Throws std::invalid_argument for other types, and sides that are not in [1, 65535]. Thread-safe.
/// Source: Duchon 1979; Turkowski, "Filters for common resampling tasks", 1990; Pillow's documentation of its filters.
cv::Mat lanczos(const cv::Mat& pixels, int width, int height);

}  // namespace imaging
