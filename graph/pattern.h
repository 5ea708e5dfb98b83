// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "graph/scalar.h"

namespace graph {

/// A piece of a Pattern: a text, or a field in braces. "{{" and "}}" are braces.
struct PatternPiece {
  bool is_field = false;
  std::string text;  ///< the text, or the field's name
  int width = 0;     ///< {seed:04}: at least so many digits, for ints
};

/// Throws std::invalid_argument: a brace that does not close, an empty field, a width that is none.
std::vector<PatternPiece> parse_pattern(const std::string& text);

/// Names of a pattern's fields. Throws as parse_pattern.
std::vector<std::string> pattern_fields(const std::string& text);

/// Puts values in place of the fields. Text values are slugged. Throws as parse_pattern, and what `value` throws.
std::string expand_pattern(const std::string& text, const std::function<Scalar(const std::string& field)>& value);

/// Lower case, runs of anything but a-z and 0-9 become one '_', none at the ends, at most 50 characters; "_" when
/// nothing is left. So a text can stand in a file name.
std::string slug(const std::string& text);

}  // namespace graph
