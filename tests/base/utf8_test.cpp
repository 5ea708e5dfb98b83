// SPDX-License-Identifier: MIT
#include "base/utf8.h"

#include <gtest/gtest.h>

namespace base {
namespace {

TEST(Words, KeepTheLettersOfEveryScript) {
  EXPECT_EQ(words_of("A Cat!"), "a_cat");
  EXPECT_EQ(words_of("  --é--  "), "é");
  EXPECT_EQ(words_of("猫 (2)"), "猫_2");
  EXPECT_EQ(words_of("Дом, МОРЕ"), "дом_море");
  EXPECT_EQ(words_of("red 🐱 cat"), "red_cat") << "a picture is not a letter";
  EXPECT_EQ(words_of("…!"), "");
}

TEST(Words, AreComposedAndHaveTheirMarks) {
  EXPECT_EQ(words_of("E\u0301te"), "\u00e9te");
  EXPECT_EQ(words_of("हिन्दी"), "हिन्दी");
  EXPECT_EQ(words_of("می\u200cخواهم"), "میخواهم") << "joiners stand inside of a word";
  EXPECT_EQ(words_of("\u0301a"), "a") << "a mark of nothing";
}

TEST(Words, AreCutBetweenCharacters) {
  EXPECT_EQ(words_of("猫猫猫", 2), "猫猫");
  EXPECT_EQ(words_of("ab cd", 3), "ab");
  EXPECT_EQ(words_of("abc", 3), "abc");
}

TEST(Words, OfBytesThatAreNotUtf8) {
  EXPECT_EQ(words_of("a\xffz"), "a_z");
  EXPECT_EQ(words_of("\xe7\x8c"), "");
}

TEST(Starts, EndBetweenCharacters) {
  EXPECT_EQ(start_of("猫猫", 5), "猫");
  EXPECT_EQ(start_of("猫猫", 6), "猫猫");
  EXPECT_EQ(start_of("猫", 2), "");
  EXPECT_EQ(start_of("abc", 2), "ab");
}

TEST(Folded, IsOneForWhatFileSystemsTakeForOne) {
  EXPECT_EQ(folded("A.PNG"), folded("a.png"));
  EXPECT_EQ(folded("e\u0301"), folded("\u00c9"));
  EXPECT_EQ(folded("straße"), folded("STRASSE"));
  EXPECT_NE(folded("a"), folded("b"));
  EXPECT_EQ(folded("A\xff"), "A\xff");
}

}  // namespace
}  // namespace base
