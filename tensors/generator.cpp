// SPDX-License-Identifier: MIT
#include "tensors/generator.h"

#include <ATen/CPUGeneratorImpl.h>

#include <cmath>
#include <stdexcept>
#include <string>

namespace tensors {
namespace {

/// at::Generator::clone makes a generator that is never freed: it gives it a count of owners and none of weak owners.
at::Generator copy_of(const at::Generator& generator) {
  auto* const from = generator.get<at::CPUGeneratorImpl>();
  at::Generator copy = at::detail::createCPUGenerator();
  auto* const to = copy.get<at::CPUGeneratorImpl>();
  to->set_engine(from->engine());
  to->set_next_float_normal_sample(from->next_float_normal_sample());
  to->set_next_double_normal_sample(from->next_double_normal_sample());
  return copy;
}

}  // namespace

Generator::Generator(std::int64_t seed)
    : generator_(at::detail::createCPUGenerator(static_cast<std::uint64_t>(seed))) {}
Generator::Generator(const Generator& other) : generator_(copy_of(other.generator_)) {}
Generator& Generator::operator=(const Generator& other) {
  if (this != &other) generator_ = copy_of(other.generator_);
  return *this;
}

at::Tensor Generator::randn(at::IntArrayRef shape) {
  return at::randn(shape, generator_, at::TensorOptions(at::kFloat));
}

at::Tensor Generator::rand(at::IntArrayRef shape) {
  return at::rand(shape, generator_, at::TensorOptions(at::kFloat));
}

/// Not exponential_(): what that draws differs between builds of libtorch.
at::Tensor Generator::exponential(at::IntArrayRef shape) {
  at::Tensor drawn = at::empty(shape, at::TensorOptions(at::kFloat));
  auto* const engine = generator_.get<at::CPUGeneratorImpl>();
  float* const numbers = drawn.data_ptr<float>();
  for (std::int64_t i = 0; i < drawn.numel(); ++i) {
    const double unit = static_cast<double>(engine->random64() & ((std::uint64_t{1} << 53) - 1)) * 0x1p-53;
    numbers[i] = static_cast<float>(-std::log(1.0 - unit));
  }
  return drawn;
}

at::Tensor Generator::state() const {
  return generator_.get_state();
}

Generator Generator::from_state(const at::Tensor& state) {
  Generator generator(0);
  try {
    generator.generator_.set_state(state);
  } catch (const c10::Error&) {
    throw std::invalid_argument("no state of a generator");
  }
  return generator;
}

std::int64_t Generator::randint(std::int64_t low, std::int64_t high) {
  if (high <= low) {
    throw std::invalid_argument("no whole number from " + std::to_string(low) + " to below " + std::to_string(high));
  }
  return at::randint(low, high, {1}, generator_, at::TensorOptions(at::kLong)).item<std::int64_t>();
}

}  // namespace tensors
