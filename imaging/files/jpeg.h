// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <opencv2/core.hpp>
#include <span>

/// JPEG files, through libjpeg.
namespace imaging {

/// Decodes to (H,W) CV_8UC3 RGB, the pixels that OpenCV's decoder gives; CMYK as Adobe's programs write it, inverted.
/// Says nothing on the terminal, which OpenCV's lets libjpeg do. Thread-safe. Throws std::runtime_error: damaged.
cv::Mat decode_jpeg(std::span<const std::byte> file);

}  // namespace imaging
