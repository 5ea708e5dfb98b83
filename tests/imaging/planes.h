// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "imaging/noise.h"
#include "imaging/regions/labels.h"

/// Planes that own their numbers.
struct OwnPlanes {
  std::vector<float> numbers;
  int channels, height, width;

  operator imaging::Planes() const { return {numbers.data(), channels, height, width}; }
  float& at(int c, int y, int x) { return numbers[(static_cast<std::size_t>(c) * height + y) * width + x]; }
};

inline OwnPlanes constant_planes(int channels, int height, int width, float value) {
  return {std::vector<float>(static_cast<std::size_t>(channels) * height * width, value), channels, height, width};
}

/// Smooth hills with a little noise on them, as latents have them.
inline OwnPlanes hilly_planes(int channels, int height, int width, std::uint64_t seed, float roughness = 0.3f) {
  OwnPlanes planes = constant_planes(channels, height, width, 0);
  for (int c = 0; c < channels; ++c) {
    const auto channel = static_cast<std::uint64_t>(c);
    const imaging::Noise hills(imaging::mix(seed, channel));
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const auto place = static_cast<std::uint64_t>(y) * 10'000 + static_cast<std::uint64_t>(x);
        const auto rough = static_cast<float>(imaging::unit(imaging::mix(seed, 100 + channel), place)) - 0.5f;
        planes.at(c, y, x) =
            4 * hills.at(0.15f * static_cast<float>(x), 0.15f * static_cast<float>(y)) - 2 + roughness * rough;
      }
    }
  }
  return planes;
}

/// Rows of letters, a region for each: what labels look like; letters_of(labels) = {"aab", "abb"}.
inline std::vector<std::string> letters_of(const imaging::Labels& labels) {
  std::vector<std::string> rows;
  for (int y = 0; y < labels.height; ++y) {
    rows.emplace_back();
    for (int x = 0; x < labels.width; ++x) rows.back() += static_cast<char>('a' + labels.at(y, x));
  }
  return rows;
}
