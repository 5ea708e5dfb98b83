// SPDX-License-Identifier: MIT
#include "tests/methods/matching/banks.h"
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::shared_ptr<const matching::Bank> small_bank(int patch_size = 1) {
  return matching::build_bank({made_up_source(4, 9, 12, 1), made_up_source(4, 6, 5, 2)}, {.patch_size = patch_size});
}

/// The node, fed with latents of 4 x 6 cells in three regions.
graph::NodeHarness node_with(const graph::NodeHarness::Pairs& props) {
  graph::NodeHarness node(built_in(), "match", props);
  node.in("latents", Latents{made_up_source(4, 4, 6, 7).latent.unsqueeze(0)});
  node.in("labels", Labels{std::make_shared<const imaging::Labels>(regions({"aaabbb", "aaabbb", "acccbb", "aaacbb"}))});
  node.in("bank", Bank{small_bank()});
  return node;
}

const matching::Matches& matches(const graph::NodeHarness& node) {
  return node.out<matching::Matches>("matches");
}

std::vector<std::int32_t> places(const graph::NodeHarness& node) {
  std::vector<std::int32_t> places;
  for (const matching::Match& match : matches(node).matches)
    places.insert(places.end(), {match.region, match.record, match.y, match.x});
  return places;
}

TEST(Match, EqualsCollageNetTurnForTurn) {
  const tensors::Npz expected = collagenet::arrays("default");
  const nlohmann::json config = collagenet::settings("default")["config"];
  graph::NodeHarness node(built_in(), "match",
                          {{"region_candidate_count", config["region_candidate_count"].dump()},
                           {"random_seed", config["random_seed"].dump()}});
  node.in("bank", Bank{collagenet::bank(config)});
  at::Tensor latents = expected.at("query", "query");
  for (int turn = 0; turn < 2; ++turn) {
    const std::string name = "felzenszwalb_" + std::to_string(turn) + "_";
    const at::Tensor ids = expected.at(name + "labels", name), assigned = expected.at(name + "assign", name);
    const auto labels = imaging::labels_of({ids.data_ptr<std::int32_t>(), ids.data_ptr<std::int32_t>() + ids.numel()},
                                           static_cast<int>(ids.size(0)), static_cast<int>(ids.size(1)));
    node.in("latents", Latents{latents.unsqueeze(0)});
    node.in("labels", Labels{std::make_shared<const imaging::Labels>(labels)}).run();
    EXPECT_TRUE(at::tensor(places(node)).view({-1, 4}).to(at::kInt).equal(assigned.narrow(1, 0, 4))) << turn;
    latents = expected.at(name + "latents", name);
  }
}

TEST(Match, DrawsOnFromTurnToTurnAndAnewForEachItem) {
  graph::NodeHarness node = node_with({});
  const std::vector<std::int32_t> first = places(node.run()), second = places(node.run());
  EXPECT_NE(first, second);
  node.end_item();
  EXPECT_EQ(places(node.run()), first);
  graph::NodeHarness other = node_with({{"random_seed", "99"}});
  EXPECT_NE(places(other.run()), first);
}

TEST(Match, LeavesOutWhatIsOutsideTheLimits) {
  graph::NodeHarness node = node_with({{"region_max_area", "9"}, {"region_max_bbox_w", "2"}});
  EXPECT_EQ(matches(node.run()).regions, 1);
  EXPECT_EQ(matches(node).skipped, 1);
  EXPECT_THAT(matches(node).matches, IsEmpty());
  graph::NodeHarness all = node_with({});
  EXPECT_EQ(matches(all.run()).matches.size(), 3U);
  EXPECT_THAT(all.warnings(), IsEmpty());
}

TEST(Match, WarnsOnceWhenNothingCanBeMatched) {
  graph::NodeHarness node = node_with({{"region_max_area", "2"}});
  node.run().run();
  EXPECT_TRUE(node.sent("matches"));
  EXPECT_THAT(node.warnings(),
              ElementsAre("nothing to blend, the latents stay as they are: no region has 1 to 2 cells, "
                          "theirs being 4 to 10 cells: change region_max_area"));
  node.end_item().run();
  EXPECT_EQ(node.warnings().size(), 2U) << "once for each item";
}

TEST(Match, WarnsWhenTheBankIsSmallerThanEveryRegion) {
  graph::NodeHarness node = node_with({});
  node.in("bank", Bank{matching::build_bank({made_up_source(4, 1, 1)}, {})}).run();
  ASSERT_EQ(node.warnings().size(), 1U);
  EXPECT_THAT(node.warnings()[0], HasSubstr("the highest of which has 1 and the widest 1 cells: use larger pictures"));
}

TEST(Match, Squares) {
  graph::NodeHarness node = node_with({{"top_k", "2"}});
  node.in("labels", Labels{std::make_shared<const imaging::Labels>(imaging::square_grid(4, 6, 2))});
  node.in("bank", Bank{small_bank(2)}).run();
  EXPECT_EQ(matches(node).matches.size(), 6U);
  EXPECT_TRUE(matches(node).target.defined());
  graph::NodeHarness same = node_with({{"top_k", "2"}, {"random_seed", "5"}, {"dictionary_chunk_size", "3"}});
  same.in("labels", Labels{matches(node).labels}).in("bank", Bank{matches(node).bank}).run();
  EXPECT_TRUE(matches(same).target.equal(matches(node).target)) << "nothing is drawn for squares";
  node.in("bank", Bank{small_bank(1)});
  EXPECT_THAT(thrown_by([&] { node.run(); }),
              HasSubstr("squares of patch_size 2, but the bank's patches have patch_size 1"));
}

TEST(Match, Refusals) {
  EXPECT_THAT(refusal_of("match", {{"region_candidate_count", "0"}}), HasSubstr("0 is below the minimum 1"));
  EXPECT_THAT(refusal_of("match", {{"similarity_temperature", "0"}}), HasSubstr("0 is below the minimum"));
  EXPECT_THAT(refusal_of("match", {{"random_seed", "-1"}}), HasSubstr("-1 is below the minimum 0"));
  graph::NodeHarness node = node_with({});
  node.in("latents", Latents{at::zeros({1, 16, 4, 6})});
  EXPECT_THAT(thrown_by([&] { node.run(); }), HasSubstr("the latents have 16 channels, but the bank's"));
}

}  // namespace
}  // namespace nodes
