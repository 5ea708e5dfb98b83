// SPDX-License-Identifier: MIT
#include "models/text/tokenizer.h"

#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/models/text_parts.h"
#include "tests/reference.h"

namespace models {
namespace {

using Ids = std::vector<std::int64_t>;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using text_parts::repeated;

const Tokenizer& mini() {
  static const Tokenizer tokenizer = Tokenizer::load(reference::sdxl("mini") / "model/tokenizer");
  return tokenizer;
}
const Tokenizer& mini_2() {
  static const Tokenizer tokenizer = Tokenizer::load(reference::sdxl("mini") / "model/tokenizer_2");
  return tokenizer;
}

/// Without begin and end.
Ids inner(const Tokenizer& tokenizer, std::string_view text) {
  const Ids ids = tokenizer.encode(text);
  return {ids.begin() + 1, ids.end() - 1};
}

std::string refusal_of_text(std::string_view text) {
  try {
    mini().encode(text);
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "not refused";
}

Ids row(const at::Tensor& rows, std::int64_t i, std::int64_t length) {
  const std::int64_t* begin = rows.data_ptr<std::int64_t>() + i * rows.size(1);
  return {begin, begin + length};
}

/// Of one tokenizer, "1" or "2", of one set.
void expect_tokens_of_transformers(const std::string& set, const std::string& which) {
  const Tokenizer tokenizer =
      Tokenizer::load(reference::sdxl(set) / "model" / (which == "1" ? "tokenizer" : "tokenizer_2"));
  const reference::Vectors vectors(set, "tokenizer");
  std::ifstream file(reference::sdxl(set) / "vectors/tokenizer_prompts.json");
  const auto prompts = nlohmann::json::parse(file).get<std::vector<std::string>>();
  const at::Tensor padded = vectors["ids_t" + which], whole = vectors["untruncated_t" + which];
  ASSERT_EQ(padded.size(0), static_cast<std::int64_t>(prompts.size()));
  ASSERT_GT(prompts.size(), 40U);
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    const auto n = static_cast<std::int64_t>(i);
    const Ids ids = tokenizer.encode(prompts[i]);
    EXPECT_EQ(ids, row(whole, n, vectors["len_t" + which][n].item<std::int64_t>())) << prompts[i];
    EXPECT_EQ(tokenizer.pad(ids).ids, row(padded, n, padded.size(1))) << prompts[i];
  }
}

TEST(Tokenizer, EqualsTransformersWithASmallVocabulary) {
  expect_tokens_of_transformers("mini", "1");
  expect_tokens_of_transformers("mini", "2");
}

TEST(Tokenizer, EqualsTransformersWithClipsVocabulary) {
  REQUIRE_REFERENCE("full");
  expect_tokens_of_transformers("full", "1");
  expect_tokens_of_transformers("full", "2");
}

TEST(Tokenizer, EqualsTransformersInTheRefiner) {
  REQUIRE_REFERENCE("refiner");
  expect_tokens_of_transformers("refiner", "2");
}

TEST(Tokenizer, TheSecondTakesExclamationMarksForItsPadding) {
  EXPECT_THAT(inner(mini_2(), "!!"), ElementsAre(0, 0));
  EXPECT_THAT(inner(mini(), "!!"), ElementsAre(0, 256));
  EXPECT_EQ(mini_2().pad(mini_2().encode("")).ids.back(), 0);
  EXPECT_EQ(mini().pad(mini().encode("")).ids.back(), mini().encode("").back());
}

TEST(Tokenizer, PaddingTokenCanBeNamedForFoldersWithoutOne) {
  const Tokenizer as_second = Tokenizer::load(reference::sdxl("mini") / "model/tokenizer", "!");
  const Tokenizer as_first = Tokenizer::load(reference::sdxl("mini") / "model/tokenizer_2", "<|endoftext|>");
  for (const char* text : {"hello world!", "", "<|endoftext|>!"}) {
    EXPECT_EQ(as_second.pad(as_second.encode(text)).ids, mini_2().pad(mini_2().encode(text)).ids);
    EXPECT_EQ(as_first.pad(as_first.encode(text)).ids, mini().pad(mini().encode(text)).ids);
  }
}

TEST(Tokenizer, LowersCaseAsUnicodeSays) {
  EXPECT_EQ(inner(mini(), "ΟΔΟΣ ΣΑΣ Σ Σ'Σ"), inner(mini(), "οδος σας σ σ'ς"));  // a final sigma is another letter
  EXPECT_EQ(inner(mini(), "İ"), inner(mini(), "i\u0307"));
  EXPECT_EQ(inner(mini(), "ẞ"), inner(mini(), "ß"));
  EXPECT_EQ(inner(mini(), "STRASSE"), inner(mini(), "strasse"));
}

TEST(Tokenizer, ComposesLetters) {
  EXPECT_EQ(inner(mini(), "e\u0301"), inner(mini(), "\u00e9"));
  EXPECT_EQ(inner(mini(), "\u1100\u1161\u11a8"), inner(mini(), "\uac01"));
  EXPECT_EQ(inner(mini(), "a\u0301\u0327"), inner(mini(), "a\u0327\u0301"));  // marks have an order
  EXPECT_NE(inner(mini(), "\ufb01"), inner(mini(), "fi"));                    // and ligatures stay
}

TEST(Tokenizer, DropsWhatCannotBeSeen) {
  EXPECT_EQ(inner(mini(), std::string_view("a\0b", 3)), inner(mini(), "ab"));
  EXPECT_EQ(inner(mini(), "a\u200b\u00ad\x07\ufffd\U000e0041\ue000\u0378z"), inner(mini(), "az"));
  EXPECT_EQ(inner(mini(), "a\u0345b"), inner(mini(), "a b"));
}

TEST(Tokenizer, SplitsAtAnyWhiteSpaceAndAroundIdeographs) {
  for (const char* space : {"\t", "\n", "\r\n", "\u00a0", "\u3000", "\u2028", "\u2029", "   "})
    EXPECT_EQ(inner(mini(), "a" + std::string(space) + "b"), inner(mini(), "a b"));
  EXPECT_EQ(inner(mini(), "a中文b"), inner(mini(), "a 中 文 b"));
  EXPECT_EQ(inner(mini(), "あ"), inner(mini(), " あ "));
}

TEST(Tokenizer, ReadsItsOwnMarksInAnyCase) {
  const std::int64_t bos = mini().encode("").front(), eos = mini().encode("").back();
  EXPECT_THAT(inner(mini(), "<|startoftext|><|endoftext|>"), ElementsAre(bos, eos));
  EXPECT_THAT(inner(mini(), "<|StartOfText|> <|ENDOFTEXT|>"), ElementsAre(bos, eos));
}

TEST(Tokenizer, SaysWhatWasCutOff) {
  const auto [ids, truncation] = mini().pad(mini().encode(repeated("Cat! ", 60)));
  EXPECT_THAT(ids, SizeIs(77));
  EXPECT_EQ(ids.back(), mini().encode("").back());
  ASSERT_TRUE(truncation);
  EXPECT_EQ(truncation->kept, 75);
  EXPECT_EQ(truncation->tokens, static_cast<std::int64_t>(inner(mini(), repeated("Cat! ", 60)).size()));
  EXPECT_THAT(truncation->cut, ::testing::EndsWith("cat ! cat !"));
  EXPECT_FALSE(mini().pad(mini().encode("a cat")).truncation);
}

TEST(Tokenizer, CutsNothingFromAPromptThatJustFits) {
  const Ids ids = mini().encode(repeated("1", 75));
  ASSERT_THAT(ids, SizeIs(77));
  EXPECT_EQ(mini().pad(ids).ids, ids);
  EXPECT_FALSE(mini().pad(ids).truncation);
  EXPECT_EQ(mini().pad(mini().encode(repeated("1", 75) + "2")).truncation->cut, "2");
}

TEST(Tokenizer, TruncationMessageNamesFiguresAndBeginsTheText) {
  EXPECT_EQ((Truncation{77, 75, "red hats"}).message(),
            "77 tokens, of which CLIP reads the first 75; cut off: 'red hats'");
  const std::string long_message = Truncation{900, 75, repeated("é", 150)}.message();
  EXPECT_THAT(long_message, HasSubstr("'" + repeated("é", 100) + "…'"));
}

TEST(Tokenizer, CutTextIsValidEvenWhereACharacterWasCutInTwo) {
  const Tokenizer::Padded padded = mini().pad(mini().encode(repeated("1", 74) + "\U0001f680"));
  ASSERT_TRUE(padded.truncation);
  EXPECT_THAT(padded.truncation->cut, HasSubstr("\ufffd"));
}

TEST(Tokenizer, RefusesWhatIsNotUtf8) {
  EXPECT_EQ(refusal_of_text("cat \xff hat"), "is not UTF-8: byte 5 of 9 is 0xff, after 'cat '; save the text as UTF-8");
  EXPECT_EQ(refusal_of_text("\xed\xa0\x80"),
            "is not UTF-8: byte 1 of 3 is 0xed; save the text as UTF-8");  // a lone surrogate
  EXPECT_THAT(refusal_of_text("a\xc3"), HasSubstr("byte 2 of 2 is 0xc3"));
  EXPECT_THAT(refusal_of_text("\xc0\xaf"), HasSubstr("0xc0"));          // overlong
  EXPECT_THAT(refusal_of_text("\xf4\x90\x80\x80"), HasSubstr("0xf4"));  // above U+10FFFF
  EXPECT_THAT(refusal_of_text(repeated("é", 30) + "\x80"), HasSubstr("after '" + repeated("é", 12) + "'"));
  EXPECT_THAT(refusal_of_text(repeated("é", 30) + "z\x80"), HasSubstr("after '" + repeated("é", 11) + "z'"));
}

TEST(Tokenizer, LongAndHostileTextsAreTokenised) {
  EXPECT_THAT(inner(mini(), repeated("1", 1'000'000)), SizeIs(1'000'000));
  EXPECT_THAT(inner(mini(), repeated(std::string_view("\0", 1), 1'000'000)), SizeIs(0));
  for (const char* part : {"a", "ab", "!", "<", "word ", "<|", "\u0301\u0327", "Σ", "Σ'", "中", "\U0001f680"})
    EXPECT_GT(inner(mini(), repeated(part, 200'000)).size(), 50'000U) << part;
  // Marks in the order that is slowest to sort.
  EXPECT_GT(inner(mini(), "a" + repeated("\u0301", 200'000) + repeated("\u0327", 200'000)).size(), 200'000U);
}

TEST(Tokenizer, OneServesManyThreads) {
  const std::vector<std::string> texts = {"a photo of ΟΔΟΣ", "don't! 8k", "<|endoftext|> 中文 \U0001f680", "e\u0301"};
  std::vector<Ids> expected;
  for (const std::string& text : texts) expected.push_back(mini_2().encode(text));
  std::vector<int> wrong(4);
  std::vector<std::thread> threads;
  for (int& count : wrong)
    threads.emplace_back([&] {
      for (int turn = 0; turn < 200; ++turn)
        for (std::size_t i = 0; i < texts.size(); ++i) count += mini_2().encode(texts[i]) != expected[i];
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(wrong, ElementsAre(0, 0, 0, 0));
}

TEST(Tokenizer, AddedTokensAreTakenOutOfTheTextAsTheyAre) {
  const Tokenizer more = mini().with_token("<cat>").with_token("<Cat>", 2);
  EXPECT_EQ(more.size(), mini().size() + 3);
  const std::int64_t first = mini().size();
  EXPECT_THAT(inner(more, "<cat><Cat>"), ElementsAre(first, first + 1));
  EXPECT_THAT(inner(more, " <Cat>_1 "), ElementsAre(first + 2));
  EXPECT_EQ(inner(more, "<CAT>"), inner(mini(), "<CAT>"));
  EXPECT_EQ(inner(mini(), "<cat>"), inner(mini(), "< cat >"));  // the one it was made from has not changed
}

TEST(Tokenizer, TheLongestAddedTokenCounts) {
  const Tokenizer more = mini().with_token("cat1").with_token("cat12");
  EXPECT_THAT(inner(more, "cat12cat1"), ElementsAre(mini().size() + 1, mini().size()));
}

TEST(Tokenizer, WritesOutTokensOfSeveralVectors) {
  const Tokenizer more = mini().with_token("<a>", 3).with_token("<b>");
  EXPECT_EQ(more.expand("x <a>, <b> <a>"), "x <a> <a>_1 <a>_2, <b> <a> <a>_1 <a>_2");
  EXPECT_EQ(more.expand("<|endoftext|> <A> !"), "<|endoftext|> <A> !");
  EXPECT_GT(more.expand(repeated("<a>", 100'000)).size(), 1'000'000U);
}

TEST(Tokenizer, RefusesNamesThatAreTokensAlready) {
  const auto refused = [](const Tokenizer& tokenizer, const std::string& name) {
    try {
      tokenizer.with_token(name);
    } catch (const std::invalid_argument& e) {
      return std::string(e.what());
    }
    return std::string("not refused");
  };
  EXPECT_EQ(refused(mini(), "on</w>"),
            "the tokenizer has a token 'on</w>' already; choose another name, such as '<on</w>>'");
  EXPECT_THAT(refused(mini().with_token("<a>"), "<a>"), HasSubstr("'<a>' already"));
  EXPECT_THAT(refused(mini().with_token("<a>_1"), "<a>"), HasSubstr("'<a>_1' already"));
  EXPECT_THAT(refused(mini(), ""), HasSubstr("needs a name"));
}

TEST(Tokenizer, DecodesToTextAgain) {
  EXPECT_EQ(mini().decode(inner(mini(), "A  Cat, \U0001f680 8")), "a cat , \U0001f680 8");
  EXPECT_EQ(mini().with_token("<a>").decode(Ids{mini().size(), 1'000'000}), "<a>");
}

}  // namespace
}  // namespace models
