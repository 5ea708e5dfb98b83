// SPDX-License-Identifier: MIT
#include <sstream>

#include "tests/methods/matching/collagenet.h"
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using Pairs = graph::NodeHarness::Pairs;

imaging::Labels segmented(const at::Tensor& latents, const Pairs& props = {}) {
  graph::NodeHarness node(built_in(), "segment", props);
  return *node.in("latents", Latents{latents}).run().out<Labels>("labels").map;
}

at::Tensor as_tensor(const imaging::Labels& labels) {
  return at::tensor(labels.ids).reshape({labels.height, labels.width});
}

at::Tensor hills() {
  return tensors::Generator(3).randn({1, 4, 16, 24}).cumsum(2).cumsum(3);
}

class SegmentReference : public ::testing::TestWithParam<std::tuple<std::string, std::string, int>> {
 public:
  static std::string name(const ::testing::TestParamInfo<ParamType>& info) {
    const auto& [set, method, projection] = info.param;
    return set + "_" + method + "_" + std::to_string(projection);
  }
};

TEST_P(SegmentReference, EqualsTheOriginal) {
  const auto& [set, method, projection] = GetParam();
  const tensors::Npz arrays = collagenet::arrays(set);
  const nlohmann::json all = collagenet::settings(set), stats = all["methods"][method]["stats"][projection];
  Pairs props{{"region_method", method}};
  for (const auto& [name, value] : all["config"].items()) {
    if (name.starts_with(method + "_")) props.emplace_back(name, value.dump());
  }
  ASSERT_GE(props.size(), 4U);
  const std::string before = projection == 0 ? "query" : method + "_" + std::to_string(projection - 1) + "_latents";
  const imaging::Labels labels = segmented(arrays.arrays.at(before).unsqueeze(0), props);
  const at::Tensor due = arrays.arrays.at(method + "_" + std::to_string(projection) + "_labels");
  EXPECT_EQ(as_tensor(labels).ne(due).sum().item<int>(), 0) << "cells";
  EXPECT_EQ(labels.count, stats["num_" + method + "_labels"].get<int>());
  EXPECT_EQ(labels.patch_size, 0);
  if (method == "threshold") EXPECT_EQ(labels.threshold, stats["threshold_similarity_used"].get<double>());
  else EXPECT_FALSE(labels.threshold);
}

INSTANTIATE_TEST_SUITE_P(CollageNet, SegmentReference,
                         ::testing::Combine(::testing::Values("default", "rotated_bounded"),
                                            ::testing::Values("felzenszwalb", "threshold"), ::testing::Values(0, 1)),
                         SegmentReference::name);

TEST(Segment, LongNamesMeanTheSame) {
  const auto by = [](const char* method) { return segmented(hills(), {{"region_method", method}}).ids; };
  EXPECT_EQ(by("latent_felzenszwalb"), by("felzenszwalb"));
  EXPECT_EQ(by("latent_threshold_regions"), by("threshold"));
  EXPECT_EQ(segmented(hills()).ids, by("felzenszwalb")) << "the default";
  EXPECT_NE(by("threshold"), by("felzenszwalb"));
}

TEST(Segment, DefaultsAreCollageNets) {
  const Pairs written{
      {"felzenszwalb_scale", "32"},          {"felzenszwalb_sigma", "0.8"},          {"felzenszwalb_min_size", "8"},
      {"threshold_min_regions", "64"},       {"threshold_max_regions", "768"},       {"threshold_connectivity", "8"},
      {"threshold_similarity_low", "-0.25"}, {"threshold_similarity_high", "0.999"}, {"patch_size", "1"}};
  for (const char* method : {"felzenszwalb", "threshold", "square"}) {
    Pairs props = written;
    props.emplace_back("region_method", method);
    EXPECT_EQ(segmented(hills(), props).ids, segmented(hills(), {{"region_method", method}}).ids) << method;
  }
}

