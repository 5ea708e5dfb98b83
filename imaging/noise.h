// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

/// Randomness without state: every number is a hash of a seed and a place, so that nothing depends on the order in
/// which pixels are made. Only integers, + − · / and sqrt are used: the same bits on every machine with IEEE floats.
namespace imaging {

/// 64 well mixed bits of two numbers (the finaliser of SplitMix64: Steele, Lea and Flood 2014).
std::uint64_t mix(std::uint64_t seed, std::uint64_t value);
/// The same as a number in [0, 1).
double unit(std::uint64_t seed, std::uint64_t value);

/// A smooth random function of the plane with features of about one unit.
class Noise {
 public:
  explicit Noise(std::uint64_t seed) : seed_(static_cast<std::uint32_t>(mix(seed, 0x6E6F697365))) {}

  /// Value noise: uniform numbers on the integer grid, joined by smoothsteps. In [0, 1).
  float at(float x, float y) const;
  /// Octaves of it, each twice as fine and half as strong. In [0, 1), around 0.5.
  float fbm(float x, float y, int octaves) const;

 private:
  std::uint32_t seed_;
};

/// 0 up to `low`, 1 from `high` on, 3t² − 2t³ between them.
inline float smoothstep(float low, float high, float x) {
  float t = (x - low) / (high - low);
  t = t < 0.0f ? 0.0f : t > 1.0f ? 1.0f : t;
  return t * t * (3.0f - 2.0f * t);
}

}  // namespace imaging
