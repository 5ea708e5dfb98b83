// SPDX-License-Identifier: MIT
#include "tensors/history.h"

#include <gtest/gtest.h>

#include <thread>

namespace tensors {
namespace {

/// The gradient of a call's input, of which three things are made in the call: what it sends first, and two that are
/// added up to what it sends second. In float32 (1e8 − 1e8) + 1 is 1, and (1 + 1e8) − 1e8 is 0, so the order shows.
/// Each result is read by a call of its own, on a thread that has counted so many steps before.
float gradient_of(bool join, int steps_before_first, int steps_before_second) {
  const at::AutoGradMode recording(true);
  const at::Tensor begin = leaf(at::ones({1}));
  std::vector<at::Tensor> sent;
  std::thread([&] {
    const at::AutoGradMode on(true);
    const at::Tensor inside = begin * 1;
    sent = {inside * 1, inside * 1e8 + inside * -1e8};
    if (join) sent = joined(sent);
  }).join();
  const auto read = [](const at::Tensor& tensor, int steps) {
    at::Tensor made;
    std::thread([&] {
      const at::AutoGradMode on(true);
      const at::Tensor other = leaf(at::ones({1}));
      for (int i = 0; i < steps; ++i) (void)(other * 2);
      made = tensor * 1;
    }).join();
    return made;
  };
  const at::Tensor first = read(sent[0], steps_before_first), second = read(sent[1], steps_before_second);
  return gradients({{first}, {second}}, {begin})[0].item<float>();
}

TEST(History, WhatIsJoinedIsGoneBackTogether) {
  EXPECT_NE(gradient_of(false, 100, 0), gradient_of(false, 0, 100)) << "else this test shows nothing";
  EXPECT_EQ(gradient_of(true, 100, 0), gradient_of(true, 0, 100));
}

TEST(History, WhatIsJoinedHasTheSameNumbers) {
  const at::AutoGradMode recording(true);
  const at::Tensor a = leaf(at::rand({2, 3})) * 2, plain = at::rand({4}), b = leaf(at::rand({5})) * 2;
  const std::vector<at::Tensor> all = joined({a, plain, at::Tensor(), b});
  EXPECT_TRUE(all[0].equal(a) && all[3].equal(b));
  EXPECT_TRUE(all[0].requires_grad() && all[3].requires_grad());
  EXPECT_TRUE(all[1].is_same(plain)) << "without history";
  EXPECT_FALSE(all[2].defined());
  EXPECT_TRUE(joined({a, plain})[0].is_same(a)) << "alone";
}

}  // namespace
}  // namespace tensors
