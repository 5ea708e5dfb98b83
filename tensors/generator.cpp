// SPDX-License-Identifier: MIT
#include "tensors/generator.h"

#include <ATen/CPUGeneratorImpl.h>

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

}  // namespace tensors
