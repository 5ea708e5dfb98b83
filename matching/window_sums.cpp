// SPDX-License-Identifier: MIT
#include "matching/window_sums.h"

#include <cstring>

namespace matching {
namespace {

using Lanes [[gnu::vector_size(kLanes * sizeof(float))]] = float;

struct Accumulated {
  Lanes dot{}, sum{}, squares{};

  [[gnu::always_inline]] void add(const Block& block, const float* window) {
    Lanes w, query, mask;
    std::memcpy(&w, window, sizeof w);
    std::memcpy(&query, block.query, sizeof query);
    std::memcpy(&mask, block.mask, sizeof mask);
    dot += query * w;
    const Lanes masked = mask * w;
    sum += masked;
    squares += masked * w;
  }
};

/// The sums of all lanes, always in the same order.
[[gnu::always_inline]] inline float total(const Lanes& x) {
  return ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7]));
}

/// Two sets of lanes, so that the processor need not wait for one sum to begin the next.
[[gnu::always_inline]] inline void sum_windows(std::span<const Block> blocks, std::span<const Placed> windows,
                                               WindowSums& sums) {
  constexpr std::size_t kAhead = 2;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    if (i + kAhead < windows.size()) {
      const Placed& next = windows[i + kAhead];
      for (std::size_t b = 0; b < blocks.size(); ++b) __builtin_prefetch(next.corner + next.offsets[b]);
    }
    const Placed& window = windows[i];
    Accumulated even, odd;
    std::size_t b = 0;
    for (; b + 1 < blocks.size(); b += 2) {
      even.add(blocks[b], window.corner + window.offsets[b]);
      odd.add(blocks[b + 1], window.corner + window.offsets[b + 1]);
    }
    if (b < blocks.size()) even.add(blocks[b], window.corner + window.offsets[b]);
    sums.dot[i] = total(even.dot + odd.dot);
    sums.sum[i] = total(even.sum + odd.sum);
    sums.squares[i] = total(even.squares + odd.squares);
  }
}

using Function = void (*)(std::span<const Block>, std::span<const Placed>, WindowSums&);

void portable(std::span<const Block> blocks, std::span<const Placed> windows, WindowSums& sums) {
  sum_windows(blocks, windows, sums);
}

#if defined(__x86_64__) && defined(__GNUC__)
[[gnu::target("avx2,fma")]] void avx2(std::span<const Block> blocks, std::span<const Placed> windows,
                                      WindowSums& sums) {
  sum_windows(blocks, windows, sums);
}

Function widest() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? avx2 : portable;
}
#else
Function widest() {
  return portable;
}
#endif

}  // namespace

void window_sums(std::span<const Block> blocks, std::span<const Placed> windows, WindowSums& sums) {
  static const Function kFunction = widest();
  sums.dot.resize(windows.size());
  sums.sum.resize(windows.size());
  sums.squares.resize(windows.size());
  kFunction(blocks, windows, sums);
}

}  // namespace matching
