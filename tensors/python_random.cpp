// SPDX-License-Identifier: MIT
#include "tensors/python_random.h"

#include <array>
#include <bit>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>

#include "tensors/mersenne_twister.h"

namespace tensors {
namespace {

std::mt19937 twister_of_int(std::int64_t seed) {
  const std::uint64_t size = seed < 0 ? -static_cast<std::uint64_t>(seed) : static_cast<std::uint64_t>(seed);
  const std::array words{static_cast<std::uint32_t>(size), static_cast<std::uint32_t>(size >> 32)};
  return twister_of(std::span(words).first(words[1] == 0 ? 1 : 2));
}

/// Up to how many elements a sample is taken from a copy of the list; beyond, from a set of those that were taken.
std::size_t most_copied(std::size_t count) {
  std::size_t most = 21;
  if (count <= 5) return most;
  std::size_t power = 1;
  while (power < 3 * count) power *= 4;
  return most + power;
}

}  // namespace

PythonRandom::PythonRandom(std::int64_t seed) : twister_(twister_of_int(seed)) {}

double PythonRandom::random() {
  return unit_double(twister_);
}

std::uint64_t PythonRandom::getrandbits(int bits) {
  if (bits <= 32) return twister_() >> (32 - bits);
  const std::uint64_t low = twister_();
  return low | static_cast<std::uint64_t>(twister_() >> (64 - bits)) << 32;
}

/// Uniform in [0, count); a count of 0 means 2^64.
std::uint64_t PythonRandom::below(std::uint64_t count) {
  if (count == 0) return getrandbits(64);
  const int bits = std::bit_width(count);
  std::uint64_t drawn = getrandbits(bits);
  while (drawn >= count) drawn = getrandbits(bits);
  return drawn;
}

std::int64_t PythonRandom::randint(std::int64_t low, std::int64_t last) {
  if (last < low) {
    throw std::invalid_argument("no whole number from " + std::to_string(low) + " to " + std::to_string(last));
  }
  const std::uint64_t first = static_cast<std::uint64_t>(low);
  return static_cast<std::int64_t>(first + below(static_cast<std::uint64_t>(last) - first + 1));
}

std::size_t PythonRandom::choice(std::size_t size) {
  if (size == 0) throw std::invalid_argument("nothing to choose from");
  return below(size);
}

std::vector<std::size_t> PythonRandom::sample(std::size_t size, std::size_t count) {
  if (count > size) {
    throw std::invalid_argument("a sample of " + std::to_string(count) + " from " + std::to_string(size));
  }
  std::vector<std::size_t> taken;
  taken.reserve(count);
  if (size <= most_copied(count)) {
    std::vector<std::size_t> pool(size);
    std::iota(pool.begin(), pool.end(), std::size_t{0});
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t at = below(size - i);
      taken.push_back(std::exchange(pool[at], pool[size - i - 1]));
    }
    return taken;
  }
  std::set<std::size_t> known;
  while (taken.size() < count) {
    const std::size_t index = below(size);
    if (known.insert(index).second) taken.push_back(index);
  }
  return taken;
}

std::string PythonRandom::state() const {
  return twister_text(twister_);
}

PythonRandom PythonRandom::from_state(const std::string& state) {
  PythonRandom random(0);
  random.twister_ = twister_from(state);
  return random;
}

}  // namespace tensors
