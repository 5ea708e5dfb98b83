// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "graph/scalar.h"

/// Names of files that nodes write: texts with fields in braces. "{{" and "}}" are braces.
///   {seed}, {seed:04}          the field's value; for ints with at least so many digits
///   {stem?A|B}                 A when the field says something, else B: patterns themselves; |B may be left out
///   {seed:swept?A|B}           A when the run gives the field several values
/// What says nothing: false, 0, and text without a letter or digit of ASCII.
namespace graph {

/// A piece of a Pattern: a text, a field, or a choice between two patterns.
struct PatternPiece {
  enum class Sort { kText, kField, kChoice };
  Sort sort = Sort::kText;
  std::string text;    ///< the text, or the field's name
  int width = 0;       ///< {seed:04}
  bool swept = false;  ///< {seed:swept?…}
  std::vector<PatternPiece> then, otherwise;
};

/// What a pattern's fields stand for.
struct PatternValues {
  /// Text is slugged on its way into a name, but for a Pattern, which is a name already.
  std::function<Scalar(const std::string& field)> value;
  std::function<bool(const std::string& field)> swept;
};

/// The fields that are the run's own, so that params cannot have their names: item, node, graph, turn, each, id,
/// overrides.
const std::vector<std::string>& own_fields();

/// Throws std::invalid_argument: a brace that does not close, an empty field, a width that is not a number.
std::vector<PatternPiece> parse_pattern(const std::string& text);

/// Names of all of a pattern's fields. Throws as parse_pattern.
std::vector<std::string> pattern_fields(const std::string& text);

/// Those that matter with these values: what choices ask for, and what stands in the parts that they take.
std::vector<std::string> pattern_fields(const std::string& text, const PatternValues& values);

/// Why no file of such a name could lie below the output folder: it is absolute, or climbs. "" when it may.
std::string leaves_output_folder(const std::string& text);

/// Puts values in place of the fields. Throws as parse_pattern, and what `values` throws.
std::string expand_pattern(const std::string& text, const PatternValues& values);

/// base::words_of(), at most `most` characters; "_" when nothing is left. So a text can stand in a file name.
std::string slug(const std::string& text, std::size_t most = 50);

/// What people know a file or folder by: its name without folder and ending.
std::string stem_of(const Path& path);

/// Settings as a part of a name: "cut_0_5__style_washed". Each is a slug of name and value (of a path its stem), they
/// are joined by "__"; what goes beyond 120 bytes is cut off, and "__h_" and 8 digits of the whole's SHA-1 are put
/// in its place. Source: CollageNet's file names.
std::string settings_text(const std::vector<std::pair<std::string, Scalar>>& settings);

}  // namespace graph
