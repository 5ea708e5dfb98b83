// SPDX-License-Identifier: MIT
#include "tensors/numpy_random_state.h"

#include <bit>
#include <stdexcept>
#include <string>

#include "tensors/mersenne_twister.h"

namespace tensors {
namespace {

std::uint32_t numpy_seed(std::int64_t seed) {
  if (seed < 0 || seed > 0xffffffff) {
    throw std::invalid_argument("the seed " + std::to_string(seed) +
                                " is none of numpy's generator; give one from 0 to 4294967295");
  }
  return static_cast<std::uint32_t>(seed);
}

}  // namespace

NumpyRandomState::NumpyRandomState(std::int64_t seed) : twister_(numpy_seed(seed)) {}

double NumpyRandomState::random_sample() {
  return unit_double(twister_);
}

std::int64_t NumpyRandomState::randint(std::int64_t low, std::int64_t high) {
  if (high <= low) {
    throw std::invalid_argument("no whole number from " + std::to_string(low) + " to below " + std::to_string(high));
  }
  const std::uint64_t first = static_cast<std::uint64_t>(low);
  const std::uint64_t last = static_cast<std::uint64_t>(high) - first - 1;
  if (last == 0) return low;
  const std::uint64_t mask = ~std::uint64_t{0} >> std::countl_zero(last);
  const auto draw = [&]() -> std::uint64_t {
    const std::uint64_t word = twister_();
    return last > 0xffffffff ? word << 32 | twister_() : word;
  };
  std::uint64_t drawn = draw() & mask;
  while (drawn > last) drawn = draw() & mask;
  return static_cast<std::int64_t>(first + drawn);
}

std::string NumpyRandomState::state() const {
  return twister_text(twister_);
}

NumpyRandomState NumpyRandomState::from_state(const std::string& state) {
  NumpyRandomState random(0);
  random.twister_ = twister_from(state);
  return random;
}

}  // namespace tensors
