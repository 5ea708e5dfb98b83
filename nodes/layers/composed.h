// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "nodes/values.h"

namespace nodes {

/// Layers of compose-layers. Throws std::runtime_error for others.
std::vector<Layer> composed_layers(const graph::List<Layer>& layers);

}  // namespace nodes
