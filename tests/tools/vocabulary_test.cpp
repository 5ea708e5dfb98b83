// SPDX-License-Identifier: MIT
#include "tools/train_embedded/vocabulary.h"

#include <gmock/gmock.h>

#include <set>

#include "models/text/tokenizer.h"
#include "tools/train_embedded/configs.h"
#include "tools/train_embedded/scene.h"

namespace train_embedded {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(Vocabulary, MergesTheMostFrequentPairFirst) {
  // "ow" three times, "lo" twice, "no" once.
  EXPECT_THAT(learn_merges({"low", "low", "now"}),
              ElementsAre(Pair("o", "w</w>"), Pair("l", "ow</w>"), Pair("n", "ow</w>")));
}

TEST(Vocabulary, MergesAWordWhereverItStands) {
  EXPECT_THAT(learn_merges({"aaaa"}), ElementsAre(Pair("a", "a"), Pair("a", "a</w>"), Pair("aa", "aa</w>")));
}

TEST(Vocabulary, MakesEveryWordOfTheGrammarOneToken) {
  const auto folder = std::filesystem::path(::testing::TempDir()) / "embedded_vocabulary";
  const auto words = caption_words();
  const std::int64_t size = write_vocabulary(learn_merges(words), "!", folder);
  const models::Tokenizer tokenizer = models::Tokenizer::load(folder);
  EXPECT_EQ(tokenizer.size(), size);
  EXPECT_EQ(tokenizer.max_length(), kPromptLength);
  for (const std::string& word : std::set(words.begin(), words.end()))
    EXPECT_EQ(tokenizer.encode(word).size(), 3u) << word;  // with begin and end
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("a red house")), "<|startoftext|> a red house <|endoftext|>");
}

}  // namespace
}  // namespace train_embedded