TEST(Segment, EveryPropertyMatters) {
  const auto differs = [](const char* method, const char* name, const char* value) {
    return segmented(hills(), {{"region_method", method}, {name, value}}).ids !=
           segmented(hills(), {{"region_method", method}}).ids;
  };
  EXPECT_TRUE(differs("felzenszwalb", "felzenszwalb_scale", "500"));
  EXPECT_TRUE(differs("felzenszwalb", "felzenszwalb_sigma", "0"));
  EXPECT_TRUE(differs("felzenszwalb", "felzenszwalb_min_size", "20"));
  EXPECT_TRUE(differs("threshold", "threshold_min_regions", "200"));
  EXPECT_TRUE(differs("threshold", "threshold_connectivity", "4"));
  EXPECT_TRUE(differs("threshold", "threshold_similarity_low", "0.99"));
  EXPECT_TRUE(differs("square", "patch_size", "4"));
}

TEST(Segment, SquaresAreAGrid) {
  const imaging::Labels grid = segmented(hills(), {{"region_method", "square"}, {"patch_size", "8"}});
  EXPECT_EQ(grid.count, 6);
  EXPECT_EQ(grid.patch_size, 8);
  EXPECT_EQ(grid.at(15, 7), 3);
}

TEST(Segment, TakesLatentsAsTheyLie) {
  const at::Tensor latents = hills();
  const auto due = segmented(latents).ids;
  EXPECT_EQ(segmented(latents.contiguous(at::MemoryFormat::ChannelsLast)).ids, due) << "not planes in memory";
  EXPECT_EQ(segmented(latents.to(at::kDouble)).ids, due);
  EXPECT_EQ(segmented(at::ones({1, 16, 1, 1})).ids, std::vector<std::int32_t>{0}) << "one cell of 16 channels";
}

TEST(Segment, RefusesLatentsItCannotDivide) {
  const auto refused = [](const at::Tensor& latents, const Pairs& props = {}) {
    return thrown_by([&] { segmented(latents, props); });
  };
  EXPECT_EQ(refused(at::ones({2, 4, 8, 8})),
            "latents of the shape [2, 4, 8, 8], where those of one picture, (1, C, h, w), are due; segment them one by "
            "one");
  at::Tensor latents = at::ones({1, 4, 8, 8});
  latents[0][1][2][3] = NAN;
  for (const char* method : {"felzenszwalb", "threshold", "square"}) {
    EXPECT_THAT(refused(latents, {{"region_method", method}}),
                HasSubstr("not numbers (NaN, infinite or above 1e37) in 1 of 256 places, first in channel 1, row 2"))
        << method;
  }
  EXPECT_EQ(refused(hills(), {{"region_method", "square"}, {"patch_size", "5"}}),
            "patch_size 5 does not divide the latents of 16 by 24 cells; 4 and 8 do");
}

TEST(Segment, RefusesSettingsBeforeAnythingRuns) {
  const auto refused = [](const char* name, const char* value) {
    return refusal_of("segment", {{"region_method", "threshold"}, {name, value}});
  };
  EXPECT_EQ(refused("threshold_connectivity", "6"), "threshold_connectivity 6; cells have 4 or 8 neighbours");
  EXPECT_EQ(refused("threshold_min_regions", "800"), "threshold_min_regions 800 is above threshold_max_regions 768");
  EXPECT_THAT(refused("threshold_similarity_high", "-0.5"), HasSubstr("threshold_similarity_low -0.25"));
  EXPECT_THAT(refused("region_method", "squares"), HasSubstr("region_method"));
  EXPECT_THAT(refusal_of("segment", {{"felzenszwalb_scale", "-1"}}), HasSubstr("'felzenszwalb_scale'"));
  EXPECT_THAT(refusal_of("segment", {{"region_method", "squares"}}), HasSubstr("'squares'"));
}

}  // namespace
}  // namespace nodes
