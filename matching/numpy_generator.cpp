// SPDX-License-Identifier: MIT
#include "matching/numpy_generator.h"

#include <array>
#include <bit>
#include <limits>
#include <stdexcept>
#include <string>

namespace matching {
namespace {

/// numpy's SeedSequence: hashes a seed into as many words as a generator needs.
class SeedSequence {
 public:
  explicit SeedSequence(std::uint64_t seed) {
    pool_[0] = hashed(static_cast<std::uint32_t>(seed));
    pool_[1] = hashed(static_cast<std::uint32_t>(seed >> 32));
    pool_[2] = hashed(0);
    pool_[3] = hashed(0);
    for (std::size_t from = 0; from < pool_.size(); ++from) {
      for (std::size_t to = 0; to < pool_.size(); ++to) {
        if (from != to) pool_[to] = mixed(pool_[to], hashed(pool_[from]));
      }
    }
  }

  std::array<std::uint64_t, 4> words() const {
    std::array<std::uint64_t, 4> words{};
    std::uint32_t constant = 0x8b51f9dd;
    for (std::size_t i = 0; i < 2 * words.size(); ++i) {
      std::uint32_t word = pool_[i % pool_.size()] ^ constant;
      constant *= 0x58f38dedU;
      word *= constant;
      word ^= word >> 16;
      words[i / 2] |= std::uint64_t{word} << (32 * (i % 2));
    }
    return words;
  }

 private:
  std::uint32_t hashed(std::uint32_t value) {
    value ^= constant_;
    constant_ *= 0x931e8875U;
    value *= constant_;
    return value ^ value >> 16;
  }

  static std::uint32_t mixed(std::uint32_t x, std::uint32_t y) {
    const std::uint32_t value = 0xca01f9ddU * x - 0x4973f715U * y;
    return value ^ value >> 16;
  }

  std::uint32_t constant_ = 0x43b0d7e5;
  std::array<std::uint32_t, 4> pool_{};
};

}  // namespace

NumpyGenerator::NumpyGenerator(std::uint64_t seed) {
  const std::array<std::uint64_t, 4> words = SeedSequence(seed).words();
  const Word start = Word{words[0]} << 64 | words[1];
  increment_ = (Word{words[2]} << 64 | words[3]) << 1 | 1;
  next_64();
  state_ += start;
  next_64();
}

std::int64_t NumpyGenerator::integers(std::int64_t low, std::int64_t high) {
  if (high <= low)
    throw std::invalid_argument("no whole number from " + std::to_string(low) + " and below " + std::to_string(high));
  const std::uint64_t last = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) - 1;
  constexpr std::uint64_t kLast32 = std::numeric_limits<std::uint32_t>::max();
  std::uint64_t drawn = 0;
  if (last == 0) drawn = 0;
  else if (last < kLast32) drawn = below(static_cast<std::uint32_t>(last + 1));
  else if (last == kLast32) drawn = next_32();
  else if (last < std::numeric_limits<std::uint64_t>::max()) drawn = below(last + 1);
  else drawn = next_64();
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + drawn);
}

std::size_t NumpyGenerator::choice(std::size_t size) {
  return static_cast<std::size_t>(integers(0, static_cast<std::int64_t>(size)));
}

double NumpyGenerator::random() {
  return static_cast<double>(next_64() >> 11) * 0x1p-53;
}

std::uint64_t NumpyGenerator::next_64() {
  state_ = state_ * (Word{0x2360ed051fc65da4} << 64 | 0x4385df649fccf645) + increment_;
  const auto high = static_cast<std::uint64_t>(state_ >> 64);
  return std::rotr(high ^ static_cast<std::uint64_t>(state_), static_cast<int>(high >> 58));
}

std::uint32_t NumpyGenerator::next_32() {
  has_half_ = !has_half_;
  if (!has_half_) return std::exchange(half_, 0);
  const std::uint64_t drawn = next_64();
  half_ = static_cast<std::uint32_t>(drawn >> 32);
  return static_cast<std::uint32_t>(drawn);
}

// Lemire's method: the upper half of a product is uniform, but for the few products whose lower half is too small.
std::uint32_t NumpyGenerator::below(std::uint32_t count) {
  std::uint64_t product = std::uint64_t{next_32()} * count;
  if (static_cast<std::uint32_t>(product) < count) {
    const std::uint32_t least = -count % count;
    while (static_cast<std::uint32_t>(product) < least) product = std::uint64_t{next_32()} * count;
  }
  return static_cast<std::uint32_t>(product >> 32);
}

std::uint64_t NumpyGenerator::below(std::uint64_t count) {
  Word product = Word{next_64()} * count;
  if (static_cast<std::uint64_t>(product) < count) {
    const std::uint64_t least = -count % count;
    while (static_cast<std::uint64_t>(product) < least) product = Word{next_64()} * count;
  }
  return static_cast<std::uint64_t>(product >> 64);
}

/// Uniform in 0 … last by masking and rejecting, as numpy shuffles.
std::uint64_t NumpyGenerator::up_to(std::uint64_t last) {
  const std::uint64_t mask = ~std::uint64_t{0} >> std::countl_zero(last);
  const bool narrow = last <= std::numeric_limits<std::uint32_t>::max();
  std::uint64_t drawn = 0;
  do drawn = (narrow ? next_32() : next_64()) & mask;
  while (drawn > last);
  return drawn;
}

}  // namespace matching
