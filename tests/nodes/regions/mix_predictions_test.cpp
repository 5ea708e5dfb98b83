// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "tests/nodes/regions/regions.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

class MixPredictions : public ::testing::Test {
 protected:
  void mix(const std::vector<Region>& regions, const std::vector<double>& values) {
    std::vector<Prediction> predictions;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const tiling::Box& box = regions[std::min(i, regions.size() - 1)].region->box;
      predictions.push_back({at::full({1, 4, box.height(), box.width()}, values[i], at::kFloat)});
    }
    node_.in("regions", graph::List<Region>(regions)).in("predictions", graph::List<Prediction>(predictions));
    node_.in("latents", Latents{at::zeros({1, 4, 3, 5})}).run();
  }
  double at(int row, int column) const {
    return node_.out<Prediction>("prediction").tensor[0][0][row][column].item<double>();
  }

  static Region constant(const tiling::Box& box, double weight) {
    return made_region({.box = box, .weights = {.type = tiling::MaskType::kConstant, .weight = weight}});
  }

  const Region left_ = constant({0, 3, 0, 3}, 1), right_ = constant({0, 3, 2, 4}, 3);
  graph::NodeHarness node_{built_in(), "mix-predictions"};
};

TEST_F(MixPredictions, WeighsThemInEachCell) {
  mix({left_, right_}, {2, 6});
  EXPECT_EQ(at(1, 1), 2);
  EXPECT_EQ(at(1, 2), 5);
  EXPECT_EQ(at(1, 3), 6);
  EXPECT_EQ(at(1, 4), 0) << "which no region has";
  mix({right_}, {6});  // other regions than in the turn before
  EXPECT_EQ(at(1, 2), 6);
}

TEST_F(MixPredictions, Errors) {
  EXPECT_THAT(thrown_by([&] { mix({left_}, {1, 2}); }), HasSubstr("2 predictions for 1 regions"));
  EXPECT_THAT(thrown_by([&] { mix({}, {}); }), HasSubstr("0 predictions for 0 regions"));
  node_.in("predictions", graph::Value::list(graph::value_type<Prediction>(), {graph::Value()}));
  node_.in("regions", graph::List<Region>({left_})).in("latents", Latents{at::zeros({1, 4, 3, 5})});
  EXPECT_THAT(thrown_by([&] { node_.run(); }), HasSubstr("nothing came for regions[0]"));
}

}  // namespace
}  // namespace nodes
