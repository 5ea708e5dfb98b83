// SPDX-License-Identifier: MIT
#include "imaging/lanczos.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <stdexcept>
#include <string>
#include <vector>

namespace imaging {
namespace {

constexpr int kLobes = 3, kMaxSide = 65'535;
constexpr int kBits = 22;  // of a weight's fraction: 32, less 8 of a sample, less 2 for sums above 1 and the sign

double sinc(double x) {
  if (x == 0) return 1;
  x *= std::numbers::pi;
  return std::sin(x) / x;
}

double window(double x) {
  return x >= -kLobes && x < kLobes ? sinc(x) * sinc(x / kLobes) : 0;
}

/// Which samples make a new one, and with which weights: `count` of each from `first` on.
struct Taps {
  struct One {
    int first, count;
    std::size_t weights;  ///< where its weights begin
  };
  std::vector<One> all;
  std::vector<std::int32_t> weights;
};

/// For each new sample along a side.
Taps taps_of(int from, int to) {
  const double step = static_cast<double>(from) / to;
  const double widened = std::max(step, 1.0), reach = kLobes * widened, shrink = 1.0 / widened;
  Taps taps;
  taps.all.reserve(to);
  taps.weights.reserve(static_cast<std::size_t>(2 * reach + 2) * to);
  std::vector<double> exact;
  for (int i = 0; i < to; ++i) {
    const double centre = (i + 0.5) * step;
    const int first = std::max(0, static_cast<int>(centre - reach + 0.5));
    const int count = std::min(from, static_cast<int>(centre + reach + 0.5)) - first;
    exact.resize(count);
    double sum = 0;
    for (int k = 0; k < count; ++k) {
      exact[k] = window((k + first - centre + 0.5) * shrink);
      sum += exact[k];
    }
    taps.all.push_back({first, count, taps.weights.size()});
    for (double weight : exact) {
      if (sum != 0) weight /= sum;
      weight *= 1 << kBits;
      taps.weights.push_back(static_cast<std::int32_t>(weight < 0 ? weight - 0.5 : weight + 0.5));
    }
  }
  return taps;
}

std::uint8_t sample(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> kBits, 0, 255));
}

constexpr std::int32_t kHalf = 1 << (kBits - 1);

cv::Mat across(const cv::Mat& pixels, int width) {
  const Taps taps = taps_of(pixels.cols, width);
  cv::Mat out(pixels.rows, width, CV_8UC3);
  for (int y = 0; y < out.rows; ++y) {
    const std::uint8_t* from = pixels.ptr<std::uint8_t>(y);
    std::uint8_t* to = out.ptr<std::uint8_t>(y);
    for (const Taps::One& one : taps.all) {
      std::int32_t red = kHalf, green = kHalf, blue = kHalf;
      const std::uint8_t* at = from + 3 * one.first;
      const std::int32_t* weights = taps.weights.data() + one.weights;
      for (int k = 0; k < one.count; ++k, at += 3) {
        red += weights[k] * at[0];
        green += weights[k] * at[1];
        blue += weights[k] * at[2];
      }
      *to++ = sample(red);
      *to++ = sample(green);
      *to++ = sample(blue);
    }
  }
  return out;
}

cv::Mat down(const cv::Mat& pixels, int height) {
  const Taps taps = taps_of(pixels.rows, height);
  cv::Mat out(height, pixels.cols, CV_8UC3);
  const int samples = 3 * pixels.cols;
  std::vector<std::int32_t> sums(samples);
  for (int y = 0; y < height; ++y) {
    std::ranges::fill(sums, kHalf);
    const Taps::One& one = taps.all[y];
    for (int k = 0; k < one.count; ++k) {
      const std::uint8_t* from = pixels.ptr<std::uint8_t>(one.first + k);
      const std::int32_t weight = taps.weights[one.weights + k];
      for (int i = 0; i < samples; ++i) sums[i] += weight * from[i];
    }
    std::ranges::transform(sums, out.ptr<std::uint8_t>(y), sample);
  }
  return out;
}

}  // namespace

cv::Mat lanczos(const cv::Mat& pixels, int width, int height) {
  if (pixels.empty() || pixels.type() != CV_8UC3) throw std::invalid_argument("8-bit RGB pixels are due");
  for (const int side : {width, height, pixels.cols, pixels.rows}) {
    if (side < 1 || side > kMaxSide)
      throw std::invalid_argument("a side of " + std::to_string(side) + " px: 1 to " + std::to_string(kMaxSide) +
                                  " can be resampled");
  }
  const cv::Mat wide = pixels.cols == width ? pixels : across(pixels, width);
  return wide.rows == height ? wide : down(wide, height);
}

}  // namespace imaging
