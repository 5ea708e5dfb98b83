// SPDX-License-Identifier: MIT
#include "tensors/python_random.h"
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

graph::NodeHarness texts(const std::string& text = "red boat", const std::string& word = "<krk>") {
  return {built_in(), "template-text", {{"text", text}, {"word", word}}};
}

TEST(TemplateText, TakesEachOfTwentySevenTexts) {
  graph::NodeHarness node = texts();
  std::set<std::string> seen;
  for (int turn = 0; turn < 500; ++turn) seen.insert(node.turn(turn, 500).run().out<std::string>("text"));
  EXPECT_EQ(seen.size(), 27u);
  EXPECT_TRUE(seen.contains("a photo of a <krk> red boat"));
  EXPECT_TRUE(seen.contains("a close-up photo of the <krk> red boat"));
}

TEST(TemplateText, WordAndTextMayEachStandAlone) {
  for (const auto& [text, word] : std::vector<std::pair<std::string, std::string>>{{"boat", ""}, {"", "<krk>"}}) {
    graph::NodeHarness node = texts(text, word);
    EXPECT_THAT(node.run().out<std::string>("text"), testing::EndsWith(" " + text + word));
  }
  EXPECT_THAT(refusal_of("template-text", {{"text", ""}}), testing::HasSubstr("is empty, and there is no word"));
}

TEST(TemplateText, IsPythonsChoiceWhereStreamsAreChained) {
  graph::NodeHarness streams(built_in(), "random-streams", {{"seed", "7"}, {"way", "chained"}});
  graph::NodeHarness node = texts();
  node.in("streams", streams.run().out<Streams>("streams")).run();
  tensors::PythonRandom python(7);
  python.choice(27);
  EXPECT_EQ(node.out<Streams>("streams").chain->python.state(), python.state());
}

}  // namespace
}  // namespace nodes
