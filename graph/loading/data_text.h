// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "graph/data.h"
#include "graph/loading/yaml.h"

namespace graph {

/// A part of a YAML file as data. Relative paths in it count from `folder`. A fault, and null: too many values.
Data data_of(const YamlDocument& document, const YamlNode& node, const std::string& folder, FaultList& faults);

}  // namespace graph
