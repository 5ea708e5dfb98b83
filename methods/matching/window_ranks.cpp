// SPDX-License-Identifier: MIT
#include "methods/matching/window_ranks.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace matching {
namespace {

using FloatLanes [[gnu::vector_size(kLanes * sizeof(float))]] = float;
using Bits [[gnu::vector_size(kLanes * sizeof(float))]] = std::int32_t;
using FloatQuad [[gnu::vector_size(4 * sizeof(float))]] = float;

/// Windows that are summed at a time: they share what is read of the region, and hide each other's waiting.
constexpr std::size_t kAtATime = 4;

template <class To>
[[gnu::always_inline]] inline void load_lanes(To& lanes, const void* from) {
  std::memcpy(&lanes, from, sizeof lanes);
}

/// Σ query·w, Σ w and Σ w² over the region, in eight lanes each.
struct Sums {
  FloatLanes dot{}, sum{}, squares{};

  [[gnu::always_inline]] void add(const FloatLanes& query, const Bits& mask, const float* window) {
    Bits bits;
    load_lanes(bits, window);
    const auto w = reinterpret_cast<FloatLanes>(bits & mask);
    dot += query * w;
    sum += w;
    squares += w * w;
  }
};

/// The lower half of the lanes plus the upper.
[[gnu::always_inline]] inline FloatQuad halved(const FloatLanes& lanes) {
  FloatQuad lower, upper;
  load_lanes(lower, &lanes);
  load_lanes(upper, reinterpret_cast<const float*>(&lanes) + 4);
  return lower + upper;
}

/// Even elements of both, one behind the other, plus the odd ones.
[[gnu::always_inline]] inline FloatQuad paired(const FloatQuad& a, const FloatQuad& b) {
  return __builtin_shufflevector(a, b, 0, 2, 4, 6) + __builtin_shufflevector(a, b, 1, 3, 5, 7);
}

/// The lanes of one kind of sum added up, for four windows at once.
template <FloatLanes Sums::*kind>
[[gnu::always_inline]] inline void add_up(const Sums (&sums)[kAtATime], float* to) {
  const FloatQuad all = paired(paired(halved(sums[0].*kind), halved(sums[1].*kind)),
                               paired(halved(sums[2].*kind), halved(sums[3].*kind)));
  std::memcpy(to, &all, sizeof all);
}

[[gnu::always_inline]] inline void sum_windows(std::span<const Block> blocks, std::span<const Placed> windows,
                                               WindowRanks& ranks) {
  const std::size_t last = windows.size() - 1;
  for (std::size_t i = 0; i < windows.size(); i += kAtATime) {
    const Placed group[kAtATime] = {windows[i], windows[std::min(i + 1, last)], windows[std::min(i + 2, last)],
                                    windows[std::min(i + 3, last)]};
    Sums sums[kAtATime];
    for (std::size_t b = 0; b < blocks.size(); ++b) {
      FloatLanes query;
      Bits mask;
      load_lanes(query, blocks[b].query);
      load_lanes(mask, blocks[b].mask);
      for (std::size_t k = 0; k < kAtATime; ++k) sums[k].add(query, mask, group[k].corner + group[k].offsets[b]);
    }
    add_up<&Sums::dot>(sums, &ranks.dot[i]);
    add_up<&Sums::sum>(sums, &ranks.sum[i]);
    add_up<&Sums::squares>(sums, &ranks.squares[i]);
  }
}

/// A window whose numbers lie close together around a mean far from zero loses digits when the mean's square is taken
/// from theirs; beyond this spread it is left to double.
constexpr float kGreatestSpread = 16, kLeastVariance = 1e-9F;

[[gnu::always_inline]] inline void rank_sums(std::size_t count, std::size_t windows, WindowRanks& ranks) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const float share = 1 / static_cast<float>(count);
  const FloatLanes infinite = FloatLanes{} + kInfinity, one = FloatLanes{} + 1;
  FloatLanes greatest = -infinite, spread = one;
  for (std::size_t i = 0; i < windows; i += kLanes) {
    FloatLanes dot, sum, squares;
    load_lanes(dot, &ranks.dot[i]);
    load_lanes(sum, &ranks.sum[i]);
    load_lanes(squares, &ranks.squares[i]);
    const FloatLanes variance = squares - sum * sum * share;
    const auto told = (variance * kGreatestSpread > squares) & (variance > kLeastVariance);
    const FloatLanes inverse = one / (told ? variance : one);
    const FloatLanes rank = told ? dot * (dot > 0 ? dot : -dot) * inverse : infinite;
    const FloatLanes candidate = told ? rank : -infinite, wide = told ? squares * inverse : one;
    greatest = candidate > greatest ? candidate : greatest;
    spread = wide > spread ? wide : spread;
    std::memcpy(&ranks.ranks[i], &rank, sizeof rank);
  }
  for (int lane = 0; lane < kLanes; ++lane) {
    ranks.greatest = std::max(ranks.greatest, greatest[lane]);
    ranks.spread = std::max(ranks.spread, spread[lane]);
  }
}

[[gnu::always_inline]] inline void rank_all(std::span<const Block> blocks, std::size_t count,
                                            std::span<const Placed> windows, WindowRanks& ranks) {
  sum_windows(blocks, windows, ranks);
  rank_sums(count, windows.size(), ranks);
}

using RankFunction = void (*)(std::span<const Block>, std::size_t, std::span<const Placed>, WindowRanks&);

void rank_portably(std::span<const Block> blocks, std::size_t count, std::span<const Placed> windows,
                   WindowRanks& ranks) {
  rank_all(blocks, count, windows, ranks);
}

#if defined(__x86_64__) && defined(__GNUC__)
[[gnu::target("avx2,fma")]] void rank_with_avx2(std::span<const Block> blocks, std::size_t count,
                                                std::span<const Placed> windows, WindowRanks& ranks) {
  rank_all(blocks, count, windows, ranks);
}

RankFunction widest_ranking() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? rank_with_avx2 : rank_portably;
}
#else
RankFunction widest_ranking() {
  return rank_portably;
}
#endif

}  // namespace

void rank_windows(std::span<const Block> blocks, std::size_t count, std::span<const Placed> windows,
                  WindowRanks& ranks) {
  static const RankFunction kFunction = widest_ranking();
  // Behind the last window zeros, which are beyond telling.
  for (auto* numbers : {&ranks.dot, &ranks.sum, &ranks.squares, &ranks.ranks})
    numbers->assign((windows.size() + kLanes - 1) / kLanes * kLanes, 0);
  ranks.greatest = -std::numeric_limits<float>::infinity();
  ranks.spread = 1;
  kFunction(blocks, count, windows, ranks);
}

}  // namespace matching
