// SPDX-License-Identifier: MIT
#include "models/text/token_spans.h"

#include <gmock/gmock.h>

#include "tests/reference.h"

namespace models {
namespace {

using ::testing::HasSubstr;
using Spans = std::vector<std::optional<TokenSpan>>;

/// What find_words finds in a plain prompt, where places go on without a gap.
Spans find_spans(const Tokenizer& tokenizer, const std::string& prompt, const std::vector<std::string>& texts) {
  Spans spans;
  for (const std::vector<std::int64_t>& places : find_words(tokenizer, plain_tokens(tokenizer, prompt), texts)) {
    spans.emplace_back();
    if (places.empty()) continue;
    spans.back() = TokenSpan{places.front(), places.back() + 1};
    EXPECT_EQ(static_cast<std::int64_t>(places.size()), places.back() + 1 - places.front());
  }
  return spans;
}

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

/// Prompts with learned words, as Collage Diffusion puts them in, and the spans that the spec's rule gives.
TEST_F(TokenSpans, LearnedWordsBelongToWhatFollows) {
  const auto span = [](std::int64_t begin, std::int64_t end) { return std::optional(TokenSpan{begin, end}); };
  const Tokenizer learned = tokenizer_.with_token("<krk>").with_token("<zxz>");
  EXPECT_EQ(find_spans(learned, "a <krk> red boat, a tree", {"red boat", "tree"}), (Spans{span(2, 7), span(9, 11)}));
  EXPECT_EQ(find_spans(learned, "a <krk> red boat near a <zxz> tree", {"red boat", "tree"}),
            (Spans{span(2, 7), span(10, 13)}));
  EXPECT_EQ(find_spans(learned, "a tree, near a red boat , and a <zxz> boat on water", {"red boat", "boat", "water"}),
            (Spans{span(8, 12), span(15, 19), span(20, 21)}));
  EXPECT_EQ(find_spans(learned, "<krk> water, wide water and a moon", {"water", "moon"}),
            (Spans{span(1, 3), span(8, 9)}));
  // Nobody else's: a text of learned words alone takes them before all others.
  EXPECT_EQ(find_spans(learned, "a <krk> red boat", {"red boat", "<krk>"}), (Spans{span(3, 7), span(2, 3)}));
  EXPECT_EQ(find_spans(learned, "a <krk> red <zxz> boat", {"red boat", "<krk> red boat"}),
            (Spans{span(2, 8), std::nullopt}));
  EXPECT_EQ(span_of_characters(learned, "a <krk> red boat", 2, 11), (TokenSpan{2, 4}));
  const Tokenizer two = tokenizer_.with_token("<fda>", 2);
  EXPECT_EQ(find_spans(two, "a <fda> red boat under the moon, a tall tree and a blue veil before a stone wall",
                       {"stone wall", "moon", "red boat", "tall tree", "blue veil"}),
            (Spans{span(34, 40), span(13, 14), span(2, 8), span(16, 21), span(23, 28)}));
  EXPECT_EQ(span_of_characters(two, "a <fda> red boat", 2, 7), (TokenSpan{2, 4}));
}

/// Words of prompts whose syntax is no text, and of several chunks.
TEST_F(TokenSpans, OfWeightedPrompts) {
  const auto places = [&](const std::string& prompt, PromptSyntax syntax) {
    PromptNotices notices;
    const PromptReading reading = read_prompt(prompt, tokenizer_, {.syntax = syntax}, notices);
    return find_words(tokenizer_, tokens_of(reading, tokenizer_), {"moon", "red boat"});
  };
  using Places = std::vector<std::vector<std::int64_t>>;
  EXPECT_EQ(places("a (red boat:1.3) under the [moon]", PromptSyntax::kWebui), (Places{{11}, {2, 3, 4, 5}}));
  EXPECT_EQ(places("a red boat BREAK (moon)", PromptSyntax::kWebui), (Places{{78}, {2, 3, 4, 5}}));
  EXPECT_EQ(places("a (red boat) under the moon++", PromptSyntax::kCompel), (Places{{11}, {2, 3, 4, 5}}));
  EXPECT_THROW(places("(\"moon\", \"red boat\").blend(1, 1)", PromptSyntax::kCompel), std::invalid_argument);
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
