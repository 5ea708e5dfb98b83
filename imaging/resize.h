// SPDX-License-Identifier: MIT
#pragma once

#include <opencv2/core.hpp>
#include <string>

/// Other sizes for pictures, (H,W) CV_32FC3 in [0,1].
namespace imaging {

enum class Filter { kNearest, kLinear, kCubic, kLanczos, kArea, kLanczos8Bit, kBilinear };
/// By "nearest", "linear", "cubic", "lanczos", "area", "lanczos-8bit", "bilinear". Throws std::invalid_argument for
/// another name.
Filter filter_named(const std::string& name);

/// How a picture comes to a size whose proportions are not its own: stretched, cropped in the middle, or whole with
/// bars.
enum class Fit { kStretch, kCover, kContain };
/// By "stretch", "cover", "contain". Throws std::invalid_argument for another name.
Fit fit_named(const std::string& name);

/// Resamples to width × height px, both ≥ 1. A side that shrinks is averaged over its area whatever the filter (but for
/// kNearest), as OpenCV's other filters skip pixels then; a side that grows is interpolated (kArea: linear). The result
/// is clamped to [0,1]. kLanczos8Bit is imaging/resample.h in all cases: on bytes, as Pillow resizes. kBilinear takes
/// the four pixels around each point also where a side shrinks, as torch's interpolate does it.
cv::Mat resize(const cv::Mat& picture, int width, int height, Filter filter);

/// The same, fitted; `background` (RGB in [0,1]) fills the bars of kContain.
cv::Mat resize(const cv::Mat& picture, int width, int height, Filter filter, Fit fit, const cv::Scalar& background);

/// The colour of "#rrggbb" as RGB in [0,1]. Throws std::invalid_argument for another text.
cv::Scalar colour_named(const std::string& text);

}  // namespace imaging
