// SPDX-License-Identifier: MIT
#pragma once

#include <opencv2/core.hpp>

#include "tensors/torch.h"

namespace train_embedded {

/// The edges of a picture, (H,W) CV_32FC3 in [0,1], as the node canny finds them with its own thresholds: (H,W)
/// CV_8UC1, 255 on edges.
cv::Mat edges_of(const cv::Mat& picture);
/// Edges as a ControlNet takes them: (H,W) CV_8UC1 → (1,3,H,W) f32 in [0,1].
at::Tensor to_hint(const cv::Mat& edges);

/// How far two pictures of edges agree, where a pixel may lie one beside.
struct EdgeAgreement {
  double precision = 0;  ///< of the edges that were found, the part that was wanted
  double recall = 0;     ///< of those that were wanted, the part that was found

  /// The harmonic mean of both. Source: Martin, Fowlkes and Malik 2004, "Learning to detect natural image boundaries".
  double f() const { return precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall); }
};
/// Without any edge on either side they agree.
EdgeAgreement edge_agreement(const cv::Mat& found, const cv::Mat& wanted);

}  // namespace train_embedded
