// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "imaging/rgba.h"

namespace layering {

/// Where a picture lies on a canvas.
struct Placement {
  double x = 0, y = 0;            ///< its upper left corner, in parts of the canvas's width and height
  std::optional<double> scale{};  ///< its size: px times the canvas's width times this; none: as large as fits
  double rotation = 0;            ///< degrees, counter-clockwise, within its own frame
};

/// How much is done with a layer.
struct Strengths {
  double noise = 0;               ///< in [0,1]: how far it is drawn anew
  double attention = 0;           ///< in [0,1]: how its words are pulled into its place
  double negative_attention = 0;  ///< and pushed out of all others
  double edge = 0;                ///< in [0,1]: how much ControlNets count in its place
};

/// A layer of a collage, as it is written.
struct Layer {
  std::string name{};     ///< "layers[2]", for messages
  std::size_t index = 0;  ///< from the bottom
  bool is_top = false;
  std::string text{};  ///< words of the prompt
  /// In the place of looking for the text: the first and last but one of the prompt's characters.
  std::optional<std::pair<std::int64_t, std::int64_t>> prompt_span{};
  std::string image{};               ///< a file; "": it is drawn
  std::string prompt{};              ///< what is drawn then
  std::string embedding{};           ///< a file of learned vectors; "": none
  std::int64_t seed = 0;             ///< of the noise that it is drawn from
  bool learn = false;                ///< they are to be learned from this layer
  std::vector<std::string> hints{};  ///< a ready hint for each ControlNet, "" where there is none
  std::vector<std::vector<imaging::RelativePoint>> polygon{};  ///< what is cut out, holes behind it; empty: all
  std::string mask{};                                          ///< a picture, white where the layer is; "": none
  Placement placement{};
  /// Those that are given; others are the defaults, or tuned.
  std::optional<double> noise{}, attention{}, negative_attention{}, edge{};
  bool tunes = false;  ///< what is not given is found by the layer's size
};

/// A picture that was cut out: its pixels, and where they were.
struct Cut {
  cv::Mat pixels{};  ///< (h,w) CV_8UC4
  cv::Size whole{};  ///< of the picture
  cv::Rect box{};    ///< of the pixels in it
};

/// What a polygon and a mask leave of a picture (CV_8UC4), cut to the rectangle around the two; of no polygon and no
/// mask the picture, with its transparent edges. The mask (CV_8UC1) comes to the picture's size, nearest pixel.
/// Throws std::invalid_argument where they leave no pixel.
Cut cut_out(const cv::Mat& picture, const std::vector<std::vector<imaging::RelativePoint>>& polygon,
            const cv::Mat& mask);

/// The scale of a placement, or what makes a picture of w × h px as large as fits, without making it larger than
/// itself: min(1/w, 1/h, 1).
double scale_of(const Placement& placement, cv::Size picture);

/// A cut picture on an empty canvas, (height,width) CV_8UC4: resized to (⌊w · width · scale⌋, ⌊h · width · scale⌋),
/// turned, and put at (x · width, y · height), without what follows the point; what lies outside is lost.
/// Throws std::invalid_argument where it would have more pixels, or a longer side, than a picture may have.
cv::Mat placed(const Cut& cut, const Placement& placement, int width, int height);

/// What strengths a layer has: its own, else by the size r = clamp(max(w, h) · scale, 0, 1) of its cut picture, or the
/// defaults noise 0.8, attention 0, negative 1, edge 0. Source: the original's interface.
Strengths strengths_of(const Layer& layer, const Cut& cut);

}  // namespace layering
