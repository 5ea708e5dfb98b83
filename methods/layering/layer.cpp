// SPDX-License-Identifier: MIT
#include "methods/layering/layer.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "imaging/files/picture.h"

namespace layering {
namespace {

constexpr double kMostSide = 65'535;

/// Without what follows the point, at least 1. Throws std::invalid_argument for more than a picture may have.
cv::Size size_of(cv::Size picture, int width, double scale) {
  const double across = picture.width * static_cast<double>(width) * scale,
               down = picture.height * static_cast<double>(width) * scale;
  constexpr const base::Limit& kPixels = imaging::PictureLimits::kPixels;
  if (!(std::max(across, down) <= kMostSide && across * down <= static_cast<double>(kPixels.most())))
    throw std::invalid_argument("it would be of " + std::to_string(std::llround(across)) + " x " +
                                std::to_string(std::llround(down)) + " px: at most " + kPixels.text() +
                                " (picture-pixels) and sides of " + std::to_string(std::llround(kMostSide)) +
                                " can be");
  return {std::max(1, static_cast<int>(across)), std::max(1, static_cast<int>(down))};
}

}  // namespace

Cut cut_out(const cv::Mat& picture, const std::vector<std::vector<imaging::RelativePoint>>& polygon,
            const cv::Mat& mask) {
  const cv::Rect whole({}, picture.size());
  if (polygon.empty() && mask.empty()) return {picture, picture.size(), whole};
  cv::Mat kept(picture.size(), CV_8UC1, cv::Scalar(255));
  if (!polygon.empty()) kept = imaging::inside_polygon(polygon, picture.cols, picture.rows);
  if (!mask.empty()) {
    cv::Mat fitted;
    cv::resize(mask, fitted, picture.size(), 0, 0, cv::INTER_NEAREST_EXACT);
    kept = cv::min(kept, fitted);
  }
  const cv::Rect box = cv::boundingRect(kept);
  if (box.empty()) throw std::invalid_argument("it covers no pixel of the picture");
  cv::Mat pixels = picture(box).clone();
  for (int y = 0; y < pixels.rows; ++y) {
    auto* row = pixels.ptr<cv::Vec4b>(y);
    const auto* weights = kept.ptr<unsigned char>(y + box.y) + box.x;
    for (int x = 0; x < pixels.cols; ++x) row[x][3] = imaging::divided_by_255(unsigned{row[x][3]} * weights[x]);
  }
  return {pixels, picture.size(), box};
}

double scale_of(const Placement& placement, cv::Size picture) {
  return placement.scale ? *placement.scale : std::min({1.0 / picture.width, 1.0 / picture.height, 1.0});
}

cv::Mat placed(const Cut& cut, const Placement& placement, int width, int height) {
  const double scale = scale_of(placement, cut.pixels.size());
  const cv::Size size = size_of(cut.pixels.size(), width, scale);
  const cv::Mat sized = imaging::resized_rgba(cut.pixels, size.width, size.height);
  const cv::Mat turned = imaging::rotated_rgba(sized, placement.rotation);
  cv::Mat canvas(height, width, CV_8UC4, cv::Scalar(0, 0, 0, 0));
  const double left = placement.x * width, top = placement.y * height;
  if (std::abs(left) > kMostSide || std::abs(top) > kMostSide) return canvas;
  const cv::Point at(static_cast<int>(left), static_cast<int>(top));
  const cv::Rect target = cv::Rect(at, turned.size()) & cv::Rect(0, 0, width, height);
  if (!target.empty()) turned(target - at).copyTo(canvas(target));
  return canvas;
}

Strengths strengths_of(const Layer& layer, const Cut& cut) {
  Strengths all{.noise = 0.8, .attention = 0, .negative_attention = 1, .edge = 0};
  if (layer.tunes) {
    const double longer = std::max(cut.pixels.cols, cut.pixels.rows);
    const double size = std::clamp(longer * scale_of(layer.placement, cut.pixels.size()), 0.0, 1.0);
    all = {.noise = layer.is_top ? std::max(0.4, 0.4 - 0.1 * size) : 0.5 + 0.2 * size,
           .attention = 0.2 + 0.4 * (1 - size),
           .negative_attention = 0.9 - 0.5 * size,
           .edge = 0.3 + 0.6 * (1 - size)};
  }
  all.noise = layer.noise.value_or(all.noise);
  all.attention = layer.attention.value_or(all.attention);
  all.negative_attention = layer.negative_attention.value_or(all.negative_attention);
  all.edge = layer.edge.value_or(all.edge);
  return all;
}

}  // namespace layering
