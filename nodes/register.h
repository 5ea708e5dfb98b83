// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "graph/registry.h"

namespace nodes {

class Services;

/// The side, in px, of the pictures that a model is made for. Throws what Services::model throws.
using SideOf = std::function<int(const std::string& model)>;

/// Asks `services`.
SideOf side_by(std::shared_ptr<Services> services);

/// Adds the families image and testing. Their code needs no libtorch, and the program loads it apart from the rest.
void register_pictures(graph::Registry& registry, const SideOf& side_of);

/// Adds the other families.
void register_models(graph::Registry& registry, const std::shared_ptr<Services>& services);

/// Adds every node type of this folder. `services`: what they share; null: such as they make by themselves.
void register_all(graph::Registry& registry, std::shared_ptr<Services> services = nullptr);

}  // namespace nodes
