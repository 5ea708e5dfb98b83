// SPDX-License-Identifier: MIT
#include "imaging/noise.h"

#include <cmath>

namespace imaging {
namespace {

// 32 bits of a grid point (Wellons' lowbias32 over a linear combination).
std::uint32_t hash(std::uint32_t seed, std::uint32_t x, std::uint32_t y) {
  std::uint32_t h = seed ^ (x * 0x9E3779B1u) ^ (y * 0x85EBCA77u + 0x165667B1u);
  h = (h ^ h >> 16) * 0x7FEB352Du;
  h = (h ^ h >> 15) * 0x846CA68Bu;
  return h ^ h >> 16;
}

float corner(std::uint32_t seed, std::uint32_t x, std::uint32_t y) {
  return static_cast<float>(hash(seed, x, y) >> 8) * (1.0f / 16777216.0f);
}

}  // namespace

std::uint64_t mix(std::uint64_t seed, std::uint64_t value) {
  std::uint64_t z = seed * 0xD1342543DE82EF95u + value * 0x9E3779B97F4A7C15u + 0x9E3779B97F4A7C15u;
  for (int round = 0; round < 2; ++round) {
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    z ^= z >> 31;
  }
  return z;
}

double unit(std::uint64_t seed, std::uint64_t value) {
  return static_cast<double>(mix(seed, value) >> 11) * (1.0 / 9007199254740992.0);
}

float Noise::at(float x, float y) const {
  const float fx = std::floor(x), fy = std::floor(y);
  // Through signed numbers: negative places wrap round and stay different from positive ones.
  const auto ix = static_cast<std::uint32_t>(static_cast<std::int32_t>(fx));
  const auto iy = static_cast<std::uint32_t>(static_cast<std::int32_t>(fy));
  const float tx = smoothstep(0, 1, x - fx), ty = smoothstep(0, 1, y - fy);
  const float a = corner(seed_, ix, iy), b = corner(seed_, ix + 1, iy);
  const float c = corner(seed_, ix, iy + 1), d = corner(seed_, ix + 1, iy + 1);
  const float top = a + (b - a) * tx, bottom = c + (d - c) * tx;
  return top + (bottom - top) * ty;
}

float Noise::fbm(float x, float y, int octaves) const {
  float sum = 0, weight = 0, strength = 1;
  for (int i = 0; i < octaves; ++i) {
    sum += strength * at(x, y);
    weight += strength;
    strength *= 0.5f;
    // An odd offset per octave keeps the grids from lying on one another.
    x = 2 * x + 17.17f;
    y = 2 * y - 31.73f;
  }
  return sum / weight;
}

}  // namespace imaging
