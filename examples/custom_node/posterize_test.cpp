// SPDX-License-Identifier: MIT
// Tests the plugin as it will be used: loaded from its file, run by a NodeHarness.
#include <gtest/gtest.h>

#include <cstdlib>

#include "graph/mark.h"
#include "graph/testing/node_harness.h"
#include "nodes/values.h"

namespace {

const graph::Registry& registry() {
  static const graph::Registry all = [] {
    graph::Registry made;
    made.load_plugin(std::getenv("POSTERIZE"));
    return made;
  }();
  return all;
}

TEST(Posterize, LeavesTheNearestLevel) {
  graph::NodeHarness node(registry(), "posterize", {{"levels", "3"}});
  const cv::Mat pixels(2, 2, CV_32FC3, cv::Scalar(0.2, 0.3, 0.9));
  node.in("image", nodes::Image{pixels}).run();

  const cv::Mat& flat = node.out<nodes::Image>("image").pixels;
  ASSERT_EQ(flat.type(), CV_32FC3);
  EXPECT_EQ(flat.at<cv::Vec3f>(1, 1), cv::Vec3f(0.0f, 0.5f, 1.0f));
  EXPECT_FLOAT_EQ(pixels.at<cv::Vec3f>(1, 1)[0], 0.2f) << "a value on a link is never changed";
}

TEST(Posterize, RefusesASingleLevel) {
  EXPECT_THROW(graph::NodeHarness(registry(), "posterize", {{"levels", "1"}}), graph::Faults);
}

}  // namespace
