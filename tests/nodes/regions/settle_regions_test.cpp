// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "tests/nodes/regions/regions.h"

namespace nodes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class SettleRegions : public ::testing::Test {
 protected:
  std::vector<tiling::Region> settled(const std::string& draws, const std::string& seed = "5") {
    graph::NodeHarness node(built_in(), "settle-regions", {{"seed", seed}, {"draws", draws}});
    for (const auto& [name, value] : picks_) node.pick(name, {value});
    node.in("regions", graph::List<Region>(regions_)).run();
    picked_ = node.picks();
    return regions_at(node, "regions");
  }

  const std::vector<Region> regions_{
      made_region({.name = "regions[0]", .guidance_scale = {}}),
      made_region({.name = "regions[1]", .noise_eps = 0.5, .guidance_scale = {}}),
      made_region({.kind = tiling::Region::Kind::kReroll, .name = "rerolls[0]", .resets_noise = true}),
      made_region({.kind = tiling::Region::Kind::kReroll, .name = "rerolls[1]", .seed = 9, .resets_noise = true}),
  };
  std::map<std::string, std::string> picks_;
  std::map<std::string, std::vector<std::string>> picked_;
};

TEST_F(SettleRegions, DrawsSeedsWhereNoiseIsDrawn) {
  const std::vector<tiling::Region> all = settled("seeds");
  ASSERT_EQ(all.size(), 4u);
  EXPECT_FALSE(all[0].seed) << "it draws nothing";
  ASSERT_TRUE(all[1].seed && all[2].seed);
  EXPECT_NE(all[1].seed, all[2].seed);
  for (const std::int64_t seed : {*all[1].seed, *all[2].seed}) EXPECT_TRUE(seed >= 0 && seed < 9999999999) << seed;
  EXPECT_EQ(all[3].seed, 9);
  EXPECT_FALSE(all[0].guidance_scale);
  EXPECT_THAT(picked_, UnorderedElementsAre(Pair("regions[1] seed", ElementsAre(std::to_string(*all[1].seed))),
                                            Pair("rerolls[0] seed", ElementsAre(std::to_string(*all[2].seed)))));
  EXPECT_EQ(settled("seeds")[1].seed, all[1].seed);
  EXPECT_NE(settled("seeds", "6")[1].seed, all[1].seed);
}

TEST_F(SettleRegions, DrawsGuidanceScalesOfTexts) {
  const std::vector<tiling::Region> all = settled("guidance_scales");
  for (const std::size_t i : {0, 1}) {
    ASSERT_TRUE(all[i].guidance_scale);
    EXPECT_TRUE(*all[i].guidance_scale >= 5 && *all[i].guidance_scale <= 29);
    EXPECT_EQ(*all[i].guidance_scale, static_cast<double>(static_cast<int>(*all[i].guidance_scale)));
  }
  EXPECT_FALSE(all[1].seed);
}

TEST_F(SettleRegions, ARerunHasThemAgain) {
  picks_ = {{"regions[1] seed", "1234567890123"}};
  EXPECT_EQ(settled("seeds")[1].seed, 1234567890123);
  picks_ = {{"regions[1] seed", "many"}};
  EXPECT_THAT(thrown_by([&] { settled("seeds"); }), HasSubstr("the recipe has 'many' for regions[1] seed"));
}

}  // namespace
}  // namespace nodes
