// SPDX-License-Identifier: MIT
#include "tests/nodes/layers/layers.h"

namespace nodes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(LayerLabels, CutRegionsWhereLayersMeet) {
  graph::NodeHarness node(built_in(), "layer-labels");
  node.in("layers", composed({placed_square(0, cv::Rect(0, 0, 8, 16)), placed_square(1, cv::Rect(8, 0, 8, 8))})
                        .out<graph::List<Layer>>("layers"));
  EXPECT_THAT(node.run().out<Labels>("labels").map->ids, ElementsAre(0, 1, 0, 2)) << "the last is of no layer";
  node.in("labels", Labels{std::make_shared<const imaging::Labels>(imaging::labels_of({0, 0, 1, 1}, 2, 2))});
  EXPECT_THAT(node.run().out<Labels>("labels").map->ids, ElementsAre(0, 1, 2, 3));
  node.in("labels", Labels{std::make_shared<const imaging::Labels>(imaging::labels_of({0, 0}, 1, 2))});
  EXPECT_THAT(thrown_by([&] { node.run(); }), HasSubstr("the labels are of 2 x 1 cells, and the layers of 2 x 2"));
}

}  // namespace
}  // namespace nodes
