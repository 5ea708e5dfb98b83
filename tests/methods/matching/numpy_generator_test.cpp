// SPDX-License-Identifier: MIT
#include "methods/matching/numpy_generator.h"

#include <gmock/gmock.h>

#include <array>
#include <limits>
#include <numeric>

#include "tests/methods/matching/collagenet.h"

namespace matching {
namespace {

/// What numpy drew, and a generator that should draw the same.
class AgainstNumpy : public ::testing::TestWithParam<std::string> {
 protected:
  std::vector<std::int64_t> expected(const std::string& name) const {
    const at::Tensor& array = at(name);
    return {array.data_ptr<std::int64_t>(), array.data_ptr<std::int64_t>() + array.numel()};
  }
  const at::Tensor& at(const std::string& name) const { return npz_.at("s" + GetParam() + "_" + name, "numpy_rng"); }

  std::vector<std::int64_t> integers(std::int64_t high) {
    std::vector<std::int64_t> drawn(50);
    for (std::int64_t& value : drawn) value = generator_.integers(0, high);
    return drawn;
  }

  const tensors::Npz npz_ = collagenet::arrays("numpy_rng");
  NumpyGenerator generator_{std::stoull(GetParam())};
};

TEST_P(AgainstNumpy, DrawsTheSame) {
  EXPECT_EQ(integers(7), expected("integers_7"));
  EXPECT_EQ(integers(100000), expected("integers_100000_then"));

  std::vector<std::int64_t> choices;
  for (int i = 0; i < 50; ++i) choices.push_back(10 + static_cast<std::int64_t>(generator_.choice(5)));
  EXPECT_EQ(choices, expected("choice_5"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(generator_.choice(1), 0U);

  std::vector<std::int64_t> list(1000);
  std::iota(list.begin(), list.end(), 0);
  generator_.shuffle(std::span(list));
  EXPECT_EQ(list, expected("shuffle_1000"));

  std::vector<std::array<std::int64_t, 2>> pairs;
  for (std::int64_t i = 0; i < 257; ++i) pairs.push_back({i, i + 1});
  generator_.shuffle(std::span(pairs));
  std::vector<std::int64_t> flat;
  for (const auto& pair : pairs) flat.insert(flat.end(), pair.begin(), pair.end());
  EXPECT_EQ(flat, expected("shuffle_257_pairs"));

  for (int i = 0; i < 5; ++i) EXPECT_EQ(generator_.random(), at("after_random")[i].item<double>());
}

INSTANTIATE_TEST_SUITE_P(NumpyGenerator, AgainstNumpy, ::testing::Values("0", "1234", "1099511627781"),
                         [](const auto& info) { return std::string("seed_") + info.param; });

TEST(NumpyGenerator, IsAValue) {
  NumpyGenerator generator(1234);
  generator.integers(0, 10);  // leaves half of a draw
  NumpyGenerator copy = generator;
  EXPECT_EQ(copy, generator);
  const std::int64_t drawn = generator.integers(0, 1000000);
  EXPECT_NE(copy, generator);
  EXPECT_EQ(copy.integers(0, 1000000), drawn);
  EXPECT_EQ(copy, generator);
  EXPECT_NE(NumpyGenerator(1), NumpyGenerator(2));
}

TEST(NumpyGenerator, RangesOfOneValueDrawNothing) {
  NumpyGenerator generator(5);
  EXPECT_EQ(generator.integers(-3, -2), -3);
  EXPECT_EQ(generator.choice(1), 0U);
  std::array<int, 1> one{7};
  generator.shuffle(std::span<int>(one));
  generator.shuffle(std::span<int>());
  EXPECT_EQ(generator, NumpyGenerator(5));
}

TEST(NumpyGenerator, WideRanges) {
  constexpr std::int64_t kLow = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kHigh = std::numeric_limits<std::int64_t>::max();
  NumpyGenerator generator(3), same(3);
  // 2³² values are a 32-bit draw as it is; one more takes 64 bits.
  EXPECT_EQ(generator.integers(0, std::int64_t{1} << 32), same.integers(0, std::int64_t{1} << 32));
  for (int i = 0; i < 100; ++i) {
    const std::int64_t wide = generator.integers(-5, (std::int64_t{1} << 40) - 5);
    EXPECT_GE(wide, -5);
    EXPECT_LT(wide, (std::int64_t{1} << 40) - 5);
    EXPECT_LT(generator.integers(kLow, kHigh), kHigh);
  }
}

TEST(NumpyGenerator, RefusesEmptyRanges) {
  NumpyGenerator generator(0);
  EXPECT_THROW(generator.integers(4, 4), std::invalid_argument);
  EXPECT_THROW(generator.integers(4, -4), std::invalid_argument);
  EXPECT_THROW(generator.choice(0), std::invalid_argument);
}

}  // namespace
}  // namespace matching
