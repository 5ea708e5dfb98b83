// SPDX-License-Identifier: MIT
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "graph/value.h"

/// The types that travel on links. All are immutable once sent: a node that changes pixels makes new ones.
namespace nodes {

/// A picture.
struct Image {
  cv::Mat pixels;  ///< (H,W) CV_32FC3, RGB, in [0,1]; never empty
};

/// Several pictures, of whatever sizes. A loop can run over them.
using Images = std::vector<Image>;

}  // namespace nodes

DECOUPAGE_VALUE(nodes::Image, "image");
DECOUPAGE_VALUE_LIST(nodes::Images, "images");
