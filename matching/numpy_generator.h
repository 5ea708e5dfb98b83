// SPDX-License-Identifier: MIT
#pragma once

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
  std::int64_t integers(std::int64_t low, std::int64_t high);

  /// The index that Generator.choice takes from a list of `size` elements. Throws std::invalid_argument for none.
  std::size_t choice(std::size_t size);

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

  std::uint64_t next_64();
  std::uint32_t next_32();
  std::uint32_t below(std::uint32_t count);
  std::uint64_t below(std::uint64_t count);
  std::uint64_t up_to(std::uint64_t last);

  Word state_ = 0, increment_ = 0;
  bool has_half_ = false;   ///< whether a 32-bit draw has left the upper half of its 64 bits
  std::uint32_t half_ = 0;  ///< that half
};

}  // namespace matching
