// SPDX-License-Identifier: MIT
#include "tests/nodes/fixtures.h"
#include "tests/reference.h"

namespace nodes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Mask covered(cv::Size size, const cv::Rect& where) {
  Mask mask{cv::Mat(size, CV_32FC1, cv::Scalar(0))};
  mask.weights(where).setTo(1);
  return mask;
}

std::vector<std::int64_t> region_of(graph::NodeHarness& node) {
  node.run();
  std::vector<std::int64_t> found;
  for (const char* port : {"left", "top", "region_width", "region_height"})
    found.push_back(node.out<std::int64_t>(port));
  return found;
}

TEST(CropRegion, IsWhatTheMaskIsAbout) {
  graph::NodeHarness node(built_in(), "crop-region", {{"width", "64"}, {"height", "64"}, {"padding", "16"}});
  node.in("mask", covered({128, 96}, {40, 30, 20, 20}));
  EXPECT_THAT(region_of(node), ElementsAre(24, 14, 52, 52));
  EXPECT_THAT(node.warnings(), IsEmpty());
}

TEST(CropRegion, IsAsMuchAsPossibleWithoutAPadding) {
  graph::NodeHarness node(built_in(), "crop-region", {{"model", (reference::sdxl("mini") / "model").string()}});
  node.in("mask", covered({100, 60}, {0, 0, 1, 1}));
  EXPECT_THAT(region_of(node), ElementsAre(0, 0, 60, 60));
  EXPECT_THAT(node.warnings(), IsEmpty());
  node.in("mask", covered({100, 60}, {10, 0, 80, 60}));
  EXPECT_THAT(region_of(node), ElementsAre(20, 0, 60, 60));
  EXPECT_THAT(node.warnings(), ElementsAre(HasSubstr("the mask reaches beyond the region of 60 x 60 px at 20, 0")));
}

TEST(CropRegion, SaysWhenItStretches) {
  graph::NodeHarness node(built_in(), "crop-region", {{"width", "64"}, {"height", "64"}, {"padding", "5"}});
  node.in("mask", covered({300, 40}, {10, 0, 270, 40}));
  EXPECT_THAT(region_of(node), ElementsAre(5, 0, 280, 40));
  EXPECT_THAT(node.warnings(), ElementsAre(HasSubstr("one of 280 x 40 px is stretched to them")));
}

TEST(CropRegion, Errors) {
  EXPECT_THAT(refusal_of("crop-region", {}), HasSubstr("give both, in px, or the model"));
  graph::NodeHarness node(built_in(), "crop-region", {{"width", "64"}, {"height", "64"}, {"padding", "0"}});
  node.in("mask", Mask{cv::Mat(8, 8, CV_32FC1, cv::Scalar(0))});
  EXPECT_THAT(thrown_by([&] { node.run(); }), HasSubstr("the mask is empty: there is nothing to cut out"));
}

}  // namespace
}  // namespace nodes
