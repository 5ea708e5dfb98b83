// SPDX-License-Identifier: MIT
#include "program/draws.h"

#include <algorithm>
#include <random>

namespace program {
namespace {

constexpr std::int64_t kWidth = (std::int64_t{1} << 53) - 1;
constexpr double kIntsEnd = 9.2e18;  // ranges beyond are as good as open

/// FNV-1a.
std::uint64_t hash_of(const std::string& text) {
  std::uint64_t hash = 0xCBF29CE484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return hash;
}

bool is_seed(const graph::Param& param) {
  return param.kind == graph::Kind::kInt && param.id == "seed";
}

}  // namespace

std::uint64_t new_run_seed() {
  std::random_device device;
  const std::uint64_t high = device();
  return (high << 32 | device()) & static_cast<std::uint64_t>(kWidth);
}

graph::ScalarList drawn_values(const graph::Param& param, std::uint64_t run_seed) {
  const bool below = param.range.max && *param.range.max < kIntsEnd;
  const bool above = param.range.min && *param.range.min > -kIntsEnd;
  std::int64_t min = above ? static_cast<std::int64_t>(*param.range.min) : 0;
  std::int64_t max = below ? static_cast<std::int64_t>(*param.range.max) : 0;
  if (!above && below) min = std::min<std::int64_t>(0, max >= 0 ? 0 : max - kWidth);
  if (!below && __builtin_add_overflow(min, kWidth, &max)) max = std::numeric_limits<std::int64_t>::max();
  return graph::ScalarList::drawn(run_seed * 0x9E3779B97F4A7C15u ^ hash_of(param.id), min, max);
}

bool says_random(const graph::Param& param, const std::string& text) {
  if (param.kind == graph::Kind::kInt && text == "random") return true;
  return is_seed(param) && (text == "-1" || text == "RNG" || (param.nullable && text == "null"));
}

}  // namespace program
