// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "tools/train_embedded/chance.h"
#include "tools/train_embedded/drawing.h"

namespace train_embedded {
namespace {

/// Radii between a hundredth and half of the side, with a density that falls with the cube.
double radius(Chance& chance, int side) {
  const double low = 0.02, high = 0.5, u = chance.unit();
  return side / std::sqrt(1 / (low * low) + u * (1 / (high * high) - 1 / (low * low)));
}

cv::Scalar colour(Chance& chance) {
  const double grey = chance.unit(), spread = 0.5 * chance.unit();
  const auto channel = [&] { return std::clamp(grey + spread * (chance.unit() - 0.5) * 2, 0.0, 1.0); };
  return {channel(), channel(), channel()};
}

void shade(cv::Mat& layer, Chance& chance, std::uint64_t seed) {
  const double gx = chance.between(-0.25, 0.25) / layer.cols, gy = chance.between(-0.25, 0.25) / layer.rows;
  const double rough = chance.happens(0.4) ? chance.between(0.05, 0.3) : 0;
  const auto scale = static_cast<float>(chance.between(0.05, 0.5));
  const imaging::Noise noise(seed);
  for (int y = 0; y < layer.rows; ++y) {
    for (int x = 0; x < layer.cols; ++x) {
      double light = gx * (x - layer.cols / 2) + gy * (y - layer.rows / 2);
      if (rough > 0) light += rough * (noise.at(static_cast<float>(x) * scale, static_cast<float>(y) * scale) - 0.5f);
      for (int c = 0; c < 3; ++c) layer.at<cv::Vec3f>(y, x)[c] += static_cast<float>(light);
    }
  }
}

}  // namespace

cv::Mat draw_dead_leaves(std::uint64_t seed, int side) {
  Chance chance(imaging::mix(seed, 77));
  cv::Mat canvas(side, side, CV_32FC3, colour(chance));
  const int leaves = 30 + chance.below(120);
  for (int i = 0; i < leaves; ++i) {
    const double r = radius(chance, side), x = chance.between(0, side), y = chance.between(0, side);
    const double aspect = chance.between(0.3, 1), angle = chance.between(0, 180);
    const cv::Rect box =
        cv::Rect(cvRound(x - 1.5 * r) - 2, cvRound(y - 1.5 * r) - 2, cvRound(3 * r) + 4, cvRound(3 * r) + 4) &
        cv::Rect(0, 0, side, side);
    cv::Mat mask = cv::Mat::zeros(side, side, CV_8U);
    const cv::RotatedRect rect({static_cast<float>(x), static_cast<float>(y)},
                               {static_cast<float>(2 * r), static_cast<float>(2 * r * aspect)},
                               static_cast<float>(angle));
    if (chance.happens(0.6)) {
      cv::ellipse(mask, rect, 255, cv::FILLED, cv::LINE_AA);
    } else {
      std::array<cv::Point2f, 4> corners;
      rect.points(corners.data());
      std::vector<cv::Point> polygon(corners.begin(), corners.end());
      cv::fillConvexPoly(mask, polygon, 255, cv::LINE_AA);
    }
    if (box.empty()) continue;
    cv::Mat layer(box.size(), CV_32FC3, colour(chance)), cover;
    shade(layer, chance, imaging::mix(seed, static_cast<std::uint64_t>(i)));
    mask(box).convertTo(cover, CV_32F, 1.0 / 255);
    cv::cvtColor(cover, cover, cv::COLOR_GRAY2BGR);
    cv::Mat target = canvas(box);
    target += (layer - target).mul(cover);
  }
  if (chance.happens(0.5)) cv::GaussianBlur(canvas, canvas, {5, 5}, chance.between(0.4, 1.2));
  return cv::min(cv::max(canvas, 0.0), 1.0);
}

}  // namespace train_embedded
