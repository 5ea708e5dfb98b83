// SPDX-License-Identifier: MIT
#include "imaging/gaussian_blur.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <vector>

namespace imaging {
namespace {

constexpr int kPasses = 3;
constexpr double kMostRadius = 1000;

/// A box of 2·inner + 1 whole samples and, at either end, a part of one more; weights in 24 bits of fraction.
struct ExtendedBox {
  int inner;
  std::uint32_t whole, part;
};

/// The same as a radius in whole samples and a part.
struct BoxRadius {
  int inner;
  float end;
};

BoxRadius box_radius(float radius) {
  const float variance = radius * radius / kPasses;
  const auto length = static_cast<float>(std::sqrt(12.0 * variance + 1.0));
  const auto inner = static_cast<float>(std::floor((length - 1.0) / 2.0));
  float end = (2 * inner + 1) * (inner * (inner + 1) - 3 * variance);
  end /= 6 * (variance - (inner + 1) * (inner + 1));
  return {static_cast<int>(inner), end};
}

/// That which, applied three times, has the variance of the Gaussian. In float32, whose rounding makes the weights.
ExtendedBox box_of(float radius) {
  const auto [inner, end] = box_radius(radius);
  const auto one = std::uint32_t{1} << 24;
  const float width = (static_cast<float>(inner) + end) * 2 + 1;
  const auto whole = static_cast<std::uint32_t>(static_cast<float>(one) / width);
  const auto count = static_cast<std::uint32_t>(inner) * 2 + 1;
  return {inner, whole, (one - count * whole) / 2};
}

/// One pass along a line of numbers. Each sum is made anew, so that errors do not add up.
void blur_numbers(double* line, int count, std::size_t step, const BoxRadius& box, std::vector<double>& before) {
  const int reach = box.inner + 1;
  for (int i = -reach; i < count + reach; ++i)
    before[static_cast<std::size_t>(i + reach)] = line[static_cast<std::size_t>(std::clamp(i, 0, count - 1)) * step];
  const double part = box.end, width = 2.0 * (box.inner + part) + 1;
  for (int i = 0; i < count; ++i) {
    const auto first = static_cast<std::size_t>(i), last = first + static_cast<std::size_t>(2 * reach);
    double sum = 0;
    for (std::size_t k = first + 1; k < last; ++k) sum += before[k];
    line[first * step] = (sum + part * (before[first] + before[last])) / width;
  }
}

/// One pass along a line of `count` samples that lie `step` apart.
void blur_line(unsigned char* line, int count, std::size_t step, const ExtendedBox& box,
               std::vector<unsigned char>& before) {
  const int reach = box.inner + 1;
  for (int i = -reach; i < count + reach; ++i)
    before[static_cast<std::size_t>(i + reach)] = line[static_cast<std::size_t>(std::clamp(i, 0, count - 1)) * step];
  std::uint32_t sum = 0;
  for (int i = 0; i < 2 * box.inner + 1; ++i) sum += before[static_cast<std::size_t>(i + 1)];
  for (int i = 0; i < count; ++i) {
    const auto first = static_cast<std::size_t>(i), last = first + static_cast<std::size_t>(2 * reach);
    const std::uint32_t ends = before[first] + before[last];
    line[first * step] = static_cast<unsigned char>((box.whole * sum + box.part * ends + (1u << 23)) >> 24);
    sum += before[last];
    sum -= before[first + 1];
  }
}

void check_radius(double radius) {
  if (!(radius >= 0 && radius <= kMostRadius)) throw std::invalid_argument("a radius of 0 to 1000 px is due");
}

}  // namespace

cv::Mat gaussian_blur(const cv::Mat& pixels, double radius) {
  if (pixels.empty() || (pixels.type() != CV_8UC3 && pixels.type() != CV_8UC1))
    throw std::invalid_argument("8-bit pixels are due");
  check_radius(radius);
  if (radius == 0) return pixels;
  const ExtendedBox box = box_of(static_cast<float>(radius));
  cv::Mat out = pixels.clone();
  const auto channels = static_cast<std::size_t>(out.channels());
  std::vector<unsigned char> before(static_cast<std::size_t>(std::max(out.rows, out.cols) + 2 * (box.inner + 1)));
  for (int y = 0; y < out.rows; ++y) {
    for (std::size_t c = 0; c < channels; ++c) {
      for (int pass = 0; pass < kPasses; ++pass) blur_line(out.ptr(y) + c, out.cols, channels, box, before);
    }
  }
  for (std::size_t x = 0; x < channels * static_cast<std::size_t>(out.cols); ++x) {
    for (int pass = 0; pass < kPasses; ++pass) blur_line(out.ptr(0) + x, out.rows, out.step[0], box, before);
  }
  return out;
}

cv::Mat gaussian_blur_exact(const cv::Mat& values, double radius) {
  if (values.empty() || values.type() != CV_64FC1) throw std::invalid_argument("numbers in double are due");
  check_radius(radius);
  if (radius == 0) return values;
  const BoxRadius box = box_radius(static_cast<float>(radius));
  cv::Mat out = values.clone();
  std::vector<double> before(static_cast<std::size_t>(std::max(out.rows, out.cols) + 2 * (box.inner + 1)));
  for (int y = 0; y < out.rows; ++y) {
    for (int pass = 0; pass < kPasses; ++pass) blur_numbers(out.ptr<double>(y), out.cols, 1, box, before);
  }
  for (int x = 0; x < out.cols; ++x) {
    for (int pass = 0; pass < kPasses; ++pass) blur_numbers(out.ptr<double>(0) + x, out.rows, out.step1(), box, before);
  }
  return out;
}

}  // namespace imaging
