// SPDX-License-Identifier: MIT
#include "models/text/token_spans.h"

#include <gmock/gmock.h>

#include "tests/reference.h"

namespace models {
namespace {

using ::testing::HasSubstr;
using Spans = std::vector<std::optional<TokenSpan>>;

class TokenSpans : public ::testing::Test {
 protected:
  Spans found(const std::string& prompt, const std::vector<std::string>& texts) const {
    return find_spans(tokenizer_, prompt, texts);
  }
  std::string refusal(const std::string& prompt, std::int64_t begin, std::int64_t end) const {
    try {
      span_of_characters(tokenizer_, prompt, begin, end);
    } catch (const std::invalid_argument& e) {
      return e.what();
    }
    return "";
  }

  const Tokenizer tokenizer_ = Tokenizer::load(reference::sdxl("mini") / "model/tokenizer");
};

TEST_F(TokenSpans, LongTextsChooseFirst) {
  const auto span = [](std::int64_t begin, std::int64_t end) { return std::optional(TokenSpan{begin, end}); };
  EXPECT_EQ(found("a red boat under the moon, a tall tree and a blue veil before a stone wall",
                  {"stone wall", "moon", "red boat"}),
            (Spans{span(32, 38), span(11, 12), span(2, 6)}));
  EXPECT_EQ(found("the moon over the water, a house", {"moon", "boat", "house"}),
            (Spans{span(2, 3), std::nullopt, span(8, 10)}));
  EXPECT_EQ(found("a blue paper moon over a blue mountain", {"blue mountain", "blue paper moon"}),
            (Spans{span(7, 11), span(2, 5)}));
  EXPECT_EQ(found("red house, red tree, red house", {"red tree", "red house"}), (Spans{span(5, 8), span(1, 4)}));
  EXPECT_EQ(found("a tree and a tree", {"a", "tree"}), (Spans{span(1, 2), span(2, 4)}));
  EXPECT_EQ(found("moon, a small moon over water", {"moon", "small moon", "water"}),
            (Spans{span(1, 2), span(4, 9), span(10, 11)}));
  EXPECT_EQ(found("Red Boat (blue paint), 8 trees!", {"red boat", "8 trees", "blue paint"}),
            (Spans{span(1, 5), span(12, 16), span(6, 10)}));
  EXPECT_EQ(found("a boat, a boat", {"moon", "a boat", ""}), (Spans{std::nullopt, span(1, 5), std::nullopt}));
  EXPECT_EQ(found("", {"moon"}), Spans{std::nullopt});
}

TEST_F(TokenSpans, OfCharacters) {
  const std::string prompt = "a red boat under the moon";
  EXPECT_EQ(span_of_characters(tokenizer_, prompt, 2, 10), (TokenSpan{2, 6}));
  EXPECT_EQ(span_of_characters(tokenizer_, prompt, 1, 10), (TokenSpan{2, 6}));
  EXPECT_EQ(span_of_characters(tokenizer_, prompt, 0, 25).begin, 1);
  EXPECT_THAT(refusal(prompt, 3, 10),
              HasSubstr("characters 3 to 10 of the prompt: they begin or end inside of a word"));
  EXPECT_THAT(refusal(prompt, 2, 99), HasSubstr("it is shorter than that"));
  EXPECT_THAT(refusal(prompt, 2, 2), HasSubstr("there are none"));
  EXPECT_THAT(refusal(prompt, 1, 2), HasSubstr("there is not a word in them"));
}

}  // namespace
}  // namespace models
