// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "graph/registry.h"

namespace nodes {

class Services;

/// Adds every node type of this folder. `services`: what they share; null: such as they make by themselves.
void register_all(graph::Registry& registry, std::shared_ptr<Services> services = nullptr);

}  // namespace nodes
