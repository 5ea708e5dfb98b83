// SPDX-License-Identifier: MIT
#include "models/text/prompt_weighting.h"

#include <cmath>
#include <stdexcept>

namespace models {
namespace {

at::Tensor working(const at::Tensor& z) {
  return z.scalar_type() == at::kDouble ? z : z.to(at::kFloat);
}

/// (1, n, 1), like z.
at::Tensor column(std::span<const double> weights, const at::Tensor& z) {
  return at::tensor(at::ArrayRef<double>(weights.data(), weights.size()), at::kDouble).to(z.options()).view({1, -1, 1});
}

}  // namespace

at::Tensor emphasised(const at::Tensor& z, std::span<const double> weights, Emphasis emphasis) {
  const at::Tensor before = working(z), after = before * column(weights, before);
  if (emphasis != Emphasis::kOriginal) return after;
  const at::Tensor ratio = before.mean() / after.mean();
  if (!std::isfinite(ratio.item<double>()))
    throw std::invalid_argument(
        "its weights leave embeddings of mean 0, which cannot be brought back to the mean that they had; take other "
        "weights, or emphasis: no_norm");
  return after * ratio;
}

at::Tensor from_empty(const at::Tensor& z, const at::Tensor& empty, std::span<const double> weights) {
  const at::Tensor own = working(z), base = working(empty), factor = column(weights, own);
  return at::where(factor == 1, own, base + factor * (own - base));
}

at::Tensor weighted_sum(std::span<const at::Tensor> all, std::span<const double> factors) {
  at::Tensor sum;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const at::Tensor one = working(all[i]) * factors[i];
    sum = sum.defined() ? sum + one : one;
  }
  return sum;
}

at::Tensor weighted_mean(std::span<const at::Tensor> all, std::span<const double> factors) {
  double sum = 0;
  for (const double factor : factors) sum += factor;
  std::vector<double> shares;
  for (const double factor : factors) shares.push_back(factor / sum);
  return weighted_sum(all, shares);
}

}  // namespace models
