// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "graph/testing/node_harness.h"
#include "tests/graph/fake_nodes.h"

namespace graph {
namespace {

TEST(ValueNode, SendsWhatItIsGiven) {
  NodeHarness node(fake::registry(), "value",
                   {{"int", "3"}, {"float", "0.5"}, {"bool", "true"}, {"string", "a paper"}});
  node.run();
  EXPECT_EQ(node.out<std::int64_t>("int"), 3);
  EXPECT_EQ(node.out<double>("float"), 0.5);
  EXPECT_TRUE(node.out<bool>("bool"));
  EXPECT_EQ(node.out<std::string>("string"), "a paper");
  EXPECT_EQ(node.feed("int", std::int64_t{7}).run().out<std::int64_t>("int"), 7);
}

}  // namespace
}  // namespace graph
