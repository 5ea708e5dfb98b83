// SPDX-License-Identifier: MIT
#pragma once

#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "tools/train_embedded/edge_agreement.h"
#include "tools/train_embedded/shipped_model.h"

namespace train_embedded {

/// A scene that training has never seen, and what is told of it.
struct JudgedScene {
  cv::Mat picture;      ///< (128,128) CV_32FC3 in [0,1]
  cv::Mat edges;        ///< of it, (128,128) CV_8UC1
  std::string caption;  ///< all of it
};
std::vector<JudgedScene> unseen_scenes(int count);

/// What the prompt says of a scene.
enum class Telling { kCaption, kNothing };
/// A picture for each scene; the same noise with a ControlNet and without (null).
std::vector<cv::Mat> draw_judged(const ShippedModel& model, const std::vector<JudgedScene>& scenes,
                                 const models::ControlNet* controlnet, Telling telling = Telling::kCaption);

/// Of the pictures' edges with those that were asked for: each scene counts the same.
EdgeAgreement agreement_of(const std::vector<cv::Mat>& pictures, const std::vector<JudgedScene>& scenes);

}  // namespace train_embedded
