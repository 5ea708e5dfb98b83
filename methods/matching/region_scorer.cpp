// SPDX-License-Identifier: MIT
#include "methods/matching/region_scorer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace matching {
namespace {

constexpr double kLeastNorm = 1e-6;

/// Calls f(row, column, count) for each run: cells down and numbers to the right of the corner, and its numbers.
template <class F>
void for_each_run(const Region& region, int channels, F f) {
  for (const Run& run : region.runs) f(run.y - region.y0, (run.x - region.x0) * channels, run.length * channels);
}

/// f(0) + … + f(count − 1), four sums at a time and always in the same order.
template <class F>
double sum_of(std::size_t count, F f) {
  std::array<double, 4> sums{};
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    for (std::size_t k = 0; k < 4; ++k) sums[k] += f(i + k);
  }
  for (std::size_t k = 0; i + k < count; ++k) sums[k] += f(i + k);
  return (sums[0] + sums[2]) + (sums[1] + sums[3]);
}

}  // namespace

RegionScorer::RegionScorer(const Cells& latent, std::vector<std::ptrdiff_t> strides)
    : latent_(latent), strides_(std::move(strides)), offsets_(strides_.size()), placement_(strides_.size()) {}

void RegionScorer::set(const Region& region) {
  region_ = region;
  std::ranges::fill(placement_, nullptr);
  query_.clear();
  for (const Run& run : region.runs) {
    const float* numbers = latent_.at(run.y, run.x);
    query_.insert(query_.end(), numbers, numbers + run.length * latent_.channels);
  }
  const std::size_t count = query_.size();
  const double mean = sum_of(count, [&](std::size_t i) { return query_[i]; }) / static_cast<double>(count);
  for (double& value : query_) value -= mean;
  query_norm_ = std::max(std::sqrt(sum_of(count, [&](std::size_t i) { return query_[i] * query_[i]; })), kLeastNorm);

  blocks_.clear();
  rows_.clear();
  columns_.clear();
  const double inverse = 1 / query_norm_, *numbers = query_.data();
  for_each_run(region, latent_.channels, [&](int row, int column, int length) {
    for (int from = 0; from < length; from += kLanes) {
      Block& block = blocks_.emplace_back();
      rows_.push_back(row);
      columns_.push_back(column + from);
      for (int lane = 0; lane < std::min(kLanes, length - from); ++lane) {
        block.query[lane] = static_cast<float>(*numbers++ * inverse);
        block.mask[lane] = -1;
      }
    }
  });
}

void RegionScorer::place(std::size_t form) {
  std::vector<int>& offsets = offsets_[form];
  const auto stride = static_cast<int>(strides_[form]);
  offsets.resize(blocks_.size());
  for (std::size_t i = 0; i < offsets.size(); ++i) offsets[i] = rows_[i] * stride + columns_[i];
  placement_[form] = offsets.data();
}

/// Fills ranks_; the best window's is not less than what is returned.
float RegionScorer::rank(std::span<const Window> windows) {
  placed_.resize(windows.size());
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const Window& window = windows[i];
    if (placement_[window.form] == nullptr) place(window.form);
    placed_[i] = {window.corner, placement_[window.form]};
  }
  rank_windows(blocks_, query_.size(), placed_, ranks_);
  if (!std::isfinite(ranks_.greatest)) return ranks_.greatest;
  // Sums of m numbers are off by at most m · 2⁻²⁴ of the sum of their amounts; the score by 2.7 · spread times that.
  const float error = 4 * ranks_.spread * (static_cast<float>(blocks_.size()) / 2 + 12) * 0x1p-24F;
  const float least = std::copysign(std::sqrt(std::abs(ranks_.greatest)), ranks_.greatest) - 2 * error;
  return least * std::abs(least);
}

double RegionScorer::exact(const Window& window) {
  const std::ptrdiff_t stride = strides_[window.form];
  window_.clear();
  for_each_run(region_, latent_.channels, [&](int row, int column, int count) {
    const float* numbers = window.corner + row * stride + column;
    window_.insert(window_.end(), numbers, numbers + count);
  });
  const double mean =
      sum_of(window_.size(), [&](std::size_t i) { return window_[i]; }) / static_cast<double>(window_.size());
  const double dot = sum_of(window_.size(), [&](std::size_t i) { return query_[i] * (window_[i] - mean); });
  const double squares =
      sum_of(window_.size(), [&](std::size_t i) { return (window_[i] - mean) * (window_[i] - mean); });
  return dot / (query_norm_ * std::max(std::sqrt(squares), kLeastNorm));
}

BestWindow RegionScorer::best(std::span<const Window> windows) {
  const float least = rank(windows);
  BestWindow best{0, -2};
  for (std::size_t i = 0; i < windows.size(); ++i) {
    if (ranks_.ranks[i] < least) continue;
    const double score = exact(windows[i]);
    if (score > best.score) best = {i, score};
  }
  return best;
}

}  // namespace matching
