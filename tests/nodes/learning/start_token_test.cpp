// SPDX-License-Identifier: MIT
#include "tests/nodes/fixtures.h"
#include "tests/reference.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

std::string mini_model() {
  return (reference::sdxl("mini") / "model").string();
}

TEST(StartToken, BeginsAsTheWordThatItComesFrom) {
  graph::NodeHarness node(built_in(), "start-token", {{"model", mini_model()}, {"word", "<x>"}, {"from", "a"}});
  const Token token = node.run().out<Token>("token");
  EXPECT_EQ(token.word, "<x>");
  ASSERT_EQ(token.vectors.size(0), 1);
  ASSERT_TRUE(token.vectors_2.defined());
  const auto encoded = [&](const std::string& prompt) {
    graph::NodeHarness text(built_in(), "text-encode",
                            {{"model", mini_model()}, {"prompt", prompt}, {"width", "64"}, {"height", "64"}});
    text.links("tokens", {graph::Value::of(token)});
    return text.run().out<Conditioning>("conditioning").prompt_embeds;
  };
  EXPECT_TRUE(encoded("<x> cat").equal(encoded("a cat")));
}

TEST(StartToken, Errors) {
  EXPECT_THAT(refusal_of("start-token", {{"model", mini_model()}, {"word", "x"}}),
              HasSubstr("word: expected a word in <>, such as <cat>"));
  EXPECT_THAT(refusal_of("start-token", {{"model", mini_model()}, {"from", "a b"}}),
              HasSubstr("tokens of this model; expected one"));
}

}  // namespace
}  // namespace nodes
