// SPDX-License-Identifier: MIT
#pragma once

#include <functional>

#include "graph/registry.h"
#include "tensors/torch.h"

namespace nodes {

/// Says how checkpoints keep the types of the table in nodes/keeping.cpp that can be read back: dtype, layout in memory
/// and bits of their tensors, and that they were on the run's device, which `device` is asked for when they are put
/// there again. What the language itself keeps (numbers, texts) is left out.
void keep_values(graph::Registry& registry, const std::function<at::Device()>& device);

}  // namespace nodes
