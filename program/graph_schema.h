// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>

#include "graph/registry.h"

namespace program {

/// The JSON Schema (draft 07) of graph files: what a YAML language server completes and checks them by. Each node type
/// allows its own properties and ports alone. A `$param` may stand wherever a scalar is due.
nlohmann::ordered_json graph_schema(const graph::Registry& registry);

/// What stands under a property or a param of type data.
nlohmann::ordered_json shape_schema(const graph::Shape& shape);

}  // namespace program
