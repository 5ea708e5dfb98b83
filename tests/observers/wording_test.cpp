// SPDX-License-Identifier: MIT
#include "observers/wording.h"

#include <gtest/gtest.h>

namespace observers {
namespace {

using namespace std::chrono_literals;

TEST(DurationText, PicksTheUnit) {
  EXPECT_EQ(duration_text(0s), "0 us");
  EXPECT_EQ(duration_text(850us), "850 us");
  EXPECT_EQ(duration_text(12'340us), "12.3 ms");
  EXPECT_EQ(duration_text(999ms), "999 ms");
  EXPECT_EQ(duration_text(999'900us), "1.00 s");
  EXPECT_EQ(duration_text(12'340ms), "12.3 s");
  EXPECT_EQ(duration_text(59'999ms), "1 min 00 s");
  EXPECT_EQ(duration_text(185s), "3 min 05 s");
  EXPECT_EQ(duration_text(2h + 7min), "2 h 07 min");
}

TEST(ClockText, CountsHours) {
  EXPECT_EQ(clock_text(35s), "0:35");
  EXPECT_EQ(clock_text(65s), "1:05");
  EXPECT_EQ(clock_text(2h + 7min + 5s), "2:07:05");
}

TEST(Counted, KnowsOne) {
  EXPECT_EQ(counted(1, "item"), "1 item");
  EXPECT_EQ(counted(0, "item"), "0 items");
}

TEST(OneLine, LetsNoTextSteerATerminal) {
  EXPECT_EQ(one_line("a\nb\x1b[2J\x7f"), "a b [2J ");
  EXPECT_EQ(one_line("\xc2\x9b"
                     "31m"),
            " 31m")
      << "C1: a command's beginning in one character";
  EXPECT_EQ(one_line("caf\xc3\xa9 \xe2\x80\xa6"), "caf\xc3\xa9 \xe2\x80\xa6");
}

TEST(Columns, CountsWhatATerminalShows) {
  EXPECT_EQ(columns("abc"), 3U);
  EXPECT_EQ(columns("café"), 4U);
  EXPECT_EQ(columns("cafe\xcc\x81"), 4U) << "a combining accent takes none";
  EXPECT_EQ(columns("漢字"), 4U);
  EXPECT_EQ(columns("\U0001F98A ⏰"), 5U) << "emoji take two, wherever their blocks lie";
  EXPECT_EQ(columns("\u05e9\u05c1"), 1U) << "and marks of any script none";
  EXPECT_EQ(columns("\xff\xfe"), 2U) << "no UTF-8";
}

TEST(Fit, CutsAtCharacters) {
  EXPECT_EQ(fit("abc", 3), "abc");
  EXPECT_EQ(fit("abcd", 3), "ab…");
  EXPECT_EQ(fit("漢字漢字", 6), "漢字…") << "a wide one does not fit into the column that is left";
  EXPECT_EQ(fit("abc", 0), "");
}

}  // namespace
}  // namespace observers
