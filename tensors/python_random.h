// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tensors {

/// Python 3's random.Random(seed) for an int, draw for draw. A value: who draws from a copy leaves the others as they
/// were.
class PythonRandom {
 public:
  /// A seed and its negative draw the same, as in Python.
  explicit PythonRandom(std::int64_t seed);

  /// Uniform in [0, 1), 53 bits.
  double random();
  /// Uniform in [0, 2^bits). REQUIRES: 1 ≤ bits ≤ 64.
  std::uint64_t getrandbits(int bits);
  /// Uniform in low … last. Throws std::invalid_argument when last < low.
  std::int64_t randint(std::int64_t low, std::int64_t last);
  /// The index that choice() takes from a list of `size` elements. Throws std::invalid_argument for none.
  std::size_t choice(std::size_t size);
  /// The indices that sample() takes from a list of `size` elements: `count` of them, all different. Throws
  /// std::invalid_argument when there are fewer.
  std::vector<std::size_t> sample(std::size_t size, std::size_t count);
  /// shuffle() of a list.
  template <class T>
  void shuffle(std::span<T> list) {
    for (std::size_t i = list.size(); i-- > 1;) std::swap(list[i], list[choice(i + 1)]);
  }

  /// Where it stands, as a text that from_state() reads.
  std::string state() const;
  /// Throws std::invalid_argument for what is no such text.
  static PythonRandom from_state(const std::string& state);

 private:
  std::uint64_t below(std::uint64_t count);

  std::mt19937 twister_;
};

}  // namespace tensors
