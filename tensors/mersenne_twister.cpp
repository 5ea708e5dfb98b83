// SPDX-License-Identifier: MIT
#include "tensors/mersenne_twister.h"

#include <algorithm>
#include <array>
#include <locale>
#include <sstream>
#include <stdexcept>

namespace tensors {
namespace {

using State = std::array<std::uint32_t, std::mt19937::state_size>;

/// Hands a state to std::mt19937, which takes one from a seed sequence alone.
class StateSequence {
 public:
  using result_type = std::uint32_t;
  explicit StateSequence(const State& state) : state_(state) {}

  template <class Iterator>
  void generate(Iterator begin, Iterator end) const {
    std::copy_n(state_.begin(), end - begin, begin);
  }

 private:
  const State& state_;
};

/// What std::mt19937 begins with for a seed of one word.
State state_of(std::uint32_t seed) {
  State state;
  state[0] = seed;
  for (std::uint32_t i = 1; i < state.size(); ++i) {
    state[i] = 1812433253U * (state[i - 1] ^ (state[i - 1] >> 30)) + i;
  }
  return state;
}

}  // namespace

std::mt19937 twister_of(std::span<const std::uint32_t> words) {
  State state = state_of(19650218U);
  std::size_t i = 1;
  const auto mixed = [&](std::uint32_t factor) { return state[i] ^ ((state[i - 1] ^ (state[i - 1] >> 30)) * factor); };
  const auto next = [&] {
    if (++i < state.size()) return;
    state[0] = state.back();
    i = 1;
  };
  for (std::size_t k = 0; k < std::max(state.size(), words.size()); ++k) {
    const std::size_t word = k % words.size();
    state[i] = mixed(1664525U) + words[word] + static_cast<std::uint32_t>(word);
    next();
  }
  for (std::size_t k = 1; k < state.size(); ++k) {
    state[i] = mixed(1566083941U) - static_cast<std::uint32_t>(i);
    next();
  }
  state[0] = 0x80000000U;
  StateSequence sequence(state);
  return std::mt19937(sequence);
}

double unit_double(std::mt19937& twister) {
  const std::uint64_t high = twister() >> 5;
  const std::uint64_t low = twister() >> 6;
  return static_cast<double>(high << 26 | low) * 0x1p-53;
}

std::string twister_text(const std::mt19937& twister) {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  text << twister;
  return text.str();
}

std::mt19937 twister_from(const std::string& text) {
  constexpr std::uint64_t kWords = std::mt19937::state_size;
  std::istringstream stream(text);
  stream.imbue(std::locale::classic());
  // 624 words of 32 bits, and how many of them have been drawn: looked at before the library believes them.
  std::uint64_t number = 0, count = 0;
  for (; stream >> number; ++count) {
    if (number > (count < kWords ? 0xffffffff : kWords)) break;
  }
  if (!stream.eof() || count != kWords + 1) throw std::invalid_argument("no state of a Mersenne twister");
  stream.clear();
  stream.seekg(0);
  std::mt19937 twister;
  stream >> twister;
  return twister;
}

}  // namespace tensors
