// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "imaging/noise.h"

namespace train_embedded {

/// Random numbers in a row from a seed: the same on every machine, unlike the standard library's distributions.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : seed_(imaging::mix(seed, 0x736365)) {}

  /// In [0, 1).
  double unit() { return imaging::unit(seed_, count_++); }
  double between(double low, double high) { return low + (high - low) * unit(); }
  /// 0 to n − 1.
  int below(int n) { return static_cast<int>(unit() * n); }
  bool happens(double probability) { return unit() < probability; }

 private:
  std::uint64_t seed_;
  std::uint64_t count_ = 0;
};

}  // namespace train_embedded
