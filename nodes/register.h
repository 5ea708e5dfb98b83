// SPDX-License-Identifier: MIT
#pragma once

#include "graph/registry.h"

namespace nodes {

/// Adds every node type of this folder.
void register_all(graph::Registry& registry);

}  // namespace nodes
