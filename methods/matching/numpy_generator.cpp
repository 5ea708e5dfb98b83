// SPDX-License-Identifier: MIT
#include "methods/matching/numpy_generator.h"

#include <array>
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

void NumpyGenerator::refuse(std::int64_t low, std::int64_t high) {
  throw std::invalid_argument("no whole number from " + std::to_string(low) + " and below " + std::to_string(high));
}

double NumpyGenerator::random() {
  return static_cast<double>(next_64() >> 11) * 0x1p-53;
}

std::uint64_t NumpyGenerator::uniform_product(std::uint64_t product, std::uint32_t count) {
  const std::uint32_t least = -count % count;
  while (static_cast<std::uint32_t>(product) < least) product = std::uint64_t{next_32()} * count;
  return product;
}

/// Uniform in 0 … last where that takes 32 bits or more: Lemire's method on 64 bits.
std::uint64_t NumpyGenerator::wide(std::uint64_t last) {
  if (last == std::numeric_limits<std::uint32_t>::max()) return next_32();
  if (last == std::numeric_limits<std::uint64_t>::max()) return next_64();
  const std::uint64_t count = last + 1, least = -count % count;
  Word product = 0;
  do product = Word{next_64()} * count;
  while (static_cast<std::uint64_t>(product) < least);
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
