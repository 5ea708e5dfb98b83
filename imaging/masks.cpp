// SPDX-License-Identifier: MIT
#include "imaging/masks.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "imaging/gaussian_blur.h"
#include "imaging/resample.h"

namespace imaging {
namespace {

/// A side of a rectangle, half-open.
struct Span {
  int from, to;
  int length() const { return to - from; }
};

/// Grown to `length`, moved back into [0, most), cut to it.
Span grown_to(Span side, double length, int most) {
  const int more = static_cast<int>(length - side.length());
  side.from -= more / 2;
  side.to += more - more / 2;
  if (side.to > most) {
    side.from -= side.to - most;
    side.to = most;
  }
  if (side.from < 0) {
    side.to -= side.from;
    side.from = 0;
  }
  return {side.from, std::min(side.to, most)};
}

}  // namespace

cv::Mat lightness(const cv::Mat& pixels) {
  if (pixels.empty() || pixels.type() != CV_8UC3) throw std::invalid_argument("8-bit RGB pixels are due");
  cv::Mat grey(pixels.rows, pixels.cols, CV_8UC1);
  for (int y = 0; y < pixels.rows; ++y) {
    const auto* from = pixels.ptr<cv::Vec3b>(y);
    for (int x = 0; x < pixels.cols; ++x) {
      const int sum = 19595 * from[x][0] + 38470 * from[x][1] + 7471 * from[x][2] + (1 << 15);
      grey.at<unsigned char>(y, x) = static_cast<unsigned char>(sum >> 16);
    }
  }
  return grey;
}

cv::Mat mask_of_bytes(const cv::Mat& bytes) {
  cv::Mat mask(bytes.rows, bytes.cols, CV_32FC1);
  for (int y = 0; y < bytes.rows; ++y) {
    // A product with 1/255 would often be one bit off.
    for (int x = 0; x < bytes.cols; ++x)
      mask.at<float>(y, x) = static_cast<float>(bytes.at<unsigned char>(y, x)) / 255.0f;
  }
  return mask;
}

cv::Mat bytes_of_mask(const cv::Mat& mask) {
  cv::Mat bytes;
  mask.convertTo(bytes, CV_8U, 255.0);
  return bytes;
}

cv::Mat resized_mask(const cv::Mat& mask, int width, int height) {
  if (mask.cols == width && mask.rows == height) return mask;
  return mask_of_bytes(lanczos(bytes_of_mask(mask), width, height));
}

cv::Mat hard_mask(const cv::Mat& mask) {
  cv::Mat hard;
  cv::Mat(mask >= 0.5).convertTo(hard, CV_32F, 1.0 / 255);
  return hard;
}

cv::Mat grown_mask(const cv::Mat& mask, int pixels) {
  if (pixels == 0) return mask;
  const int reach = std::abs(pixels), side = 2 * reach + 1;
  cv::Mat disc(side, side, CV_8UC1, cv::Scalar(0));
  for (int y = -reach; y <= reach; ++y) {
    for (int x = -reach; x <= reach; ++x)
      if (x * x + y * y <= reach * reach) disc.at<unsigned char>(y + reach, x + reach) = 1;
  }
  cv::Mat grown;
  if (pixels > 0) cv::dilate(mask, grown, disc);
  else cv::erode(mask, grown, disc);
  return grown;
}

cv::Mat feathered_mask(const cv::Mat& mask, double radius) {
  return radius == 0 ? mask : mask_of_bytes(gaussian_blur(bytes_of_mask(mask), radius));
}

cv::Rect region_around(const cv::Mat& mask, int width, int height, int padding) {
  const cv::Rect box = cv::boundingRect(bytes_of_mask(mask));
  if (box.empty()) throw std::invalid_argument("the mask is empty: there is nothing to cut out");
  Span across{std::max(box.x - padding, 0), std::min(box.x + box.width + padding, mask.cols)},
      down{std::max(box.y - padding, 0), std::min(box.y + box.height + padding, mask.rows)};
  const double have = static_cast<double>(across.length()) / down.length(),
               wanted = static_cast<double>(width) / height;
  if (have > wanted) down = grown_to(down, across.length() / wanted, mask.rows);
  else across = grown_to(across, down.length() * wanted, mask.cols);
  return {across.from, down.from, across.length(), down.length()};
}

cv::Rect largest_region(const cv::Mat& mask, int width, int height) {
  const double scale = std::max(static_cast<double>(width) / mask.cols, static_cast<double>(height) / mask.rows);
  const auto side = [&](int wanted, int most) {
    return std::clamp(static_cast<int>(std::lround(wanted / scale)), 1, most);
  };
  const int w = side(width, mask.cols), h = side(height, mask.rows);
  const cv::Rect box = cv::boundingRect(bytes_of_mask(mask));
  // Where a side begins: moved from the middle towards what is to be in it; in its middle where that is longer.
  const auto begin = [](int most, int length, int from, int count) {
    int at = (most - length) / 2;
    if (count > length) at = from + (count - length) / 2;
    else if (count > 0) at = std::clamp(at, from + count - length, from);
    return std::clamp(at, 0, most - length);
  };
  return {begin(mask.cols, w, box.x, box.width), begin(mask.rows, h, box.y, box.height), w, h};
}

bool covers(const cv::Rect& region, const cv::Mat& mask) {
  const cv::Rect box = cv::boundingRect(bytes_of_mask(mask));
  return (box & region) == box;
}

}  // namespace imaging
