// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/testing/node_harness.h"
#include "tests/graph/fake_nodes.h"

namespace {

using graph::NodeHarness;
using graph::Value;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

TEST(Follow, TellsNumbersOfAnyKind) {
  NodeHarness node(fake::registry(), "follow", {{"name", "loss"}});
  for (const Value& value : {Value::of(std::int64_t{3}), Value::of(0.25), Value::of(true)}) {
    node.in("value", value);
    node.run();
  }
  EXPECT_THAT(node.scalars(), ElementsAre(Pair("loss", 3.0), Pair("loss", 0.25), Pair("loss", 1.0)));
}

TEST(Follow, RefusesWhatIsNoNumber) {
  NodeHarness node(fake::registry(), "follow");
  node.in("value", Value::of(std::string("three")));
  try {
    node.run();
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(), HasSubstr("a string is no number that could be followed"));
  }
}

TEST(Follow, IsCalledByAName) {
  try {
    NodeHarness(fake::registry(), "follow", {{"name", "a loss"}}).open();
    FAIL();
  } catch (const std::exception& e) {
    EXPECT_THAT(e.what(), HasSubstr("'a loss' is not a name"));
  }
}

}  // namespace
