// SPDX-License-Identifier: MIT
#include "tensors/numpy_random_state.h"

#include <gtest/gtest.h>

#include <vector>

namespace tensors {
namespace {

TEST(NumpyRandomState, DrawsDoubles) {
  NumpyRandomState random(0);
  EXPECT_EQ(random.random_sample(), 0.5488135039273248);
  EXPECT_EQ(random.random_sample(), 0.7151893663724195);
  EXPECT_EQ(random.uniform(0, 10), 6.027633760716439);
}

TEST(NumpyRandomState, DrawsWholeNumbers) {
  NumpyRandomState random(42);
  std::vector<std::int64_t> drawn;
  for (int i = 0; i < 8; ++i) drawn.push_back(random.randint(0, 100));
  EXPECT_EQ(drawn, (std::vector<std::int64_t>{51, 92, 14, 71, 60, 20, 82, 86}));
}

TEST(NumpyRandomState, DrawsNothingForARangeOfOne) {
  NumpyRandomState random(42);
  EXPECT_EQ(random.randint(5, 6), 5);
  EXPECT_EQ(random.randint(0, 100), 51);
}

/// Beyond 32 bits a number is two draws, the first of which has the upper bits.
TEST(NumpyRandomState, DrawsLongNumbersOfTwoWords) {
  NumpyRandomState words(7), random(7);
  const auto word = [&] { return static_cast<std::uint64_t>(words.randint(0, std::int64_t{1} << 32)); };
  const std::uint64_t mask = (std::uint64_t{1} << 34) - 1;
  for (int i = 0; i < 20; ++i) {
    const std::int64_t drawn = random.randint(0, 9'999'999'999);
    std::uint64_t due = 0;
    do {
      const std::uint64_t high = word();
      due = (high << 32 | word()) & mask;
    } while (due > 9'999'999'998U);
    EXPECT_EQ(static_cast<std::uint64_t>(drawn), due);
  }
}

TEST(NumpyRandomState, RefusesWhatCannotBeDrawn) {
  EXPECT_THROW(NumpyRandomState(-1), std::invalid_argument);
  EXPECT_THROW(NumpyRandomState(std::int64_t{1} << 32), std::invalid_argument);
  NumpyRandomState random(0);
  EXPECT_THROW(random.randint(3, 3), std::invalid_argument);
}

}  // namespace
}  // namespace tensors
