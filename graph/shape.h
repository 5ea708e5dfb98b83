// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "graph/data.h"
#include "graph/mark.h"
#include "graph/scalar.h"

namespace graph {

struct ShapeField;

/// What structured settings must look like: declared in a contract beside the property of type data, and read by the
/// checker, `inspect`, `--help`, the JSON schema and docs/nodes.md.
///   static const Shape kShape = Shape::list_of(
///       Shape::map({{"title", Shape::text(), "what stands there"},
///                   {"weight", Shape::number().at_least(0), "beside the others'", "1"}}).called("region"));
struct Shape {
  enum class Sort { kLeaf, kList, kMap, kOneOf, kAny };
  using Pointer = std::shared_ptr<const Shape>;

  static Shape of(Kind kind);  ///< int, float, bool, string or path
  static Shape whole();
  static Shape number();
  static Shape truth();
  static Shape text();
  static Shape path();
  static Shape list_of(Shape element);
  static Shape map(std::vector<ShapeField> fields);
  /// A map whose keys are anybody's choice.
  static Shape map_of(Shape value);
  /// Anything, left as it is written.
  static Shape any();
  /// The first of these that has the sort of what is written: `string | map`.
  static Shape one_of(std::vector<Shape> shapes);

  Shape at_least(double min) &&;
  Shape at_most(double max) &&;
  /// "cosine|linear": of a text.
  Shape choices(const std::string& names) &&;
  Shape or_null() &&;
  /// So many elements of a list.
  Shape sized(std::size_t least, std::size_t most = std::numeric_limits<std::size_t>::max()) &&;
  /// How messages and help call one.
  Shape called(std::string word) &&;

  Sort sort = Sort::kLeaf;
  Kind kind = Kind::kString;  ///< of a leaf
  Range range{};              ///< of a leaf
  bool nullable = false;
  std::size_t least = 0, most = std::numeric_limits<std::size_t>::max();  ///< elements of a list
  std::string name{};
  std::vector<ShapeField> fields;  ///< of a map
  std::vector<Shape> parts;        ///< a list's element, a map's value under any key, or the shapes of one_of
};

struct ShapeField {
  std::string name;
  Shape shape;
  std::string help;
  std::optional<std::string> value{};  ///< the default, as JSON; none: the field must be there, or is null
  std::string unit{};
  std::vector<std::string> also{};  ///< other names that it may be written by

  ShapeField(std::string field, Shape its_shape, std::string about, std::optional<std::string> otherwise = {},
             std::string its_unit = "")
      : name(std::move(field)),
        shape(std::move(its_shape)),
        help(std::move(about)),
        value(std::move(otherwise)),
        unit(std::move(its_unit)) {}

  /// Files of another program call it so, too.
  ShapeField also_called(std::string other) && {
    also.push_back(std::move(other));
    return std::move(*this);
  }
  /// Whether a name means it: its own or another one, in any of the ways in which names are written.
  bool is_meant_by(const std::string& written) const;
};

/// Data that is not of its shape: everything that is wrong with it, each at its place. what() is the first.
class DataFaults : public std::invalid_argument {
 public:
  explicit DataFaults(std::vector<Fault> faults)
      : std::invalid_argument(faults.empty() ? "" : faults[0].what), faults_(std::move(faults)) {}
  const std::vector<Fault>& list() const { return faults_; }

 private:
  std::vector<Fault> faults_;
};

/// "regions[2].x: …" for "[2].x: …": a fault that read_data() found in data without a name, behind that of the whole.
/// What is wrong with the whole itself is behind ": ".
std::string named_fault(const std::string& whole, const Fault& fault);

/// `data` with its leaves read and defaults filled in: a map has all fields of its shape, in its order, by their own
/// names (`guidanceScale` is guidance_scale, and what a field is also called is that field); relative paths are found.
/// What is read already stays. Throws DataFaults; `name` stands in front of places in it ("regions[2].title").
Data read_data(const Data& data, const Shape& shape, const std::string& name);

/// "list of region", "int in [0, 8] or null": for help and messages.
std::string describe(const Shape& shape);

/// What it holds, a line each, an inner one two spaces further in: for inspect and help. None where describe() says
/// all.
std::vector<std::string> shape_lines(const Shape& shape);

/// A place inside of a data param: "regions[2].title".
struct DataPlace {
  struct Step {
    std::string field;      ///< of a map; "": an element
    std::size_t index = 0;  ///< of a list
  };
  std::string param;
  std::vector<Step> steps;
};

/// The place that a name means; empty when it has neither '[' nor '.'. Throws std::invalid_argument: of another form.
std::optional<DataPlace> parse_place(const std::string& text);
/// `whole` with `value` at a place. `shape`: of the whole, where there is one: a field is replaced by whichever of its
/// names it is written. Throws std::invalid_argument: there is no such element, or something else stands where a list
/// or a map would have to.
Data replaced(const Data& whole, const DataPlace& place, const Data& value, const Shape* shape = nullptr);
/// What stands at a place, or null when nothing does.
const Data* find(const Data& whole, const DataPlace& place);
/// The shape there: null when the place has none of its own (one of several shapes, say).
const Shape* shape_at(const Shape& shape, const DataPlace& place);

}  // namespace graph
