// SPDX-License-Identifier: MIT
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "tools/train_embedded/scene.h"

namespace train_embedded {

/// One piece of a subject: polygons that are filled together (even-odd), and what its colour is made from.
struct Part {
  enum class Tone { kOwn, kDarker, kDark, kLighter, kWood, kLeaf, kHeart };
  Tone tone = Tone::kOwn;
  std::vector<std::vector<cv::Point2d>> polygons{};
};

/// The pieces of a subject in the order in which they are laid, in the square from −0.5 to 0.5, y downwards.
const std::vector<Part>& outline_of(Kind kind);
/// A piece's colour in a subject of the given one.
cv::Vec3f tone_of(Part::Tone tone, const cv::Vec3f& own);

}  // namespace train_embedded
