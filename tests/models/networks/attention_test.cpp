// SPDX-License-Identifier: MIT
#include "models/networks/attention.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cmath>

#include "tensors/generator.h"
#include "tests/reference.h"

namespace {

/// As the formula says, in float64.
at::Tensor by_the_book(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, std::int64_t heads,
                       const at::Tensor& bias) {
  const auto apart = [&](const at::Tensor& t) {
    return t.to(at::kDouble).view({t.size(0), t.size(1), heads, t.size(2) / heads}).transpose(1, 2);
  };
  at::Tensor logits = at::matmul(apart(q), apart(k).transpose(2, 3)) / std::sqrt(q.size(2) / heads);
  if (bias.defined()) logits = logits + bias.to(at::kDouble);
  return at::matmul(logits.softmax(-1), apart(v)).transpose(1, 2).reshape(q.sizes());
}

struct Case {
  std::int64_t batch, queries, keys, heads, width;
};

class AttentionOf : public testing::TestWithParam<Case> {
 protected:
  tensors::Generator random_{7};
  const Case& c_ = GetParam();
  at::Tensor q_ = random_.randn({c_.batch, c_.queries, c_.heads* c_.width});
  at::Tensor k_ = random_.randn({c_.batch, c_.keys, c_.heads* c_.width});
  at::Tensor v_ = random_.randn({c_.batch, c_.keys, c_.heads* c_.width});
};

TEST_P(AttentionOf, IsWhatTheFormulaSays) {
  EXPECT_LE(reference::difference(models::attention(q_, k_, v_, c_.heads), by_the_book(q_, k_, v_, c_.heads, {})),
            2e-6);
}

TEST_P(AttentionOf, AddsABias) {
  const at::Tensor causal = at::full({c_.queries, c_.keys}, -INFINITY).triu(1);
  EXPECT_LE(
      reference::difference(models::attention(q_, k_, v_, c_.heads, causal), by_the_book(q_, k_, v_, c_.heads, causal)),
      2e-6);
  const at::Tensor per_head = random_.randn({c_.batch, c_.heads, c_.queries, c_.keys});
  EXPECT_LE(reference::difference(models::attention(q_, k_, v_, c_.heads, per_head),
                                  by_the_book(q_, k_, v_, c_.heads, per_head)),
            2e-6);
}

TEST_P(AttentionOf, IsTheSameWithinABoundOnItsScores) {
  EXPECT_LE(reference::difference(models::attention(q_, k_, v_, c_.heads, {}, 4 * c_.keys * 3),
                                  models::attention(q_, k_, v_, c_.heads)),
            2e-6);
}

TEST_P(AttentionOf, HasAGradient) {
  const at::Tensor q = q_.clone().set_requires_grad(true), plain = models::attention(q_, k_, v_, c_.heads);
  const at::Tensor out = models::attention(q, k_, v_, c_.heads);
  EXPECT_LE(reference::difference(out.detach(), plain), 2e-6);
  out.sum().backward();
  EXPECT_TRUE(q.grad().isfinite().all().item<bool>());
}

TEST_P(AttentionOf, AgreesForAnyNumberOfThreads) {
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const at::Tensor one = models::attention(q_, k_, v_, c_.heads);
  at::set_num_threads(3);
  const at::Tensor three = models::attention(q_, k_, v_, c_.heads);
  at::set_num_threads(before);
  EXPECT_LE(reference::difference(one, three), 2e-6);
}

/// The most memory that this process has had, bytes.
std::int64_t peak_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return std::int64_t{usage.ru_maxrss} << 10;
}

// As many tokens as a picture of 1024 px has in the middle of its autoencoder: their scores would take 1 GiB. Tiles
// grow with neither side, so a picture of 2048 px, whose scores would take 16 GiB, has the same bound.
TEST(Attention, NeverHoldsAllScoresAtOnce) {
  const at::NoGradGuard no_gradients;
  tensors::Generator random(7);
  const at::Tensor q = random.randn({1, 16384, 8});
  const std::int64_t before = peak_bytes();
  const at::Tensor out = models::attention(q, q, q, 1);
  EXPECT_LT(peak_bytes() - before, models::kMaxScoreBytes);
  EXPECT_EQ(out.sizes(), q.sizes());
}

INSTANTIATE_TEST_SUITE_P(Shapes, AttentionOf,
                         testing::Values(Case{1, 1, 1, 1, 8}, Case{2, 300, 77, 3, 16}, Case{1, 1000, 1000, 2, 8},
                                         Case{2, 65, 9, 1, 40}));

}  // namespace
