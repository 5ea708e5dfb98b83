// SPDX-License-Identifier: MIT
#include "tests/nodes/fixtures.h"
#include "tests/reference.h"

namespace nodes {
namespace {

TEST(RepeatToken, SendsAWordSeveralTimes) {
  graph::NodeHarness node(built_in(), "repeat-token", {{"times", "3"}});
  const at::Tensor row = at::ones({1, 4});
  const auto tokens = node.in("token", Token{"<x>", row, {}}).run().out<graph::List<Token>>("tokens");
  ASSERT_EQ(tokens.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(tokens[i].word, "<x>");
    EXPECT_TRUE(tokens[i].vectors.equal(row));
    EXPECT_FALSE(tokens[i].vectors_2.defined());
  }
}

TEST(RepeatToken, GradientsOfAllAreAddedUp) {
  graph::NodeHarness node(built_in(), "repeat-token", {{"times", "3"}});
  const Token token = Token{"<x>", at::ones({1, 4}), {}}.leaf();
  const auto tokens = node.record().in("token", token).run().out<graph::List<Token>>("tokens");
  const at::Tensor end = tokens[0].vectors.sum() + 2 * tokens[1].vectors.sum() + 4 * tokens[2].vectors.sum();
  EXPECT_TRUE(tensors::gradients({{end}}, {token.vectors})[0].equal(at::full({1, 4}, 7)));
}

}  // namespace
}  // namespace nodes
