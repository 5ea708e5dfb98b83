// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "imaging/paper/tear.h"

namespace imaging {

/// Outline of a piece of paper; kSheet is the whole picture, untorn.
enum class PieceShape { kBand, kDisc, kScrap, kLeaf, kTree, kSheet };
/// By "band", "disc", "scrap", "leaf", "tree", "sheet". Throws std::invalid_argument for another name.
PieceShape shape_named(const std::string& name);

/// How one piece of paper is laid. Lengths are fractions of the picture's height, `x` and `spread_x` of its width. What
/// is left to chance (the place within the spread, the outline, the tear, what part of the paper) is drawn from `seed`.
struct Laying {
  std::uint64_t seed = 0;
  PieceShape shape = PieceShape::kBand;
  double x = 0.5, y = 0.5;                ///< centre; of a band only y, its mean edge
  double size = 0.2;                      ///< length across; of a band its relief
  double aspect = 1.0;                    ///< width to length
  double angle = 0.0, swing = 0.0;        ///< degrees from the horizontal, and how far chance turns it either way
  double spread_x = 0.0, spread_y = 0.0;  ///< how far chance moves it either way
  double vary = 0.0;                      ///< how far chance changes the size either way, as a fraction of it
  double peaks = 0.0;                     ///< of a band: 0 rolling hills, 1 mountains
  double haze = 0.0;                      ///< 0: the paper's colours; 1: those of the picture's top edge
  double scale = 1.0;                     ///< of the paper: 1 shows its whole height on a picture's height
  Tear tear{};                            ///< its seed is not used
};

/// Lays one piece of `paper` on `canvas`, both (H,W) CV_32FC3 RGB in [0,1]. Returns the new picture.
cv::Mat lay(const cv::Mat& canvas, const cv::Mat& paper, const Laying& laying);

/// Numbers 0 to n−1 in an order drawn from the seed.
std::vector<int> shuffled(int n, std::uint64_t seed);

}  // namespace imaging
