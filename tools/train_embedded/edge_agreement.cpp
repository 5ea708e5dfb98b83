// SPDX-License-Identifier: MIT
#include "tools/train_embedded/edge_agreement.h"

#include <opencv2/imgproc.hpp>

#include "imaging/edges.h"
#include "imaging/files/picture.h"

namespace train_embedded {
namespace {

constexpr double kLow = 100, kHigh = 200;

/// Of the pixels of `edges`, the part that lies on one of `others` or beside it.
double part_near(const cv::Mat& edges, const cv::Mat& others) {
  const int all = cv::countNonZero(edges);
  if (all == 0) return 1;
  cv::Mat wide, both;
  cv::dilate(others, wide, cv::Mat::ones(3, 3, CV_8U));
  cv::bitwise_and(edges, wide, both);
  return static_cast<double>(cv::countNonZero(both)) / all;
}

}  // namespace

cv::Mat edges_of(const cv::Mat& picture) {
  return imaging::canny(imaging::to_8bit(picture), kLow, kHigh);
}

at::Tensor to_hint(const cv::Mat& edges) {
  const cv::Mat whole = edges.isContinuous() ? edges : edges.clone();
  const at::Tensor rows = at::from_blob(whole.data, {1, 1, whole.rows, whole.cols}, at::kByte);
  return (rows.to(at::kFloat) / 255).repeat({1, 3, 1, 1});
}

EdgeAgreement edge_agreement(const cv::Mat& found, const cv::Mat& wanted) {
  return {part_near(found, wanted), part_near(wanted, found)};
}

}  // namespace train_embedded
