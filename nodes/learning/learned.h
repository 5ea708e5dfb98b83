// SPDX-License-Identifier: MIT
#pragma once

#include "graph/value.h"
#include "methods/learning/optimiser.h"

/// What can be optimised: values by the numbers in them.
namespace nodes {

/// The tensors of a latents, a token or a rendering. Throws std::invalid_argument for any other value.
learning::Tensors tensors_of(const graph::Value& value);

/// The same value with other numbers, as many as tensors_of() gives.
graph::Value with_tensors(const graph::Value& value, const learning::Tensors& tensors);

}  // namespace nodes
