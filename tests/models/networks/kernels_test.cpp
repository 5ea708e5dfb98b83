// SPDX-License-Identifier: MIT
#include "models/networks/kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "models/networks/attention.h"
#include "models/networks/fused.h"
#include "tensors/generator.h"

namespace models {
namespace {

at::Tensor drawn(std::uint64_t seed, at::IntArrayRef shape) {
  return tensors::Generator(seed).randn(shape);
}

/// Heads of one item, head by head, as libtorch computes them in double.
at::Tensor in_double(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, std::int64_t heads,
                     const at::Tensor& bias) {
  const auto apart = [&](const at::Tensor& t) {
    return t.to(at::kDouble).view({t.size(0), t.size(1), heads, t.size(2) / heads}).transpose(1, 2);
  };
  at::Tensor scores = at::matmul(apart(q), apart(k).transpose(-2, -1)) / std::sqrt(q.size(2) / heads);
  if (bias.defined()) scores = scores + bias;
  return at::matmul(scores.softmax(-1), apart(v)).transpose(1, 2).reshape(q.sizes());
}

/// Widths and numbers of keys that fill no register, single queries, biases for all and for each, closed places.
TEST(Kernels, SmallHeadsOfAttentionAreWhatTheyAreInDouble) {
  struct Size {
    std::int64_t queries, keys, heads, width;
  };
  for (const Size& size : {Size{1, 1, 1, 1}, Size{5, 7, 3, 5}, Size{64, 32, 6, 16}, Size{13, 77, 2, 40}}) {
    const at::Tensor q = drawn(1, {2, size.queries, size.heads * size.width});
    const at::Tensor k = drawn(2, {2, size.keys, size.heads * size.width}), v = drawn(3, k.sizes());
    at::Tensor closed = drawn(4, {size.queries, size.keys});
    if (size.keys > 1) closed.select(1, size.keys / 2).fill_(-std::numeric_limits<float>::infinity());
    for (const at::Tensor& bias : {at::Tensor(), closed, closed[0]}) {
      const at::Tensor out = attention(q, k, v, size.heads, bias);
      EXPECT_LT((out - in_double(q, k, v, size.heads, bias)).abs().max().item<double>(), 2e-6) << size.keys;
    }
  }
}

TEST(Kernels, AllSetsOfInstructionsAgree) {
  const at::Tensor q = drawn(1, {9, 20}), k = drawn(2, {45, 20}), v = drawn(3, {45, 20});
  const at::Tensor x = 3 * drawn(4, {4, 37}) + 5, shift = drawn(5, {4}), weight = drawn(6, {4}), bias = drawn(7, {4});
  const at::Tensor attended = in_double(q.unsqueeze(0), k.unsqueeze(0), v.unsqueeze(0), 1, {})[0];
  const at::Tensor wide = (x + shift.unsqueeze(1)).to(at::kDouble).unsqueeze(0);
  const at::Tensor normed = at::silu(at::group_norm(wide, 1, weight.to(at::kDouble), bias.to(at::kDouble), 1e-5))[0];
  for (const Kernels* kernels : all_kernels()) {
    at::Tensor out = at::empty_like(q), y = at::empty_like(x);
    AttentionHead head{.q = q.data_ptr<float>(),
                       .k = k.data_ptr<float>(),
                       .v = v.data_ptr<float>(),
                       .q_step = 20,
                       .k_step = 20,
                       .v_step = 20,
                       .queries = 9,
                       .keys = 45,
                       .width = 20,
                       .scale = static_cast<float>(1 / std::sqrt(20.0)),
                       .bias = nullptr,
                       .bias_step = 0,
                       .out = out.data_ptr<float>(),
                       .out_step = 20};
    const at::Tensor room = at::empty({head.room()});
    kernels->attend(head, room.data_ptr<float>());
    EXPECT_LT((out - attended).abs().max().item<double>(), 2e-6);
    kernels->norm_group({x.data_ptr<float>(), 4, 37, shift.data_ptr<float>(), weight.data_ptr<float>(),
                         bias.data_ptr<float>(), 1e-5F, true, y.data_ptr<float>()});
    EXPECT_LT((y - normed).abs().max().item<double>(), 5e-6);
  }
}

/// NaNs stay, so that a network that goes wrong is seen to.
TEST(Kernels, NumbersThatAreNoneStay) {
  at::Tensor q = drawn(1, {1, 8, 16});
  const at::Tensor k = drawn(2, {1, 8, 16});
  q[0][3][2] = std::nan("");
  const at::Tensor out = attention(q, k, k, 2);
  EXPECT_TRUE(at::isnan(out[0][3]).any().item<bool>());
  EXPECT_FALSE(at::isnan(out[0][4]).any().item<bool>());
}

}  // namespace
}  // namespace models
