// SPDX-License-Identifier: MIT
#include "imaging/regions/draw_regions.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "imaging/noise.h"
#include "imaging/resize.h"

namespace imaging {
namespace {

constexpr double kGoldenRatio = 0.6180339887498949;

// The part of a channel in a hue: its place on the circle of six, seen from the channel's own.
double in_hue(double hue, double channel) {
  const double distance = std::abs(std::remainder(6 * hue - channel, 6.0));
  return std::clamp(2 - distance, 0.0, 1.0);
}

std::vector<cv::Vec3f> palette(int count, std::uint64_t seed) {
  std::vector<cv::Vec3f> colours;
  for (int i = 0; i < count; ++i) {
    const auto region = static_cast<std::uint64_t>(i);
    const double turned = unit(seed, 0) + i * kGoldenRatio, hue = turned - std::floor(turned);
    const double saturation = 0.35 + 0.45 * unit(mix(seed, 1), region);
    const double value = 0.65 + 0.35 * unit(mix(seed, 2), region);
    const auto channel = [&](double at) {
      return static_cast<float>(value * (1 - saturation * (1 - in_hue(hue, at))));
    };
    colours.emplace_back(channel(0), channel(2), channel(4));
  }
  return colours;
}

void draw_boundaries(const Labels& labels, const RegionDrawing& drawing, cv::Mat& picture) {
  const int scale = drawing.scale, reach = drawing.boundary_width;
  const auto id = [&](int y, int x) {
    return labels.at(std::min(y, picture.rows - 1) / scale, std::min(x, picture.cols - 1) / scale);
  };
  const cv::Vec3f colour(cv::Vec3d(drawing.boundary[0], drawing.boundary[1], drawing.boundary[2]));
  for (int y = 0; y < picture.rows; ++y) {
    auto* const row = picture.ptr<cv::Vec3f>(y);
    for (int x = 0; x < picture.cols; ++x) {
      const std::int32_t own = id(y, x);
      if (id(y, x + reach) != own || id(y + reach, x) != own || id(y + reach, x + reach) != own) row[x] = colour;
    }
  }
}

}  // namespace

cv::Mat draw_regions(const Labels& labels, const RegionDrawing& drawing, const cv::Mat& picture) {
  const std::vector<cv::Vec3f> colours = palette(labels.count, drawing.seed);
  cv::Mat cells(labels.height, labels.width, CV_32FC3);
  for (int y = 0; y < cells.rows; ++y) {
    auto* const row = cells.ptr<cv::Vec3f>(y);
    for (int x = 0; x < cells.cols; ++x) row[x] = colours[static_cast<std::size_t>(labels.at(y, x))];
  }
  cv::Mat drawn = enlarged(cells, drawing.scale);
  if (!picture.empty()) {
    const cv::Mat below = resize(picture, drawn.cols, drawn.rows, Filter::kLinear);
    drawn = drawn * drawing.opacity + below * (1 - drawing.opacity);
  }
  if (drawing.boundary_width > 0) draw_boundaries(labels, drawing, drawn);
  return drawn;
}

cv::Mat enlarged(const cv::Mat& picture, int scale) {
  cv::Mat out(picture.rows * scale, picture.cols * scale, CV_32FC3);
  for (int y = 0; y < out.rows; ++y) {
    const auto* const from = picture.ptr<cv::Vec3f>(y / scale);
    auto* const to = out.ptr<cv::Vec3f>(y);
    for (int x = 0; x < out.cols; ++x) to[x] = from[x / scale];
  }
  return out;
}

}  // namespace imaging
