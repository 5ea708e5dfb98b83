// SPDX-License-Identifier: MIT
#include <nlohmann/json.hpp>

#include "tests/methods/matching/banks.h"
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

using ::testing::EndsWith;

nlohmann::json written(const graph::NodeHarness& node, const std::string& name) {
  return nlohmann::json::parse(node.files().at(name));
}

TEST(SaveMetadata, ListsParamsByTheirSections) {
  graph::NodeHarness node(built_in(), "save-metadata", {{"path", "{seed:04}.json"}});
  node.item(item_of(3, {{.name = "seed", .value = std::int64_t{7}, .section = "generation"},
                        {.name = "alpha_end", .value = 0.1, .section = "projection"},
                        {.name = "rotated", .value = true, .section = "projection"},
                        {.name = "title", .value = std::string("two \"cats\"")}}));
  node.run();
  const nlohmann::json expected = {{"generation", {{"seed", 7}}},
                                   {"projection", {{"alpha_end", 0.1}, {"rotated", true}}},
                                   {"params", {{"title", "two \"cats\""}}},
                                   {"projection_events", nlohmann::json::array()}};
  EXPECT_EQ(written(node, "0007.json"), expected);
  EXPECT_THAT(node.files().at("0007.json"), EndsWith("}\n"));
}

TEST(SaveMetadata, HasTheEventsAndSizesOfWhatIsLinked) {
  matching::Matches matches;
  matches.bank = matching::build_bank({made_up_source(4, 5, 6)}, {});
  matches.labels = std::make_shared<const imaging::Labels>(imaging::square_grid(2, 3, 1));
  graph::NodeHarness node(built_in(), "save-metadata", {{"path", "it.json"}});
  node.in("log", Log{{R"({"step_index": 4})", R"({"step_index": 5})"}}).in("bank", Bank{matches.bank});
  node.in("matches", matches).run();
  const nlohmann::json json = written(node, "it.json");
  EXPECT_EQ(json["projection_events"], nlohmann::json::parse(R"([{"step_index": 4}, {"step_index": 5}])"));
  EXPECT_EQ(json["patch_bank_shape"], nlohmann::json({30, 4}));
  EXPECT_EQ(json["assignment_grid_shape"], nlohmann::json({2, 3}));
}

TEST(SaveMetadata, TextThatIsNoUnicodeDoesNotFailTheItem) {
  graph::NodeHarness node(built_in(), "save-metadata", {{"path", "it.json"}});
  node.item(item_of(0, {{.name = "title", .value = std::string("caf\xe9")}})).run();
  EXPECT_EQ(written(node, "it.json")["params"]["title"], "caf\xEF\xBF\xBD");
}

}  // namespace
}  // namespace nodes
