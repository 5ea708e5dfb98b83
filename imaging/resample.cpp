// SPDX-License-Identifier: MIT
#include "imaging/resample.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <stdexcept>
#include <string>
#include <vector>

namespace imaging {
namespace {

constexpr int kMaxSide = 65'535;
constexpr int kBits = 22;  // of a weight's fraction: 32, less 8 of a sample, less 2 for sums above 1 and the sign

/// Weights by the distance from a sample, within [−reach, reach).
struct Window {
  double reach;
  double (*at)(double x);
};

double sinc(double x) {
  if (x == 0) return 1;
  x *= std::numbers::pi;
  return std::sin(x) / x;
}

constexpr Window kLanczos{3, [](double x) { return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0; }};
constexpr Window kCubic{2, [](double x) {
                          constexpr double a = -0.5;
                          x = std::abs(x);
                          if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
                          return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
                        }};

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
Taps taps_of(int from, int to, const Window& window) {
  const double step = static_cast<double>(from) / to;
  const double widened = std::max(step, 1.0), reach = window.reach * widened, shrink = 1.0 / widened;
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
      exact[k] = window.at((k + first - centre + 0.5) * shrink);
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

template <int kChannels>
void across_row(const std::uint8_t* from, const Taps& taps, std::uint8_t* to) {
  for (const Taps::One& one : taps.all) {
    std::int32_t sums[kChannels];
    std::ranges::fill(sums, kHalf);
    const std::uint8_t* at = from + kChannels * one.first;
    const std::int32_t* weights = taps.weights.data() + one.weights;
    for (int k = 0; k < one.count; ++k, at += kChannels)
      for (int c = 0; c < kChannels; ++c) sums[c] += weights[k] * at[c];
    for (const std::int32_t sum : sums) *to++ = sample(sum);
  }
}

cv::Mat across(const cv::Mat& pixels, int width, const Window& window) {
  const Taps taps = taps_of(pixels.cols, width, window);
  cv::Mat out(pixels.rows, width, pixels.type());
  const auto row = pixels.channels() == 1 ? across_row<1> : pixels.channels() == 3 ? across_row<3> : across_row<4>;
  for (int y = 0; y < out.rows; ++y) row(pixels.ptr<std::uint8_t>(y), taps, out.ptr<std::uint8_t>(y));
  return out;
}

cv::Mat down(const cv::Mat& pixels, int height, const Window& window) {
  const Taps taps = taps_of(pixels.rows, height, window);
  cv::Mat out(height, pixels.cols, pixels.type());
  const int samples = pixels.channels() * pixels.cols;
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

cv::Mat resampled(const cv::Mat& pixels, int width, int height, const Window& window) {
  if (pixels.empty() || (pixels.type() != CV_8UC3 && pixels.type() != CV_8UC1 && pixels.type() != CV_8UC4))
    throw std::invalid_argument("8-bit pixels are due");
  for (const int side : {width, height, pixels.cols, pixels.rows}) {
    if (side < 1 || side > kMaxSide)
      throw std::invalid_argument("a side of " + std::to_string(side) + " px: 1 to " + std::to_string(kMaxSide) +
                                  " can be resampled");
  }
  const cv::Mat wide = pixels.cols == width ? pixels : across(pixels, width, window);
  return wide.rows == height ? wide : down(wide, height, window);
}

}  // namespace

cv::Mat lanczos(const cv::Mat& pixels, int width, int height) {
  return resampled(pixels, width, height, kLanczos);
}

cv::Mat bicubic(const cv::Mat& pixels, int width, int height) {
  return resampled(pixels, width, height, kCubic);
}

}  // namespace imaging
