// SPDX-License-Identifier: MIT
#include "tensors/operator_profile.h"

#include <gtest/gtest.h>

#include <thread>

#include "tensors/torch.h"

namespace tensors {
namespace {

double seconds_of(const OperatorCosts& costs) {
  double sum = 0;
  for (const auto& [name, cost] : costs) sum += cost.seconds;
  return sum;
}

TEST(OperatorProfile, CountsTheOperatorsOfAWork) {
  const at::Tensor a = at::ones({8, 16}), b = at::ones({16, 4});
  OperatorProfile profile;
  at::mm(a, b);  // of no work
  OperatorProfile::enter(3);
  for (int i = 0; i < 5; ++i) at::mm(a, b);
  OperatorProfile::leave();
  const OperatorCosts costs = profile.costs(3);
  EXPECT_EQ(costs.at("aten::mm").calls, 5);
  EXPECT_EQ(costs.at("aten::mm").flop, 0) << "not asked for";
  EXPECT_GT(costs.at("aten::mm").seconds, 0);
  EXPECT_TRUE(profile.costs(4).empty());
}

TEST(OperatorProfile, AnOperatorsTimeIsWithoutThoseThatItCalls) {
  const at::Tensor x = at::ones({64, 64}), w = at::ones({64, 64});
  OperatorProfile profile;
  OperatorProfile::enter(0);
  const auto from = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) at::linear(x, w);
  const std::chrono::duration<double> whole = std::chrono::steady_clock::now() - from;
  OperatorProfile::leave();
  const OperatorCosts costs = profile.costs(0);
  EXPECT_GT(costs.size(), 1U) << "linear calls others";
  EXPECT_LE(seconds_of(costs), whole.count());
}

TEST(OperatorProfile, KeepsThreadsApart) {
  constexpr int kThreads = 4, kCalls = 50;
  OperatorProfile profile;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([t] {
      const at::Tensor a = at::ones({4, 4});
      for (int i = 0; i < kCalls; ++i) {
        OperatorProfile::enter(t % 2);
        if (t % 2 == 0) at::mm(a, a);
        else at::add(a, a);
        OperatorProfile::leave();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(profile.costs(0).at("aten::mm").calls, 2 * kCalls);
  EXPECT_EQ(profile.costs(1).at("aten::add").calls, 2 * kCalls);
  EXPECT_EQ(profile.costs(0).count("aten::add"), 0U);
}

TEST(OperatorProfile, BelongsToTheInnermostWork) {
  const at::Tensor a = at::ones({4, 4});
  OperatorProfile profile;
  OperatorProfile::enter(1);
  OperatorProfile::enter(2);
  at::mm(a, a);
  OperatorProfile::leave();
  at::add(a, a);
  OperatorProfile::leave();
  EXPECT_EQ(profile.costs(2).count("aten::mm"), 1U);
  EXPECT_EQ(profile.costs(1).count("aten::add"), 1U);
  EXPECT_EQ(profile.costs(1).count("aten::mm"), 0U);
}

TEST(OperatorProfile, CountsOperations) {
  const at::Tensor a = at::ones({8, 16}), b = at::ones({16, 4});
  const at::Tensor x = at::ones({2, 3, 8, 8}), kernel = at::ones({5, 3, 3, 3});
  OperatorProfile profile(OperatorProfile::Count::kTimeAndFlop);
  OperatorProfile::enter(0);
  at::mm(a, b);
  at::conv2d(x, kernel, {}, 1, 1);
  OperatorProfile::leave();
  const OperatorCosts costs = profile.costs(0);
  EXPECT_EQ(costs.at("aten::mm").flop, 2.0 * 8 * 16 * 4);
  EXPECT_EQ(costs.at("aten::convolution").flop, 2.0 * 2 * 5 * 8 * 8 * 3 * 3 * 3);
}

TEST(OperatorProfile, AnotherOneBeginsAtNothing) {
  const at::Tensor a = at::ones({4, 4});
  for (int round = 0; round < 3; ++round) {
    OperatorProfile profile;
    OperatorProfile::enter(0);
    at::mm(a, a);
    OperatorProfile::leave();
    EXPECT_EQ(profile.costs(0).at("aten::mm").calls, 1);
  }
}

}  // namespace
}  // namespace tensors
