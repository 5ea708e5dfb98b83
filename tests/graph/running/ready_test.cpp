// SPDX-License-Identifier: MIT
#include "graph/running/ready.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace graph {
namespace {

/// A node of one item, at a depth.
Ready at(std::int64_t item, int depth, int node = 0) {
  return {item, depth, node, nullptr};
}

/// What a ticket takes: the best and the others; none when nothing may start.
std::vector<Ready> taken(ReadyQueue& queue) {
  Ready best;
  std::vector<Ready> more;
  if (!queue.take(best, more)) return {};
  more.insert(more.begin(), best);
  return more;
}

TEST(ReadyQueue, TheOldestItemsDeepestGoesFirst) {
  ReadyQueue queue;
  queue.set_limit(4, false);
  for (const Ready& ready : {at(2, 9), at(1, 1), at(1, 3), at(3, 5)}) queue.push(ready);
  EXPECT_EQ(taken(queue)[0].depth, 3);
  EXPECT_EQ(taken(queue)[0].depth, 1);
  EXPECT_EQ(taken(queue)[0].item, 2);
}

TEST(ReadyQueue, ABatchTakesItsShareAndForADeviceFewSizes) {
  for (const bool device : {false, true}) {
    ReadyQueue queue;
    queue.set_limit(2, device);
    queue.add_node(0, 24, 0);
    for (int i = 0; i < 14; ++i) queue.push(at(i, 1));
    EXPECT_EQ(taken(queue).size(), device ? 4u : 7u);
  }
}

/// Two calls on a device end at once, with packets that came while both were going on: these had tickets, which found
/// the limit reached. Everything that can begin still gets one.
TEST(ReadyQueue, WhatALimitHeldBackGetsTicketsAgain) {
  ReadyQueue queue;
  queue.set_limit(2, true);
  queue.add_node(0, 8, 0);
  queue.push(at(0, 1));
  ASSERT_EQ(taken(queue).size(), 1u);
  queue.push(at(1, 1));
  ASSERT_EQ(taken(queue).size(), 1u);
  for (int i = 2; i < 6; ++i) {
    queue.push(at(i, 1));
    EXPECT_TRUE(taken(queue).empty()) << "its ticket is in vain";
  }
  EXPECT_TRUE(queue.ended(0));
  EXPECT_TRUE(queue.ended(0));
  EXPECT_EQ(taken(queue).size(), 2u) << "a share";
  EXPECT_TRUE(queue.wants_ticket()) << "for the others";
  EXPECT_EQ(taken(queue).size(), 2u);
  EXPECT_FALSE(queue.wants_ticket());
  EXPECT_FALSE(queue.ended(0)) << "nothing waits";
}

}  // namespace
}  // namespace graph
