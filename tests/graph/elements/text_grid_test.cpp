// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/testing/node_harness.h"
#include "tests/graph/fake_nodes.h"

namespace graph {
namespace {

using testing::ElementsAre;

template <class T>
std::vector<T> values(const List<T>& list) {
  std::vector<T> all;
  for (const T* one : list.present()) all.push_back(*one);
  return all;
}

TEST(TextGrid, SendsRowsAndColumns) {
  NodeHarness node(fake::registry(), "text-grid", {{"texts", "[[a, b], [c, d], [e, f]]"}});
  node.run();
  EXPECT_THAT(values(node.out<List<std::string>>("text")), ElementsAre("a", "b", "c", "d", "e", "f"));
  EXPECT_THAT(values(node.out<List<std::int64_t>>("row")), ElementsAre(0, 0, 1, 1, 2, 2));
  EXPECT_THAT(values(node.out<List<std::int64_t>>("column")), ElementsAre(0, 1, 0, 1, 0, 1));
  EXPECT_EQ(node.out<std::int64_t>("rows"), 3);
  EXPECT_EQ(node.out<std::int64_t>("columns"), 2);
}

TEST(TextGrid, TakesARowOrOneText) {
  NodeHarness row(fake::registry(), "text-grid", {{"texts", "[a, 5]"}});
  row.run();
  EXPECT_THAT(values(row.out<List<std::string>>("text")), ElementsAre("a", "5"));
  EXPECT_EQ(row.out<std::int64_t>("rows"), 1);
  NodeHarness quoted(fake::registry(), "text-grid", {{"texts", "'a cat: the one'"}});
  quoted.run();
  EXPECT_THAT(values(quoted.out<List<std::string>>("text")), ElementsAre("a cat: the one"));
}

TEST(TextGrid, RefusesRowsOfDifferentLengths) {
  try {
    NodeHarness node(fake::registry(), "text-grid", {{"texts", "[[a, b], [c]]"}});
    node.run();
    FAIL();
  } catch (const std::exception& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("texts: row 1 has 1 texts, and the first row has 2"));
  }
}

}  // namespace
}  // namespace graph
