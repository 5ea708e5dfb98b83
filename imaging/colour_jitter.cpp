// SPDX-License-Identifier: MIT
#include "imaging/colour_jitter.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "imaging/masks.h"

namespace imaging {
namespace {

/// From one grey through each byte: grey + factor·(byte − grey), in float32 and cut off, as Pillow blends.
cv::Mat blended_from(int grey, const cv::Mat& pixels, double factor) {
  if (pixels.empty() || pixels.type() != CV_8UC3) throw std::invalid_argument("8-bit RGB pixels are due");
  if (!(factor >= 0) || !std::isfinite(factor)) throw std::invalid_argument("a factor from 0 is due");
  const auto scale = static_cast<float>(factor), from = static_cast<float>(grey);
  cv::Mat table(1, 256, CV_8UC1), blended;
  for (int byte = 0; byte < 256; ++byte) {
    const float moved = from + scale * static_cast<float>(byte - grey);
    table.at<unsigned char>(byte) = static_cast<unsigned char>(std::clamp(moved, 0.0f, 255.0f));
  }
  cv::LUT(pixels, table, blended);
  return blended;
}

}  // namespace

cv::Mat brightened(const cv::Mat& pixels, double factor) {
  return blended_from(0, pixels, factor);
}

cv::Mat contrasted(const cv::Mat& pixels, double factor) {
  const int mean = static_cast<int>(cv::mean(lightness(pixels))[0] + 0.5);
  return blended_from(mean, pixels, factor);
}

}  // namespace imaging
