// SPDX-License-Identifier: MIT
#include "tests/nodes/layers/layers.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

Layer worded(std::size_t index, const std::string& text) {
  return {.layer = std::make_shared<const layering::Layer>(
              layering::Layer{.name = "layers[" + std::to_string(index) + "]", .index = index, .text = text})};
}

class InsertTokens : public ::testing::Test {
 protected:
  graph::NodeHarness node(const std::string& prompt, graph::NodeHarness::Pairs more = {}) {
    more.insert(more.end(), {{"prompt", prompt}, {"model", SOURCE_DIR "/tests/data/layers/model"}});
    return graph::NodeHarness(built_in(), "insert-tokens", more);
  }
  const Token learned_{.word = "x", .vectors = at::zeros({2, 32}), .vectors_2 = {}};
};

TEST_F(InsertTokens, PutsPlaceholdersBeforeTheirWords) {
  graph::NodeHarness harness = node("a moon over water", {{"suffix", ", best"}});
  std::vector<graph::Value> tokens{graph::Value(), graph::Value::of(learned_)};
  harness.in("layers", layer_list({worded(0, "water"), worded(1, "moon")}));
  harness.in("tokens", graph::Value::list(graph::value_type<Token>(), tokens)).run();
  EXPECT_EQ(harness.out<std::string>("text"), "a <zxz> moon over water, best");
  const auto sent = harness.out<graph::List<Token>>("tokens");
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].word, "<zxz>");
  const auto& words = harness.out<Spans>("spans").words;
  ASSERT_EQ(words.size(), 2u);
  EXPECT_EQ(words[1].tokens, (std::vector<std::int64_t>{2, 3, 4})) << "two vectors and the moon";
}

TEST_F(InsertTokens, RefusesWhatIsNotReadOrNotThere) {
  std::string longer = "water";
  for (int i = 0; i < 80; ++i) longer += " water";
  graph::NodeHarness behind = node(longer + " moon");
  behind.in("layers", layer_list({worded(0, "moon")}));
  EXPECT_THAT(thrown_by([&] { behind.run(); }), HasSubstr("layers[0]: 'moon' stands behind the 75 tokens"));
  graph::NodeHarness missing = node("a moon");
  missing.in("layers", layer_list({worded(0, "boat")}));
  EXPECT_THAT(thrown_by([&] { missing.run(); }), HasSubstr("'boat' does not stand in the prompt 'a moon'"));
  graph::NodeHarness skipped = node("a moon", {{"missing_words", "skip"}});
  EXPECT_TRUE(skipped.in("layers", layer_list({worded(0, "boat")})).run().out<Spans>("spans").words.empty());
  graph::NodeHarness several = node("a moon");
  several.in("layers", layer_list({worded(0, "moon")})).in("tokens", graph::List<Token>({learned_, learned_}));
  EXPECT_THAT(thrown_by([&] { several.run(); }), HasSubstr("2 learned words for 1 layers"));
}

TEST_F(InsertTokens, TextEncodeReadsWhatTheyStandFor) {
  graph::NodeHarness text(built_in(), "text-encode",
                          {{"prompt", "a <fda> moon"}, {"model", SOURCE_DIR "/tests/data/layers/model"}});
  const at::Tensor plain = text.run().out<Conditioning>("conditioning").prompt_embeds;
  Token token = learned_;
  token.word = "<fda>";
  const at::Tensor told =
      text.links("tokens", {graph::Value::of(token)}).run().out<Conditioning>("conditioning").prompt_embeds;
  EXPECT_GT(reference::difference(plain, told), 1e-3);
}

}  // namespace
}  // namespace nodes
