// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace graph {

/// A line of the program's log, for what a node has to say when it is opened; for what it has to say of an item there
/// is Context::warn. Apart from the log's own headers, which not all that libraries of nodes include go together with.
/// Thread-safe.
void log_warning(const std::string& text);

}  // namespace graph
