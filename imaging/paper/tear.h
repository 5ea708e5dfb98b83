// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>

/// Torn pieces of paper: their outlines as fields, and how they are laid on a picture. A field is (H,W) CV_32F, about
/// the distance to the outline in px, positive inside.
namespace imaging {

/// The lower part of a picture, below a ridge. Fractions of the picture's height, downwards.
struct Band {
  std::uint64_t seed = 0;
  double edge = 0.5;    ///< where the ridge lies on average
  double relief = 0.1;  ///< how far it rises and falls
  double peaks = 0.0;   ///< 0: rolling hills; 1: mountains
};
cv::Mat band_field(cv::Size size, const Band& band);

/// A piece around a point. Lengths are fractions of the picture's height, `x` of its width.
struct Piece {
  double x = 0.5, y = 0.5;
  double length = 0.2;                ///< across the whole piece
  double aspect = 1.0;                ///< its other side: length · aspect
  double turn_x = 1.0, turn_y = 0.0;  ///< unit vector along its length
};
cv::Mat disc_field(cv::Size size, const Piece& piece);
/// A scrap with a few rough corners, drawn from the seed.
cv::Mat scrap_field(cv::Size size, const Piece& piece, std::uint64_t seed);
/// Pointed at both ends, as a leaf or a cypress.
cv::Mat leaf_field(cv::Size size, const Piece& piece);
/// A leaf whose far end is cut off straight: upright when its length points down.
cv::Mat tree_field(cv::Size size, const Piece& piece);

/// How a piece is torn and lit. Lengths are fractions of the picture's height, so that a picture looks the same at
/// every size; its grain becomes finer.
struct Tear {
  std::uint64_t seed = 0;
  double rough = 0.008;          ///< how far the tear strays from the outline
  double rim = 0.007;            ///< width of the white core that shows, at most
  double shadow = 0.02;          ///< reach of the shadow
  double shadow_strength = 0.5;  ///< 0 to 1
};

/// Lays a piece of `paper` with the outline `field` on `canvas`, all of one size, (H,W) CV_32FC3 RGB in [0,1] and
/// CV_32F: first its shadow, then the torn white core, then the painted side. Returns the new picture.
cv::Mat lay_piece(const cv::Mat& canvas, const cv::Mat& paper, const cv::Mat& field, const Tear& tear);

/// Cuts a sheet of the given size from a paper: from a place and with a turn drawn from the seed, as far as can be
/// without reaching over the paper's edges, where it is mirrored. `scale`: px of the sheet for one of the paper.
cv::Mat cut_sheet(const cv::Mat& paper, cv::Size size, double scale, std::uint64_t seed);

}  // namespace imaging
