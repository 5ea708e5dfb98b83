// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace matching {

/// numpy.random.default_rng(seed), draw for draw: the generator PCG64 (XSL-RR, 128 bits of state), seeded through
/// numpy's SeedSequence. A value: who draws from a copy leaves the others as they were.
/// Source: O'Neill 2014 (PCG); Lemire 2019 (bounded integers without division).
class NumpyGenerator {
 public:
  explicit NumpyGenerator(std::uint64_t seed);

  /// Generator.integers(low, high): uniform in low … high − 1. A range of one value draws nothing.
  /// Throws std::invalid_argument when high ≤ low.
  std::int64_t integers(std::int64_t low, std::int64_t high) {
    const std::uint64_t last = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) - 1;
    if (high <= low) refuse(low, high);
    if (last == 0) return low;
    const std::uint64_t drawn = last < 0xffffffff ? below(static_cast<std::uint32_t>(last + 1)) : wide(last);
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + drawn);
  }

  /// The index that Generator.choice takes from a list of `size` elements. Throws std::invalid_argument for none.
  std::size_t choice(std::size_t size) {
    return static_cast<std::size_t>(integers(0, static_cast<std::int64_t>(size)));
  }

  /// Generator.random(): uniform in [0, 1), 53 bits.
  double random();

  /// Generator.shuffle of a list.
  template <class T>
  void shuffle(std::span<T> list) {
    for (std::size_t i = list.size(); i-- > 1;) std::swap(list[i], list[up_to(i)]);
  }

  bool operator==(const NumpyGenerator&) const = default;

 private:
  __extension__ using Word = unsigned __int128;

  [[noreturn]] static void refuse(std::int64_t low, std::int64_t high);

  // Inline, since matching draws hundreds of thousands in a few milliseconds.
  std::uint64_t next_64() {
    state_ = state_ * (Word{0x2360ed051fc65da4} << 64 | 0x4385df649fccf645) + increment_;
    const auto high = static_cast<std::uint64_t>(state_ >> 64);
    return std::rotr(high ^ static_cast<std::uint64_t>(state_), static_cast<int>(high >> 58));
  }

  std::uint32_t next_32() {
    has_half_ = !has_half_;
    if (!has_half_) return std::exchange(half_, 0);
    const std::uint64_t drawn = next_64();
    half_ = static_cast<std::uint32_t>(drawn >> 32);
    return static_cast<std::uint32_t>(drawn);
  }

  /// Lemire's method: the upper half of a product is uniform, but for the few whose lower half is too small.
  std::uint32_t below(std::uint32_t count) {
    std::uint64_t product = std::uint64_t{next_32()} * count;
    if (static_cast<std::uint32_t>(product) < count) [[unlikely]]
      product = uniform_product(product, count);
    return static_cast<std::uint32_t>(product >> 32);
  }

  std::uint64_t uniform_product(std::uint64_t product, std::uint32_t count);
  std::uint64_t wide(std::uint64_t last);
  std::uint64_t up_to(std::uint64_t last);

  Word state_ = 0, increment_ = 0;
  bool has_half_ = false;   ///< whether a 32-bit draw has left the upper half of its 64 bits
  std::uint32_t half_ = 0;  ///< that half
};

}  // namespace matching
