// SPDX-License-Identifier: MIT
/// Networks share a budget of bytes, whoever leases them.
#include "nodes/residency.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

namespace nodes {
namespace {

struct Numbers {
  std::string name;
};

class ResidencyTest : public ::testing::Test {
 protected:
  Network<Numbers> network(const std::string& name, std::int64_t bytes) {
    return Network<Numbers>(
        std::make_shared<Resident>(residency_, Resident::Source{[bytes] { return bytes; },
                                                                [this, name] {
                                                                  if (broken_)
                                                                    throw std::runtime_error("cannot be read");
                                                                  return std::make_shared<const Numbers>(Numbers{name});
                                                                }}));
  }
  std::int64_t bytes() const { return residency_->counts().bytes; }
  std::int64_t loads() const { return residency_->counts().loads; }

  const std::shared_ptr<Residency> residency_ = std::make_shared<Residency>();
  const Network<Numbers> a_ = network("a", 10), b_ = network("b", 10), c_ = network("c", 10);
  std::atomic<bool> broken_ = false;
};

TEST_F(ResidencyTest, WithoutABudgetNothingLeaves) {
  for (int i = 0; i < 3; ++i) {
    const Leases leases = lease(a_, b_, c_);
    EXPECT_EQ(leases[b_].name, "b");
  }
  EXPECT_EQ(loads(), 3);
  EXPECT_EQ(bytes(), 30);
}

TEST_F(ResidencyTest, TheLeastRecentlyUsedLeavesFirst) {
  residency_->set_budget(20);
  for (const Network<Numbers>& one : {a_, b_, a_, c_}) lease(one);
  EXPECT_EQ(loads(), 3);
  lease(a_);
  EXPECT_EQ(loads(), 3) << "b had left";
  lease(b_);
  EXPECT_EQ(loads(), 4);
  EXPECT_EQ(residency_->counts().most_bytes, 20);
}

TEST_F(ResidencyTest, WhatIsLeasedStays) {
  residency_->set_budget(20);
  const Leases held = lease(a_);
  // Other calls:
  lease(b_);
  lease(c_);
  EXPECT_EQ(held[a_].name, "a");
  lease(a_);
  EXPECT_EQ(loads(), 3);
}

TEST_F(ResidencyTest, ACallThatNeedsMoreThanTheBudgetIsLetThroughAlone) {
  residency_->set_budget(15);
  {
    const Leases both = lease(a_, b_);
    EXPECT_EQ(both[a_].name + both[b_].name, "ab");
    EXPECT_EQ(bytes(), 20);
    lease(b_);  // another call's: takes nothing more
  }
  EXPECT_EQ(bytes(), 10) << "back within the budget";
}

TEST_F(ResidencyTest, ASmallerBudgetIsKeptAtOnce) {
  lease(a_, b_, c_);
  residency_->set_budget(10);
  EXPECT_EQ(bytes(), 10);
}

TEST_F(ResidencyTest, ACallWaitsForRoom) {
  residency_->set_budget(10);
  std::optional<Leases> held(lease(a_));
  std::atomic<bool> through = false;
  std::thread other([&] {
    lease(b_);
    through = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_FALSE(through);
  held.reset();
  other.join();
  EXPECT_EQ(residency_->counts().most_bytes, 10);
}

TEST_F(ResidencyTest, WhatCannotBeReadIsHeldByNobody) {
  residency_->set_budget(10);
  broken_ = true;
  EXPECT_THROW(lease(a_), std::runtime_error);
  EXPECT_EQ(bytes(), 0);
  broken_ = false;
  EXPECT_EQ(lease(a_)[a_].name, "a");
}

TEST_F(ResidencyTest, WhatIsForgottenTakesNoRoom) {
  {
    const Network<Numbers> passing = network("passing", 10);
    lease(passing);
    EXPECT_EQ(bytes(), 10);
  }
  EXPECT_EQ(bytes(), 0);
}

TEST_F(ResidencyTest, ManyCallsWithSeveralNetworksNeverWaitForEachOther) {
  for (const std::int64_t budget : {5, 10, 20, 25, 30}) {
    residency_->set_budget(budget);
    std::vector<std::thread> calls;
    for (int i = 0; i < 6; ++i) {
      calls.emplace_back([this, i] {
        for (int turn = 0; turn < 200; ++turn) {
          if ((turn + i) % 3 == 0) EXPECT_EQ(lease(a_, b_)[b_].name, "b");
          else if ((turn + i) % 3 == 1) EXPECT_EQ(lease(c_, a_)[c_].name, "c");
          else EXPECT_EQ(lease(b_)[b_].name, "b");
        }
      });
    }
    for (std::thread& call : calls) call.join();
    EXPECT_LE(bytes(), budget);
  }
  EXPECT_LE(residency_->counts().most_bytes, 30);
}

TEST_F(ResidencyTest, ManyWhoAskAtOnceReadOnce) {
  std::vector<std::thread> calls;
  for (int i = 0; i < 8; ++i) calls.emplace_back([this] { EXPECT_EQ(lease(a_, b_)[a_].name, "a"); });
  for (std::thread& call : calls) call.join();
  EXPECT_EQ(loads(), 2);
}

}  // namespace
}  // namespace nodes
