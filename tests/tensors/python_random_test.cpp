// SPDX-License-Identifier: MIT
#include "tensors/python_random.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

namespace tensors {
namespace {

using Json = nlohmann::json;

/// What Python drew: tests/data/sdxl_generator/README.md.
const Json& python_draws() {
  static const Json draws =
      Json::parse(std::ifstream(std::string(SOURCE_DIR) + "/tests/data/sdxl_generator/prompts.json"));
  return draws;
}

TEST(PythonRandom, DrawsBits) {
  for (const auto& [seed, drawn] : python_draws()["randbelow"].items()) {
    PythonRandom random(std::stoll(seed));
    for (const Json& bits : drawn["getrandbits32"]) EXPECT_EQ(random.getrandbits(32), bits.get<std::uint64_t>());
    for (const Json& number : drawn["randint_0_5"]) EXPECT_EQ(random.randint(0, 5), number.get<std::int64_t>());
  }
}

TEST(PythonRandom, DrawsDoublesAndManyBits) {
  PythonRandom random(7);
  EXPECT_EQ(random.random(), 0x1.4b9ad0f953a6ep-2);
  EXPECT_EQ(random.random(), 0x1.34f0696513270p-3);
  EXPECT_EQ(random.getrandbits(40), 54335349840U);
}

TEST(PythonRandom, TakesSeedsOfTwoWordsAndNegativeOnes) {
  EXPECT_EQ(PythonRandom(-12345678901234).random(), 0x1.9a47247a07b40p-6);
  EXPECT_EQ(PythonRandom(12345678901234).random(), 0x1.9a47247a07b40p-6);
}

TEST(PythonRandom, Chooses) {
  for (const Json& drawn : python_draws()["choice"]) {
    PythonRandom random(drawn["seed"].get<int>());
    for (const Json& pick : drawn["picks"]) EXPECT_EQ(random.choice(drawn["n"].get<std::size_t>()), pick);
  }
}

TEST(PythonRandom, Shuffles) {
  for (const auto& [file, drawn] : python_draws()["parse"].items()) {
    auto items = drawn["items"].get<std::vector<std::string>>();
    PythonRandom(drawn["shuffled_seed"].get<int>()).shuffle(std::span(items));
    EXPECT_EQ(items, drawn["shuffled"].get<std::vector<std::string>>()) << file;
  }
}

TEST(PythonRandom, SamplesFewAndMany) {
  std::vector<std::string> file_order = python_draws()["parse"]["options.txt"]["items"], hundred;
  for (int i = 0; i < 100; ++i) hundred.push_back("opt" + std::to_string(i));
  for (const Json& drawn : python_draws()["extras"]) {
    const auto& options = drawn["options"] == "opt0..opt99" ? hundred : file_order;
    PythonRandom random(drawn["seed"].get<int>());
    std::vector<std::string> extras;
    const auto most = std::min(drawn["max_extras"].get<std::int64_t>(), static_cast<std::int64_t>(options.size()));
    if (most > 0) {
      const std::int64_t count = random.randint(0, most);
      for (const std::size_t i : random.sample(options.size(), count)) extras.push_back(options[i]);
    }
    EXPECT_EQ(extras, drawn["extras"].get<std::vector<std::string>>()) << drawn;
  }
}

TEST(PythonRandom, RefusesWhatCannotBeDrawn) {
  PythonRandom random(0);
  EXPECT_THROW(random.randint(3, 2), std::invalid_argument);
  EXPECT_THROW(random.choice(0), std::invalid_argument);
  EXPECT_THROW(random.sample(3, 4), std::invalid_argument);
}

TEST(PythonRandom, DrawsFromAllOfItsRange) {
  PythonRandom random(1);
  const std::int64_t low = std::numeric_limits<std::int64_t>::min(), high = std::numeric_limits<std::int64_t>::max();
  EXPECT_NE(random.randint(low, high), random.randint(low, high));
  EXPECT_EQ(random.randint(high, high), high);
}

}  // namespace
}  // namespace tensors
