// SPDX-License-Identifier: MIT
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "methods/tiling/box.h"
#include "tensors/torch.h"

/// Regions that are no rectangles.
namespace tiling {

/// A point of a canvas, px.
struct Point {
  double x = 0, y = 0;
};

/// 1 inside of a polygon, 0 outside, (height,width) CV_32FC1; of a pixel on an edge, about the part that is inside.
/// Where edges cross each other, what is inside twice is outside.
cv::Mat polygon_mask(const std::vector<Point>& polygon, int height, int width);

/// The cells that a polygon may have something of, `margin` px further on each side, on a canvas of height × width px;
/// empty where it lies beside it.
Box box_around(const std::vector<Point>& polygon, double margin, std::int64_t height, std::int64_t width);

/// The box of cells that a mask of a canvas has any weight in; empty where it has none.
Box box_around(const cv::Mat& mask);

/// A mask of a canvas (8H,8W) as weights of a box's cells: (h,w) f64, each the mean of its pixels.
at::Tensor cell_weights(const cv::Mat& mask, const Box& box);

}  // namespace tiling
