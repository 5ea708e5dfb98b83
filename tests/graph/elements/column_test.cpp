// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/testing/node_harness.h"
#include "tests/graph/fake_nodes.h"

namespace graph {
namespace {

constexpr const char* kScenes = "[{prompt: a cat, seed: 3}, {prompt: 7}, {prompt: ~, seed: 4, extra: true}]";

TEST(Column, SendsAFieldOfEachRecord) {
  NodeHarness words(fake::registry(), "column", {{"records", kScenes}, {"name", "prompt"}});
  const auto prompts = words.run().out<List<std::string>>("values");
  ASSERT_EQ(prompts.size(), 3u);
  EXPECT_EQ(prompts[0], "a cat");
  EXPECT_EQ(prompts[1], "7");
  EXPECT_FALSE(prompts.has(2));
  NodeHarness numbers(fake::registry(), "column", {{"records", kScenes}, {"name", "seed"}, {"as", "float[]"}});
  const auto seeds = numbers.run().out<List<double>>("values");
  EXPECT_EQ(seeds[0], 3.0);
  EXPECT_FALSE(seeds.has(1));
}

TEST(Column, NamesTheCellOfAnotherType) {
  try {
    NodeHarness node(fake::registry(), "column", {{"records", kScenes}, {"name", "prompt"}, {"as", "int[]"}});
    FAIL();
  } catch (const std::exception& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("records[0].prompt: expected an int, got 'a cat'"));
  }
}

}  // namespace
}  // namespace graph
