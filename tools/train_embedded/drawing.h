// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <opencv2/core.hpp>

#include "tools/train_embedded/outline.h"
#include "tools/train_embedded/scene.h"

namespace train_embedded {

/// Draws scenes. Sheets of paper are made when they are first needed and kept; one painter serves one thread.
class Painter {
 public:
  /// (height,width) CV_32FC3 RGB in [0,1]. Every size of the same proportions shows the same scene; in a longer one
  /// there is more of the ground.
  cv::Mat draw(const Scene& scene, cv::Size size);
  cv::Mat draw(const Scene& scene, int side) { return draw(scene, cv::Size(side, side)); }

 private:
  const cv::Mat& sheet(const cv::Vec3f& colour, Style style);
  cv::Mat cut(const cv::Vec3f& colour, Style style, std::uint64_t seed, cv::Size size);
  cv::Mat lay_ground(const Scene& scene, cv::Size size);
  void lay_subject(cv::Mat& canvas, const Scene& scene, const Subject& subject);

  std::map<std::uint64_t, cv::Mat> sheets_{};
};

/// The colours that a ground is made of. `paper`: of kColours, for a ground of paper.
std::vector<cv::Vec3f> ground_colours(Ground ground, int paper);

/// Where the subject lies, (side,side) CV_8U, 255 inside: what a drawing of it covers, without its shadow.
cv::Mat subject_mask(const Subject& subject, int side);

/// Random discs, boxes and stripes of all sizes over each other, some shaded or rough, (side,side) CV_32FC3: has the
/// statistics of photographs, for an autoencoder that is to know more than scenes. Source: Lee, Mumford and Huang 2001,
/// "Occlusion models for natural images".
cv::Mat draw_dead_leaves(std::uint64_t seed, int side);

}  // namespace train_embedded
