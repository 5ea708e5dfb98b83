// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "base/limits.h"
#include "graph/scalar.h"

/// How values are written on the command line.
///
/// A flag, `--NAME VALUE`:
///   int, float   `7`, a list `1,2,5`, a range `0..63` (both ends belong to it) or `0..1..0.25` (with a step, which is
///   a
///                size: the direction follows from the ends), or several of them: `0..3,8`
///   bool         `true` or `false`, or a list `true,false`
///   string, path literally what is there: "a cat, sitting" is one value
/// `--sweep NAME=V,V` splits at commas whatever the type is; a value that holds a comma stands in double quotes or has
/// a backslash before the comma: `--sweep 'prompt="a cat, sitting",a dog'`.
namespace program {

/// Most values that one param may be given.
inline constexpr base::Limit kMostValues{"sweep-values"};

/// What the text of a flag stands for. Throws std::invalid_argument that says what was expected.
std::vector<graph::Scalar> flag_values(graph::Kind kind, const std::string& text);

/// What the text of --sweep stands for. Throws as flag_values, and for a quote that does not close.
std::vector<graph::Scalar> sweep_values(graph::Kind kind, const std::string& text);

}  // namespace program
