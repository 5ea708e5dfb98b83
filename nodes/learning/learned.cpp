// SPDX-License-Identifier: MIT
#include "nodes/learning/learned.h"

#include <stdexcept>

#include "nodes/values.h"

namespace nodes {
namespace {

/// Calls `use` with the value as what it is.
template <class Use>
auto as_learned(const graph::Value& value, const Use& use) {
  if (value.type() == graph::value_type<Latents>()) return use(value.as<Latents>());
  if (value.type() == graph::value_type<Token>()) return use(value.as<Token>());
  if (value.type() == graph::value_type<Rendering>()) return use(value.as<Rendering>());
  throw std::invalid_argument(std::string("a ") + value.type().name +
                              " cannot be optimised; latents, a token or a rendering can");
}

}  // namespace

learning::Tensors tensors_of(const graph::Value& value) {
  return as_learned(value, [](const auto& learned) {
    learning::Tensors tensors;
    learned.with([&](const at::Tensor& one) {
      if (one.defined()) tensors.push_back(one);
      return one;
    });
    return tensors;
  });
}

graph::Value with_tensors(const graph::Value& value, const learning::Tensors& tensors) {
  return as_learned(value, [&](const auto& learned) {
    auto next = tensors.begin();
    return graph::Value::of(learned.with([&](const at::Tensor& one) { return one.defined() ? *next++ : one; }));
  });
}

}  // namespace nodes
