// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "graph/shape.h"

namespace program {

/// Data as people type it on a command line or in a cell of a table: `@FILE`, YAML or JSON in brackets, braces or
/// quotes, `null`, or a text as it is. Where a list of plain values is due, `96,96` is one. `mark` is the place of it;
/// relative paths count from `folder`, where they are not in the working folder. Throws graph::Faults: a file that
/// cannot be read, not YAML.
graph::Data data_value(const graph::Shape* shape, const std::string& text, const graph::Mark& mark,
                       const std::string& folder = "");

}  // namespace program
