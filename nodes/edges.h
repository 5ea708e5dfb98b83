// SPDX-License-Identifier: MIT
#pragma once

#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "graph/contract.h"
#include "imaging/edges.h"

/// Edges as canny and layer-hint find them.
namespace nodes {

inline constexpr graph::Prop<double> kLowThreshold{
    .name = "low_threshold",
    .help = "of the gradient, in levels of 255: weaker ones are no edges",
    .value = 100,
    .min = 0,
    .max = 10000};
inline constexpr graph::Prop<double> kHighThreshold{
    .name = "high_threshold",
    .help = "likewise: stronger ones are; those between where they go on from one",
    .value = 200,
    .min = 0,
    .max = 10000};

/// By these properties.
class EdgeFinder {
 public:
  /// Throws std::invalid_argument when the first threshold is above the second.
  explicit EdgeFinder(const graph::Props& props) : low_(props.get(kLowThreshold)), high_(props.get(kHighThreshold)) {
    if (low_ > high_) throw std::invalid_argument("low_threshold is above high_threshold");
  }
  /// (H,W) CV_8UC3 RGB → the same size, three equal channels of 0 and 255.
  cv::Mat operator()(const cv::Mat& pixels) const {
    cv::Mat three;
    cv::cvtColor(imaging::canny(pixels, low_, high_), three, cv::COLOR_GRAY2RGB);
    return three;
  }

 private:
  const double low_, high_;
};

}  // namespace nodes
