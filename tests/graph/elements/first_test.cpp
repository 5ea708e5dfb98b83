// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "graph/testing/node_harness.h"
#include "tests/graph/fake_nodes.h"

namespace graph {
namespace {

TEST(First, SendsTheFirstThatCame) {
  NodeHarness node(fake::registry(), "first");
  node.links("any", {Value(), Value::of(std::int64_t{2}), Value::of(std::int64_t{3})}).run();
  EXPECT_EQ(node.out<std::int64_t>("any"), 2);
}

TEST(First, SendsNothingWhenNothingCame) {
  NodeHarness node(fake::registry(), "first");
  EXPECT_FALSE(node.links("any", {Value(), Value()}).run().sent("any"));
}

}  // namespace
}  // namespace graph
