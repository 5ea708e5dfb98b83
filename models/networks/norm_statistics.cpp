// SPDX-License-Identifier: MIT
#include "models/networks/norm_statistics.h"

#include <algorithm>
#include <cmath>

namespace models {
namespace {

thread_local NormStatistics* current_statistics = nullptr;

/// The rows or columns of `size` from one fraction to another.
at::Tensor between(const at::Tensor& x, std::int64_t dim, double from, double to) {
  const auto size = static_cast<double>(x.size(dim));
  return x.slice(dim, std::lround(from * size), std::lround(to * size));
}

}  // namespace

NormStatistics* NormStatistics::current() {
  return current_statistics;
}

NormStatistics::Noting::Noting(NormStatistics& statistics, const MapPart& own) {
  statistics.next_ = 0;
  statistics.own_ = &own;
  current_statistics = &statistics;
}

NormStatistics::Noting::~Noting() {
  current_statistics = nullptr;
}

NormStatistics::Taking::Taking(NormStatistics& statistics) {
  statistics.next_ = 0;
  statistics.own_ = nullptr;
  current_statistics = &statistics;
}

NormStatistics::Taking::~Taking() {
  current_statistics = nullptr;
}

at::Tensor NormStatistics::normed(const GroupNorm& norm, const at::Tensor& x) {
  if (own_ == nullptr) return taken(norm, x);
  note(norm, x);
  return norm(x);
}

void NormStatistics::note(const GroupNorm& norm, const at::Tensor& x) {
  const at::NoGradGuard no_gradients;
  if (next_ == sums_.size()) sums_.emplace_back();
  Sums& sums = sums_[next_++];
  const at::Tensor own = between(between(x, 2, own_->top, own_->bottom), 3, own_->left, own_->right);
  // A row in float32, rows in double: as exact as the norm's own sums.
  const at::Tensor rows = own.to(at::kFloat);
  const auto by_groups = [&](const at::Tensor& of_rows) {
    return of_rows.to(at::kDouble).sum(2).view({x.size(0), norm.groups, -1}).sum(2);
  };
  const at::Tensor values = by_groups(rows.sum(3)), squares = by_groups(rows.square().sum(3));
  sums.values = sums.values.defined() ? sums.values + values : values;
  sums.squares = sums.squares.defined() ? sums.squares + squares : squares;
  sums.count += static_cast<double>(own.numel() / own.size(0) / norm.groups);
}

at::Tensor NormStatistics::taken(const GroupNorm& norm, const at::Tensor& x) {
  const Sums& sums = sums_.at(next_++);
  const at::Tensor mean = sums.values / sums.count;
  const at::Tensor variance = (sums.squares / sums.count - mean.square()).clamp_min(0);
  const std::int64_t channels = x.size(1) / norm.groups;
  const auto by_channels = [&](const at::Tensor& of_groups) { return of_groups.repeat_interleave(channels, 1); };
  const at::Tensor factor = by_channels((variance + norm.eps).rsqrt()) * norm.weight.to(at::kDouble);
  const at::Tensor added = norm.bias.to(at::kDouble) - by_channels(mean) * factor;
  const auto map = [&](const at::Tensor& t) { return t.to(x.scalar_type()).view({x.size(0), x.size(1), 1, 1}); };
  return at::addcmul(map(added), x, map(factor));
}

}  // namespace models
