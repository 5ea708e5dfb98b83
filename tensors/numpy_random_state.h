// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <random>
#include <string>

namespace tensors {

/// numpy.random.RandomState(seed), which numpy.random.seed sets, draw for draw. A value: who draws from a copy leaves
/// the others as they were.
class NumpyRandomState {
 public:
  /// Throws std::invalid_argument for a seed outside of [0, 2^32), as numpy does.
  explicit NumpyRandomState(std::int64_t seed);

  /// Uniform in [0, 1), 53 bits.
  double random_sample();
  /// Uniform in [low, high).
  double uniform(double low, double high) { return low + (high - low) * random_sample(); }
  /// Uniform in low … high − 1, as 64-bit integers are drawn; a range of one value draws nothing. Throws
  /// std::invalid_argument when high ≤ low.
  std::int64_t randint(std::int64_t low, std::int64_t high);

  /// Where it stands, as a text that from_state() reads.
  std::string state() const;
  /// Throws std::invalid_argument for what is no such text.
  static NumpyRandomState from_state(const std::string& state);

 private:
  std::mt19937 twister_;
};

}  // namespace tensors
