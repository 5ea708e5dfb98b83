// SPDX-License-Identifier: MIT
#include "matching/region_scorer.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace matching {
namespace {

constexpr double kLeastNorm = 1e-6;
constexpr float kUntold = std::numeric_limits<float>::infinity();

/// Calls f(row, column, count) for each run: cells down and numbers to the right of the corner, and its numbers.
template <class F>
void for_each_run(const Region& region, int channels, F f) {
  for (const Run& run : region.runs) f(run.y - region.y0, (run.x - region.x0) * channels, run.length * channels);
}

}  // namespace

void RegionScorer::set(const Region& region) {
  region_ = region;
  used_ = 0;
  query_.clear();
  double sum = 0, squares = 0;
  for (const Run& run : region.runs) {
    const float* numbers = latent_.at(run.y, run.x);
    query_.insert(query_.end(), numbers, numbers + run.length * latent_.channels);
  }
  for (const double value : query_) sum += value;
  const double mean = sum / static_cast<double>(query_.size());
  for (double& value : query_) {
    value -= mean;
    squares += value * value;
  }
  query_norm_ = std::max(std::sqrt(squares), kLeastNorm);

  blocks_.clear();
  rows_.clear();
  columns_.clear();
  const double* numbers = query_.data();
  for_each_run(region, latent_.channels, [&](int row, int column, int count) {
    for (int from = 0; from < count; from += kLanes) {
      Block& block = blocks_.emplace_back();
      rows_.push_back(row);
      columns_.push_back(column + from);
      for (int lane = 0; lane < std::min(kLanes, count - from); ++lane) {
        block.query[lane] = static_cast<float>(*numbers++ / query_norm_);
        block.mask[lane] = 1;
      }
    }
  });
}

const int* RegionScorer::offsets(std::ptrdiff_t stride) {
  for (std::size_t i = 0; i < used_; ++i) {
    if (placements_[i].stride == stride) return placements_[i].offsets.data();
  }
  if (used_ == placements_.size()) placements_.emplace_back();
  Placement& placement = placements_[used_++];
  placement.stride = stride;
  placement.offsets.resize(blocks_.size());
  for (std::size_t i = 0; i < blocks_.size(); ++i)
    placement.offsets[i] = rows_[i] * static_cast<int>(stride) + columns_[i];
  return placement.offsets.data();
}

/// Fills ranks_ so that the best window's is not less than what is returned; kUntold where float tells too little.
float RegionScorer::rank(std::span<const Cells> windows) {
  placed_.clear();
  for (const Cells& window : windows) placed_.push_back({window.data, offsets(window.stride)});
  window_sums(blocks_, placed_, sums_);

  // A window whose numbers lie close together around a mean far from zero loses digits when the mean's square is taken
  // from theirs. `spread` says how many: Σw² / Σ(w − mean)².
  constexpr float kGreatestSpread = 16, kLeastVariance = 1e-9F;
  const auto count = static_cast<float>(query_.size());
  float greatest = -kUntold, spread = 1;
  ranks_.resize(windows.size());
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const float dot = sums_.dot[i], squares = sums_.squares[i];
    const float variance = squares - sums_.sum[i] * sums_.sum[i] / count;
    const bool told = variance * kGreatestSpread > squares && variance > kLeastVariance;
    ranks_[i] = told ? dot * std::abs(dot) / variance : kUntold;
    greatest = std::max(greatest, told ? ranks_[i] : -kUntold);
    spread = std::max(spread, told ? squares / variance : 1);
  }
  if (greatest == -kUntold) return greatest;
  // Sums of m numbers are off by at most m · 2⁻²⁴ of the sum of their amounts; the score by 2.7 · spread times that.
  const float error = 4 * spread * (static_cast<float>(blocks_.size()) / 2 + 12) * 0x1p-24F;
  const float least = std::copysign(std::sqrt(std::abs(greatest)), greatest) - 2 * error;
  return least * std::abs(least);
}

double RegionScorer::exact(const Cells& window) const {
  double sum = 0;
  for_each_run(region_, latent_.channels, [&](int row, int column, int count) {
    const float* numbers = window.data + row * window.stride + column;
    for (int i = 0; i < count; ++i) sum += numbers[i];
  });
  const double mean = sum / static_cast<double>(query_.size());
  const double* query = query_.data();
  double dot = 0, squares = 0;
  for_each_run(region_, latent_.channels, [&](int row, int column, int count) {
    const float* numbers = window.data + row * window.stride + column;
    for (int i = 0; i < count; ++i) {
      const double value = numbers[i] - mean;
      dot += *query++ * value;
      squares += value * value;
    }
  });
  return dot / (query_norm_ * std::max(std::sqrt(squares), kLeastNorm));
}

BestWindow RegionScorer::best(std::span<const Cells> windows) {
  const float least = rank(windows);
  BestWindow best{0, -2};
  for (std::size_t i = 0; i < windows.size(); ++i) {
    if (ranks_[i] < least) continue;
    const double score = exact(windows[i]);
    if (score > best.score) best = {i, score};
  }
  return best;
}

}  // namespace matching
