// SPDX-License-Identifier: MIT
#include "tensors/python_random.h"
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kColours = "# colours\nred\n\n  dark green\t\r\nblue";
const std::vector<std::string> kThree{"red", "dark green", "blue"};

std::string picked(const std::string& seed, const std::string& id = "pick") {
  graph::NodeHarness node(built_in(), "pick", {{"texts", kColours}, {"seed", seed}});
  return node.node_id(id).run().out<std::string>("text");
}

TEST(Pick, TakesEveryLineThatCountsForSomeSeed) {
  std::set<std::string> seen;
  for (int seed = 0; seed < 40; ++seed) seen.insert(picked(std::to_string(seed)));
  EXPECT_EQ(seen, std::set<std::string>(kThree.begin(), kThree.end()));
}

TEST(Pick, IsTheSameForASeedAndANode) {
  std::string one, other;
  for (int seed = 0; seed < 20; ++seed) {
    EXPECT_EQ(picked(std::to_string(seed)), picked(std::to_string(seed)));
    one += picked(std::to_string(seed)) + ' ';
    other += picked(std::to_string(seed), "another") + ' ';
  }
  EXPECT_NE(one, other);
}

TEST(Pick, IsPythonsChoiceWhereStreamsAreChained) {
  graph::NodeHarness streams(built_in(), "random-streams", {{"seed", "7"}, {"way", "chained"}});
  Streams rest = streams.run().out<Streams>("streams");
  graph::NodeHarness node(built_in(), "pick", {{"texts", kColours}});
  tensors::PythonRandom python(7);
  for (int i = 0; i < 5; ++i) {
    node.in("streams", rest).run();
    EXPECT_EQ(node.out<std::string>("text"), kThree[python.choice(3)]);
    rest = node.out<Streams>("streams");
  }
}

TEST(Pick, IsKeptAndHandedBack) {
  graph::NodeHarness node(built_in(), "pick", {{"texts", kColours}});
  node.run();
  EXPECT_THAT(node.picks().at("text"), ElementsAre(node.out<std::string>("text")));
  node.pick("text", {"a colour that is gone"}).run();
  EXPECT_EQ(node.out<std::string>("text"), "a colour that is gone");
}

TEST(Pick, ThatIsHandedBackLeavesWhatIsDrawnNext) {
  graph::NodeHarness streams(built_in(), "random-streams", {{"way", "chained"}});
  graph::NodeHarness node(built_in(), "pick", {{"texts", kColours}});
  node.in("streams", streams.run().out<Streams>("streams")).run();
  tensors::PythonRandom drawn = node.out<Streams>("streams").chain->python;
  node.pick("text", {"red"}).run();
  tensors::PythonRandom handed = node.out<Streams>("streams").chain->python;
  EXPECT_EQ(handed.random(), drawn.random());
}

TEST(Pick, ReadsAFile) {
  const Folder folder;
  const std::string text = std::string("\xef\xbb\xbf") + "only\n# not this\n";
  const std::string file = folder.write("lines.txt", std::as_bytes(std::span(text)));
  graph::NodeHarness node(built_in(), "pick", {{"file", file}});
  EXPECT_EQ(node.run().out<std::string>("text"), "only");
}

TEST(Pick, RefusesWhatItCannotPickFrom) {
  EXPECT_THAT(refusal_of("pick", {}), HasSubstr("nothing to pick from: give texts, one a line, or a file of them"));
  EXPECT_THAT(refusal_of("pick", {{"texts", "a"}, {"file", "b"}}),
              HasSubstr("both texts and a file are given: take one of them"));
  EXPECT_THAT(refusal_of("pick", {{"texts", "# a\n \n"}}),
              HasSubstr("texts: no line to pick; one that is blank or begins with # does not count"));
  EXPECT_THAT(refusal_of("pick", {{"file", "nowhere.txt"}}), HasSubstr("nowhere.txt"));
  const Folder folder;
  const std::string bytes = "caf\xe9\n";
  const std::string file = folder.write("latin1.txt", std::as_bytes(std::span(bytes)));
  EXPECT_THAT(refusal_of("pick", {{"file", file}}), HasSubstr(file + ": byte 4 is not UTF-8"));
}

}  // namespace
}  // namespace nodes
