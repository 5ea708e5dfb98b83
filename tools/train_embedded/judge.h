// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <opencv2/core.hpp>
#include <vector>

#include "tools/train_embedded/drawing.h"
#include "tools/train_embedded/scene.h"

namespace train_embedded {

/// What a picture shows of what was asked for.
struct Verdict {
  bool colour = false;  ///< enough pixels of every subject's colour
  bool shape = false;   ///< there are, and of their outline the nearest drawn one is of the right kind, and near enough
  bool ground = false;  ///< the cells at the picture's edge are nearest to those of the right ground
  bool place = false;   ///< what there is of them lies as the order says
  bool good() const { return colour && shape && ground && place; }
};

/// Looks whether a picture shows what an order asks for, by statistics of colours and outlines, compared with drawings
/// of every kind in the order's colour on the order's ground.
///
/// Pixels are told apart in CIELAB: each belongs to the nearest of the eight colours (and their darker tone), the
/// ground's colours and the details'. The pixels of a subject's colour are cut out, brought to a square of kOutline
/// cells, and held against those of drawings by intersection over union.
class Judge {
 public:
  static constexpr int kSide = 128;  ///< px; pictures are brought to it
  static constexpr int kOutline = 32;
  static constexpr double kMinArea = 0.02;  ///< of the picture, in a subject's colour
  static constexpr double kMinOverlap = 0.6;

  /// `picture`: (H,W) CV_32FC3 RGB in [0,1], square.
  Verdict operator()(const cv::Mat& picture, const Order& order);

 private:
  struct Example {
    Kind kind;
    cv::Mat outline;
  };
  const std::vector<Example>& examples(int colour, const Order& order);
  const std::vector<std::pair<std::pair<Ground, int>, cv::Mat>>& grounds();

  Painter painter_{};
  std::map<std::vector<int>, std::vector<Example>> examples_{};
  std::vector<std::pair<std::pair<Ground, int>, cv::Mat>> grounds_{};
};

/// Ten orders that training has never seen: one for each kind, in the colour that is held out.
std::vector<Order> unseen_orders();
/// Ten orders of two subjects that training has never seen together, most with places.
std::vector<Order> unseen_pairs();

}  // namespace train_embedded
