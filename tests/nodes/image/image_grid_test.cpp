// SPDX-License-Identifier: MIT
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

/// The picture of a grid of cells of 16 px without gaps.
cv::Mat grid_of(const graph::List<Image>& images, const std::string& columns) {
  graph::NodeHarness node(built_in(), "image-grid", {{"columns", columns}, {"cell", "16"}, {"gap", "0"}});
  return node.in("images", images).run().out<Image>("image").pixels;
}

TEST(ImageGrid, PutsPicturesInRows) {
  const cv::Mat grid =
      grid_of(graph::List<Image>({flat(16, 16, 1, 0, 0), flat(16, 16, 0, 1, 0), flat(16, 16, 0, 0, 1)}), "2");
  EXPECT_EQ(grid.size(), cv::Size(32, 32));
  EXPECT_EQ(grid.at<cv::Vec3f>(8, 8), cv::Vec3f(1, 0, 0));
  EXPECT_EQ(grid.at<cv::Vec3f>(8, 24), cv::Vec3f(0, 1, 0));
  EXPECT_EQ(grid.at<cv::Vec3f>(24, 8), cv::Vec3f(0, 0, 1));
}

TEST(ImageGrid, KeepsThePlaceOfWhatDidNotCome) {
  const graph::Value red = graph::Value::of(flat(16, 16, 1, 0, 0));
  const graph::List<Image> images(graph::Value::list(graph::value_type<Image>(), {red, graph::Value(), red}));
  const cv::Mat grid = grid_of(images, "3");
  EXPECT_EQ(grid.size(), cv::Size(48, 16));
  EXPECT_NE(grid.at<cv::Vec3f>(8, 24), cv::Vec3f(1, 0, 0));
  EXPECT_EQ(grid.at<cv::Vec3f>(8, 40), cv::Vec3f(1, 0, 0));
}

TEST(ImageGrid, RefusesAnEmptyListAndABackgroundThatIsNoColour) {
  EXPECT_EQ(thrown_by([] { grid_of(graph::List<Image>(), "0"); }),
            "the list is empty: there is no picture to put on the grid");
  EXPECT_EQ(refusal_of("image-grid", {{"background", "paper"}}),
            "background: 'paper' is not a colour: write it as #rrggbb");
}

}  // namespace
}  // namespace nodes
