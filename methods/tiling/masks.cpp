// SPDX-License-Identifier: MIT
#include "methods/tiling/masks.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace tiling {
namespace {

constexpr int kLines = 8;  // in which a row of pixels is looked at

cv::Rect pixels_of(const Box& box) {
  constexpr int kSide = static_cast<int>(kCellPixels);
  return {static_cast<int>(box.left) * kSide, static_cast<int>(box.top) * kSide, static_cast<int>(box.width()) * kSide,
          static_cast<int>(box.height()) * kSide};
}

/// Where a polygon's edges cross a horizontal line, from the left.
std::vector<double> crossings(const std::vector<Point>& polygon, double y) {
  std::vector<double> found;
  for (std::size_t i = 0; i < polygon.size(); ++i) {
    const Point &a = polygon[i], &b = polygon[(i + 1) % polygon.size()];
    if ((a.y <= y) == (b.y <= y)) continue;
    found.push_back(a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x));
  }
  std::ranges::sort(found);
  return found;
}

/// Adds what a line from `begin` to `end` covers of each pixel.
void add_span(float* row, int width, double begin, double end) {
  begin = std::clamp(begin, 0.0, static_cast<double>(width));
  end = std::clamp(end, 0.0, static_cast<double>(width));
  for (int x = static_cast<int>(begin); x < width && x < end; ++x) {
    const double covered = std::min(end, x + 1.0) - std::max(begin, static_cast<double>(x));
    row[x] = std::min(1.0F, row[x] + static_cast<float>(covered / kLines));
  }
}

}  // namespace

cv::Mat polygon_mask(const std::vector<Point>& polygon, int height, int width) {
  cv::Mat mask(height, width, CV_32FC1, cv::Scalar(0));
  for (int y = 0; y < height; ++y) {
    for (int line = 0; line < kLines; ++line) {
      const std::vector<double> edges = crossings(polygon, y + (line + 0.5) / kLines);
      for (std::size_t i = 0; i + 1 < edges.size(); i += 2) add_span(mask.ptr<float>(y), width, edges[i], edges[i + 1]);
    }
  }
  return mask;
}

Box box_around(const std::vector<Point>& polygon, double margin, std::int64_t height, std::int64_t width) {
  const auto cell = [](double pixel, std::int64_t side) {
    return std::clamp(pixel / static_cast<double>(kCellPixels), 0.0, static_cast<double>(side / kCellPixels));
  };
  const auto [left, right] = std::ranges::minmax(polygon, {}, &Point::x);
  const auto [top, bottom] = std::ranges::minmax(polygon, {}, &Point::y);
  return {static_cast<std::int64_t>(std::floor(cell(top.y - margin, height))),
          static_cast<std::int64_t>(std::ceil(cell(bottom.y + margin, height))),
          static_cast<std::int64_t>(std::floor(cell(left.x - margin, width))),
          static_cast<std::int64_t>(std::ceil(cell(right.x + margin, width)))};
}

Box box_around(const cv::Mat& mask) {
  const cv::Rect around = cv::boundingRect(cv::Mat(mask > 0));
  if (around.empty()) return {};
  const auto up = [](int pixel) { return (pixel + kCellPixels - 1) / kCellPixels; };
  return {around.y / kCellPixels, up(around.y + around.height), around.x / kCellPixels, up(around.x + around.width)};
}

at::Tensor cell_weights(const cv::Mat& mask, const Box& box) {
  cv::Mat cells, weights;
  cv::resize(mask(pixels_of(box)), cells, {static_cast<int>(box.width()), static_cast<int>(box.height())}, 0, 0,
             cv::INTER_AREA);
  cells.convertTo(weights, CV_64F);
  return at::from_blob(weights.data, {box.height(), box.width()}, at::kDouble).clone();
}

}  // namespace tiling
