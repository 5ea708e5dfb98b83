// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "tensors/torch.h"

namespace tensors {

/// A source of random numbers as a value: torch's CPU generator (Mersenne twister), so that a seed draws what it draws
/// in diffusers, on every device. Copying copies its state; who draws from a copy leaves the others as they were.
class Generator {
 public:
  explicit Generator(std::int64_t seed);
  Generator(const Generator& other);
  Generator& operator=(const Generator& other);
  Generator(Generator&&) noexcept = default;
  Generator& operator=(Generator&&) noexcept = default;

  /// Standard normal float32 numbers on the CPU; advances the generator. Numbers depend on the shape: a (2,4,8,8) is
  /// not two (1,4,8,8), and below 16 elements torch uses another algorithm.
  at::Tensor randn(at::IntArrayRef shape);
  /// Uniform float32 numbers in [0, 1) on the CPU, of 24 bits.
  at::Tensor rand(at::IntArrayRef shape);
  /// Exponential float32 numbers of mean 1 on the CPU, > 0 but for one in 2^53, as torch draws them where it is built
  /// without MKL, one after the other. Their negative logarithm is Gumbel's distribution.
  at::Tensor exponential(at::IntArrayRef shape);
  /// Uniform in low … high − 1. Throws std::invalid_argument when high ≤ low.
  std::int64_t randint(std::int64_t low, std::int64_t high);

  /// Where it stands, as torch.Generator.get_state() has it: bytes (5056) u8, which draw on from there.
  at::Tensor state() const;
  /// Throws std::invalid_argument for what is no such state.
  static Generator from_state(const at::Tensor& state);

 private:
  at::Generator generator_;
};

}  // namespace tensors
