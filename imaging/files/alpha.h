// SPDX-License-Identifier: MIT
#pragma once

#include <opencv2/core.hpp>
#include <string>

#include "imaging/files/picture.h"

namespace imaging {

/// How opaque a picture file is at each pixel: (H,W) CV_8UC1, 255 where a file has no transparency. Rows are as the
/// file has them. Throws std::runtime_error as read_picture does. Thread-safe.
cv::Mat read_alpha(const std::string& path, const PictureLimits& limits = {});

/// A picture file with its transparency: (H,W) CV_8UC4 RGBA; opaque where it has none. Throws as read_alpha does.
cv::Mat read_rgba(const std::string& path, const PictureLimits& limits = {});

}  // namespace imaging
