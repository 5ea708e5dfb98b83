// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace graph {

/// The ABI that a plugin was built for, read from the file without loading it: loading would run its initialisers, and
/// would fail at the first symbol that has changed before anybody could say why.
/// Throws std::runtime_error with the reason alone: no shared library of this machine, or no decoupage plugin.
std::string read_plugin_abi(const std::string& file);

}  // namespace graph
