// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace base {

/// [A-Za-z_][A-Za-z0-9_-]*: what graphs, nodes, params, ports and types may be called.
bool is_name(const std::string& text);

/// "a, b, c"
std::string joined(const std::vector<std::string>& words);

}  // namespace base
