// SPDX-License-Identifier: MIT
#include "models/text/bpe.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

namespace models {
namespace {

using Ids = std::vector<std::int64_t>;
using ::testing::ElementsAre;

constexpr std::int64_t kUnknown = 999;

Ids encode(const Bpe& bpe, std::string_view word) {
  Ids ids;
  bpe.encode(word, ids);
  return ids;
}

TEST(Bpe, MergesWhatWasLearnedFirst) {
  const Bpe bpe({{"a", 0}, {"b", 1}, {"c</w>", 2}, {"ab", 3}, {"bc</w>", 4}, {"abc</w>", 5}},
                {{"b", "c</w>"}, {"a", "b"}, {"a", "bc</w>"}}, kUnknown);
  EXPECT_THAT(encode(bpe, "abc"), ElementsAre(5));
  EXPECT_THAT(encode(bpe, "abbc"), ElementsAre(3, 4));
  EXPECT_THAT(encode(bpe, "c"), ElementsAre(2));
}

TEST(Bpe, MergesFromLeftToRight) {
  const Bpe bpe({{"a", 0}, {"a</w>", 1}, {"aa", 2}}, {{"a", "a"}}, kUnknown);
  EXPECT_THAT(encode(bpe, "aaaa"), ElementsAre(2, 0, 1));
}

TEST(Bpe, WhatTheVocabularyLacksIsUnknown) {
  const Bpe bpe({{"a", 0}}, {{"a", "b</w>"}}, kUnknown);
  EXPECT_THAT(encode(bpe, "ab"), ElementsAre(kUnknown));
  EXPECT_THAT(encode(bpe, "az"), ElementsAre(0, kUnknown));
}

TEST(Bpe, BytesAreWrittenAsVisibleCharacters) {
  const Bpe bpe({{"Ã", 0}, {"©</w>", 1}, {"Ġ</w>", 2}, {"Ń</w>", 3}, {"Ā", 4}, {"~", 5}}, {}, kUnknown);
  EXPECT_THAT(encode(bpe, "é"), ElementsAre(0, 1));
  EXPECT_THAT(encode(bpe, " "), ElementsAre(2));
  EXPECT_THAT(encode(bpe, "\xad"), ElementsAre(3));
  EXPECT_THAT(encode(bpe, std::string_view("\0~ ", 3)), ElementsAre(4, 5, 2));
  EXPECT_EQ(bpe.text(0) + bpe.text(1), "é ");
  EXPECT_EQ(bpe.text(2), "  ");
  EXPECT_EQ(bpe.text(17), "");
}

/// The definition, symbol lists and all.
Ids encode_plainly(const Bpe::Vocabulary& vocabulary, const Bpe::Merges& merges, const std::string& word) {
  std::vector<std::string> symbols;
  for (const char c : word) symbols.emplace_back(1, c);
  symbols.back() += "</w>";
  while (true) {
    const auto merge = std::ranges::find_if(merges, [&](const auto& m) {
      for (std::size_t i = 0; i + 1 < symbols.size(); ++i)
        if (symbols[i] == m.first && symbols[i + 1] == m.second) return true;
      return false;
    });
    if (merge == merges.end()) break;
    std::vector<std::string> merged;
    for (std::size_t i = 0; i < symbols.size(); ++i) {
      const bool is_pair = i + 1 < symbols.size() && symbols[i] == merge->first && symbols[i + 1] == merge->second;
      merged.push_back(is_pair ? symbols[i] + symbols[i + 1] : symbols[i]);
      i += is_pair;
    }
    symbols = merged;
  }
  Ids ids;
  for (const std::string& symbol : symbols)
    ids.push_back(vocabulary.contains(symbol) ? vocabulary.at(symbol) : kUnknown);
  return ids;
}

/// Also with merges in orders that no training gives: a pair that was learned before its parts.
TEST(Bpe, EqualsTheDefinitionForAnyMerges) {
  std::mt19937 random(7);
  const auto pick = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> symbols = {"a", "b", "c", "a</w>", "b</w>", "c</w>"};
    Bpe::Merges merges;
    for (int i = 0; i < 12; ++i) {
      const std::string left = symbols[pick(symbols.size())], right = symbols[pick(symbols.size())];
      if (left.ends_with("</w>") || std::ranges::count(merges, std::pair(left, right)) > 0) continue;
      merges.emplace_back(left, right);
      symbols.push_back(left + right);
    }
    std::ranges::shuffle(merges, random);
    Bpe::Vocabulary vocabulary;
    for (const std::string& symbol : symbols) vocabulary.emplace(symbol, static_cast<std::int64_t>(vocabulary.size()));
    const Bpe bpe(vocabulary, merges, kUnknown);
    for (int i = 0; i < 20; ++i) {
      std::string word;
      for (std::size_t n = 1 + pick(30); n > 0; --n) word += static_cast<char>('a' + pick(3));
      ASSERT_EQ(encode(bpe, word), encode_plainly(vocabulary, merges, word)) << word;
    }
  }
}

}  // namespace
}  // namespace models
