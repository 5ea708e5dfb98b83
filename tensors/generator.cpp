// SPDX-License-Identifier: MIT
#include "tensors/generator.h"

#include <ATen/CPUGeneratorImpl.h>

namespace tensors {

Generator::Generator(std::int64_t seed)
    : generator_(at::detail::createCPUGenerator(static_cast<std::uint64_t>(seed))) {}
Generator::Generator(const Generator& other) : generator_(other.generator_.clone()) {}
Generator& Generator::operator=(const Generator& other) {
  if (this != &other) generator_ = other.generator_.clone();
  return *this;
}

at::Tensor Generator::randn(at::IntArrayRef shape) {
  return at::randn(shape, generator_, at::TensorOptions(at::kFloat));
}

}  // namespace tensors
