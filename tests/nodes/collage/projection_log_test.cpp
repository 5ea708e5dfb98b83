// SPDX-License-Identifier: MIT
#include <nlohmann/json.hpp>

#include "methods/matching/match_regions.h"
#include "methods/matching/match_squares.h"
#include "tests/methods/matching/banks.h"
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

using ::testing::SizeIs;

class ProjectionLog : public ::testing::Test {
 protected:
  matching::Matches of_regions(int max_area) const {
    matching::NumpyGenerator generator(1);
    auto labels = regions({"aaab", "aabb"});
    labels.threshold = 0.25;
    return matching::match_regions(latent_, std::make_shared<const imaging::Labels>(std::move(labels)), bank_,
                                   {.region_max_area = max_area}, generator);
  }
  static nlohmann::json entry(const graph::NodeHarness& node, std::size_t i) {
    return nlohmann::json::parse(node.out<Log>("log").entries.at(i));
  }

  const std::shared_ptr<const matching::Bank> bank_ = matching::build_bank({made_up_source(4, 5, 6)}, {});
  const at::Tensor latent_ = made_up_source(4, 2, 4, 2).latent.unsqueeze(0);
};

TEST_F(ProjectionLog, KeepsAnEntryForEveryTurn) {
  const schedulers::Schedule schedule(schedulers::Config::stable_diffusion_xl(), {.scheduler = "euler", .steps = 4});
  graph::NodeHarness node(built_in(), "projection-log", {{"alpha", "0..0.5"}});
  node.in("schedule", schedule).in("matches", of_regions(1200)).turn(2, 4).window(0.5).run();
  node.in("matches", of_regions(3)).turn(3, 4).window(1).run();
  ASSERT_THAT(node.out<Log>("log").entries, SizeIs(2));

  const nlohmann::json first = entry(node, 0);
  const std::vector<matching::Match> matches = of_regions(1200).matches;
  ASSERT_THAT(matches, SizeIs(2));
  EXPECT_EQ(first["step_index"], 2);
  EXPECT_EQ(first["timestep"], 251);
  EXPECT_EQ(first["alpha"], 0.25);
  EXPECT_EQ(first["num_labels"], 2);
  EXPECT_EQ(first["num_regions"], 2);
  EXPECT_EQ(first["num_regions_skipped_bbox"], 0);
  EXPECT_EQ(first["threshold_similarity_used"], 0.25);
  EXPECT_NEAR(first["mean_region_cosine"], (matches[0].score + matches[1].score) / 2, 1e-7);
  EXPECT_EQ(first["max_region_cosine"], std::max(matches[0].score, matches[1].score));
  EXPECT_EQ(first["min_region_cosine"], std::min(matches[0].score, matches[1].score));
  EXPECT_EQ(entry(node, 1)["step_index"], 3);
  EXPECT_EQ(entry(node, 1)["num_regions"], 1);

  node.end_item().run();
  EXPECT_THAT(node.out<Log>("log").entries, SizeIs(1)) << "each item has a log of its own";
}

TEST_F(ProjectionLog, SaysThatNothingWasMatched) {
  graph::NodeHarness node(built_in(), "projection-log");
  node.in("matches", of_regions(0)).turn(0, 1).run();
  EXPECT_EQ(entry(node, 0)["num_regions"], 0);
  EXPECT_EQ(entry(node, 0)["mean_region_cosine"], 0);
  EXPECT_FALSE(entry(node, 0).contains("timestep")) << "no schedule is linked";
}

TEST_F(ProjectionLog, HasOtherEntriesForSquares) {
  const auto grid = std::make_shared<const imaging::Labels>(imaging::square_grid(2, 4, 1));
  const matching::Matches matches = matching::match_squares(latent_, grid, bank_, {.top_k = 3});
  graph::NodeHarness node(built_in(), "projection-log");
  node.in("matches", matches).turn(0, 1).run();
  const nlohmann::json logged = entry(node, 0);
  EXPECT_EQ(logged["num_queries"], 8);
  EXPECT_EQ(logged["mean_topk_cosine"], matches.mean_topk);
  EXPECT_LE(logged["num_unique_selected_patches"], 8);
  EXPECT_GE(logged["mean_top1_cosine"], logged["mean_topk_cosine"]);
  EXPECT_FALSE(logged.contains("num_regions"));
}

}  // namespace
}  // namespace nodes
