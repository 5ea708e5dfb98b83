// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "graph/data.h"
#include "graph/path.h"

namespace graph {

struct Shape;

/// A name of a file that a node writes below the output folder, with fields in braces: any param ({seed}, {seed:04},
/// {style}), {item}, {node}, {graph}, {turn}, {each}. Text in a field is slugged, so that it cannot leave the folder.
struct Pattern {
  std::string text;
  bool operator==(const Pattern&) const = default;
};

/// A number, or one that moves from `from` to `to` across the window in which its node is active.
struct Ramp {
  double from = 0;
  double to = 0;
  /// r in [0,1] is the place in the window: (1-r)·from + r·to.
  double at(double r) const { return (1.0 - r) * from + r * to; }
  bool operator==(const Ramp&) const = default;
};

/// The type of a param or a property.
enum class Kind { kInt, kFloat, kBool, kString, kPath, kPattern, kRamp, kData };

/// "int", "float", "bool", "string", "path", "pattern", "ramp", "data": as written in graph files.
const char* kind_name(Kind kind);
/// The kind of that name; empty when there is none.
std::optional<Kind> kind_of(const std::string& name);
/// All names that a param may declare ("ramp" and "pattern" are for properties alone).
const std::vector<std::string>& param_kind_names();

/// A param's or property's value. Alternative i holds Kind i.
using Scalar = std::variant<std::int64_t, double, bool, std::string, Path, Pattern, Ramp, Data>;
inline Kind kind_of(const Scalar& value) {
  return static_cast<Kind>(value.index());
}

/// What a value must be, beside its kind.
struct Range {
  std::optional<double> min{};
  std::optional<double> max{};
  std::vector<std::string> choices{};
  std::shared_ptr<const Shape> shape{};  ///< of data
};

/// "a|b|c" as a list.
std::vector<std::string> split_choices(const std::string& text);

/// Reads text as `kind`, as people write it: "010" is the int ten, "no" is a string and never a bool, 1e3 is a float
/// and not an int. A ramp's text is one number, or two as "from..to". Throws std::invalid_argument whose what() says
/// what was expected.
Scalar parse_scalar(Kind kind, const std::string& text);

/// Throws std::invalid_argument ("5 is above the maximum 4", "'foo' is not one of a, b, c") when value is out of range.
/// Data is checked where it is read: read_data() of shape.h.
void check_range(const Scalar& value, const Range& range);

/// A value of one kind where another is due: int where a float or a ramp, float where a ramp, string where a path or a
/// pattern is due. Empty when it cannot be.
std::optional<Scalar> convert(const Scalar& value, Kind kind);

/// The shortest text that reads back as the same value; strings as they are; a ramp as "from..to".
std::string to_text(const Scalar& value);

/// A leaf of data; data itself stays as it is.
Data data_of_scalar(const Scalar& value, const Mark& mark);

/// "int in [1, 1000]", "one of area, linear": for help and messages.
std::string describe(Kind kind, const Range& range);

}  // namespace graph
