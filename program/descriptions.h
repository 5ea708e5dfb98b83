// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "graph/graph.h"
#include "graph/registry.h"

/// Node types in words: the list, all about one, JSON for tools, and the page docs/nodes.md.
namespace program {

std::string list_types(const graph::Registry& registry);
std::string describe_type(const graph::NodeType& type);
std::string markdown_page(const graph::Registry& registry);
/// A graph's nodes with the ports that they have there, their types, and what feeds them.
std::string ports_text(const graph::Graph& graph);
nlohmann::ordered_json ports_json(const graph::Graph& graph);

nlohmann::ordered_json type_json(const graph::NodeType& type);

/// "int in [1, 8192] px", "string", "one of area, linear"
std::string property_type(const graph::PropSpec& prop);

/// A scalar as JSON: numbers and bools as such, the others as text; a ramp as {"from", "to"}, or a number when it is
/// flat.
nlohmann::ordered_json scalar_json(const graph::Scalar& value);

/// "the name of its type, or "any".
std::string type_name(const graph::ValueType* type);

}  // namespace program
