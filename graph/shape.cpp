// SPDX-License-Identifier: MIT
#include "graph/shape.h"

#include <algorithm>
#include <charconv>

#include "base/names.h"
#include "graph/seeds.h"

namespace graph {
namespace {

std::string counted(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " element" : " elements");
}

std::string sizes_text(const Shape& shape) {
  if (shape.least == shape.most) return counted(shape.least);
  if (shape.most == std::numeric_limits<std::size_t>::max()) return "at least " + counted(shape.least);
  if (shape.least == 0) return "at most " + counted(shape.most);
  return std::to_string(shape.least) + " to " + counted(shape.most);
}

/// Reads data of a shape and gathers what is wrong.
class ShapeReader {
 public:
  Data read(const Data& data, const Shape& shape, const std::string& place) {
    if (shape.sort == Shape::Sort::kAny) return data;
    if (data.is_null()) return read_null(data, shape, place);
    switch (shape.sort) {
      case Shape::Sort::kLeaf:
        return read_leaf(data, shape, place);
      case Shape::Sort::kList:
        return read_list(data, shape, place);
      case Shape::Sort::kMap:
        return read_map(data, shape, place);
      default:
        break;
    }
    return read_one_of(data, shape, place);
  }

  std::vector<Fault> faults;

 private:
  void fault(const Mark& mark, const std::string& place, const std::string& what) {
    faults.push_back({mark, place.empty() ? what : place + ": " + what});
  }

  Data expected(const Data& data, const Shape& shape, const std::string& place) {
    fault(data.mark(), place, "expected " + describe(shape) + ", found " + sort_text(data));
    return data;
  }

  Data read_null(const Data& data, const Shape& shape, const std::string& place) {
    const bool inside = std::ranges::any_of(shape.parts, [](const Shape& part) { return part.nullable; });
    if (shape.nullable || (shape.sort == Shape::Sort::kOneOf && inside)) return data;
    return expected(data, shape, place);
  }

  Data read_leaf(const Data& data, const Shape& shape, const std::string& place) {
    if (data.sort() == Data::Sort::kList || data.sort() == Data::Sort::kMap) return expected(data, shape, place);
    try {
      const Scalar value = leaf_value(data, shape, place);
      try {
        check_range(value, shape.range);
      } catch (const std::invalid_argument& e) {
        throw std::invalid_argument(e.what() + base::did_you_mean(to_text(value), shape.range.choices));
      }
      return leaf_of(value, data);
    } catch (const std::invalid_argument& e) {
      fault(data.mark(), place, e.what());
      return data;
    }
  }

  static Scalar leaf_value(const Data& data, const Shape& shape, const std::string& place) {
    const Kind kind = shape.kind;
    if (data.sort() == Data::Sort::kText)
      return parse_scalar(kind, seed_text(place, kind, shape.range, data.as<std::string>()));
    Scalar given;
    if (data.sort() == Data::Sort::kBool) given = data.as<bool>();
    else if (data.sort() == Data::Sort::kInt) given = data.as<std::int64_t>();
    else if (data.sort() == Data::Sort::kFloat) given = data.as<double>();
    else if (data.sort() == Data::Sort::kPath) given = data.as<Path>();
    else given = data.as<std::string>();
    const std::optional<Scalar> value = convert(given, kind);
    if (!value) {
      throw std::invalid_argument(std::string("expected ") + kind_name(kind) + ", got '" + to_text(given) + "'");
    }
    return *value;
  }

  static Data leaf_of(const Scalar& value, const Data& written) {
    if (const auto* path = std::get_if<Path>(&value))
      return Data::leaf(Path{found_path(path->text, written.folder())}, written.mark());
    return data_of_scalar(value, written.mark());
  }

  Data read_list(const Data& data, const Shape& shape, const std::string& place) {
    if (data.sort() != Data::Sort::kList) return expected(data, shape, place);
    const std::size_t count = data.items().size();
    if (count < shape.least || count > shape.most)
      fault(data.mark(), place, "expected " + sizes_text(shape) + ", found " + std::to_string(count));
    std::vector<Data> items;
    for (std::size_t i = 0; i < count; ++i)
      items.push_back(read(data.items()[i], shape.parts[0], place + "[" + std::to_string(i) + "]"));
    return Data::list(std::move(items), data.mark());
  }

  Data read_map(const Data& data, const Shape& shape, const std::string& place) {
    if (data.sort() != Data::Sort::kMap) return expected(data, shape, place);
    std::vector<DataField> fields;
    if (shape.fields.empty()) {
      for (const DataField& field : data.fields())
        fields.push_back({field.name, read(field.value, shape.parts[0], place + "." + field.name), field.mark});
      return Data::map(std::move(fields), data.mark());
    }
    const std::vector<const DataField*> given = match(data, shape, place);
    for (std::size_t i = 0; i < shape.fields.size(); ++i)
      fields.push_back(read_field(given[i], shape.fields[i], data, place));
    return Data::map(std::move(fields), data.mark());
  }

  /// By field of the shape: what stands under its name, or null.
  std::vector<const DataField*> match(const Data& data, const Shape& shape, const std::string& place) {
    std::vector<const DataField*> given(shape.fields.size());
    for (const DataField& field : data.fields()) {
      std::size_t i = 0;
      while (i < given.size() && shape.fields[i].name != field.name) ++i;
      for (std::size_t k = 0; i == given.size() && k < given.size(); ++k) {
        if (shape.fields[k].is_meant_by(field.name)) i = k;
      }
      if (i == given.size()) {
        unknown(field, shape, place);
      } else if (given[i]) {
        fault(field.mark, place, "field '" + shape.fields[i].name + "' is given twice");
      } else {
        given[i] = &field;
      }
    }
    return given;
  }

  void unknown(const DataField& field, const Shape& shape, const std::string& place) {
    std::vector<std::string> names;
    for (const ShapeField& known : shape.fields) names.push_back(known.name);
    std::string cure = base::did_you_mean(field.name, names);
    if (cure.empty()) cure = "; it has " + base::joined(names);
    fault(field.mark, place, "no field '" + field.name + "'" + cure);
  }

  DataField read_field(const DataField* given, const ShapeField& field, const Data& whole, const std::string& place) {
    const std::string here = place + "." + field.name;
    if (given) return {field.name, read(given->value, field.shape, here), given->mark};
    if (field.value) return {field.name, read(parse_data(*field.value, here), field.shape, here), whole.mark()};
    if (!field.shape.nullable)
      fault(whole.mark(), place,
            "field '" + field.name + "' must be given: " + describe(field.shape) +
                (field.help.empty() ? "" : ", " + field.help));
    return {field.name, Data::null(whole.mark()), whole.mark()};
  }

  Data read_one_of(const Data& data, const Shape& shape, const std::string& place) {
    std::optional<Data> best;
    std::vector<Fault> best_faults;
    for (const Shape& part : shape.parts) {
      const bool leaf = data.sort() != Data::Sort::kList && data.sort() != Data::Sort::kMap;
      const bool may =
          part.sort == Shape::Sort::kOneOf || (leaf                               ? part.sort == Shape::Sort::kLeaf
                                               : data.sort() == Data::Sort::kList ? part.sort == Shape::Sort::kList
                                                                                  : part.sort == Shape::Sort::kMap);
      // A text in quotes is one: "5" is none of `int | string`'s ints.
      if (!may || (part.sort == Shape::Sort::kLeaf && data.quoted() && part.kind < Kind::kString)) continue;
      ShapeReader attempt;
      Data value = attempt.read(data, part, place);
      if (attempt.faults.empty()) return value;
      // Of several that fit by their sort, the one that has least against it says what is wrong.
      if (best && attempt.faults.size() >= best_faults.size()) continue;
      best = std::move(value);
      best_faults = std::move(attempt.faults);
    }
    if (!best) return expected(data, shape, place);
    faults.insert(faults.end(), best_faults.begin(), best_faults.end());
    return *best;
  }
};

std::string field_line(const ShapeField& field) {
  std::string line = field.name + ": " + describe(field.shape) + (field.unit.empty() ? "" : " " + field.unit);
  if (!field.also.empty()) line += ", also " + base::listed(field.also);
  if (field.value) line += ", default " + *field.value;
  else if (!field.shape.nullable) line += ", must be given";
  return line + (field.help.empty() ? "" : ": " + field.help);
}

void add_shape_lines(const Shape& shape, const std::string& indent, std::vector<std::string>& lines) {
  if (shape.sort == Shape::Sort::kMap && !shape.fields.empty()) {
    if (!shape.name.empty()) lines.push_back(indent + shape.name + ":");
    for (const ShapeField& field : shape.fields) {
      lines.push_back(indent + "  " + field_line(field));
      add_shape_lines(field.shape, indent + "    ", lines);
    }
    return;
  }
  for (const Shape& part : shape.parts) add_shape_lines(part, indent, lines);
}

}  // namespace

bool ShapeField::is_meant_by(const std::string& written) const {
  const std::string snake = base::snake_case(written);
  return base::snake_case(name) == snake ||
         std::ranges::any_of(also, [&](const std::string& other) { return base::snake_case(other) == snake; });
}

Shape Shape::of(Kind kind) {
  Shape shape;
  shape.kind = kind;
  return shape;
}

Shape Shape::whole() {
  return of(Kind::kInt);
}

Shape Shape::number() {
  return of(Kind::kFloat);
}

Shape Shape::truth() {
  return of(Kind::kBool);
}

Shape Shape::text() {
  return of(Kind::kString);
}

Shape Shape::path() {
  return of(Kind::kPath);
}

Shape Shape::list_of(Shape element) {
  Shape shape;
  shape.sort = Sort::kList;
  shape.parts.push_back(std::move(element));
  return shape;
}

Shape Shape::map(std::vector<ShapeField> fields) {
  Shape shape;
  shape.sort = Sort::kMap;
  shape.fields = std::move(fields);
  return shape;
}

Shape Shape::map_of(Shape value) {
  Shape shape;
  shape.sort = Sort::kMap;
  shape.parts.push_back(std::move(value));
  return shape;
}

Shape Shape::any() {
  Shape shape;
  shape.sort = Sort::kAny;
  return shape;
}

Shape Shape::one_of(std::vector<Shape> shapes) {
  Shape shape;
  shape.sort = Sort::kOneOf;
  shape.parts = std::move(shapes);
  return shape;
}

Shape Shape::at_least(double min) && {
  range.min = min;
  return std::move(*this);
}

Shape Shape::at_most(double max) && {
  range.max = max;
  return std::move(*this);
}

Shape Shape::choices(const std::string& names) && {
  range.choices = split_choices(names);
  return std::move(*this);
}

Shape Shape::or_null() && {
  nullable = true;
  return std::move(*this);
}

Shape Shape::sized(std::size_t fewest, std::size_t highest) && {
  least = fewest;
  most = highest;
  return std::move(*this);
}

Shape Shape::called(std::string word) && {
  name = std::move(word);
  return std::move(*this);
}

std::string named_fault(const std::string& whole, const Fault& fault) {
  const bool inside = fault.what.starts_with('[') || fault.what.starts_with('.');
  return whole + (inside ? "" : ": ") + fault.what;
}

Data read_data(const Data& data, const Shape& shape, const std::string& name) {
  ShapeReader reader;
  Data value = reader.read(data, shape, name);
  if (!reader.faults.empty()) throw DataFaults(std::move(reader.faults));
  return value;
}

std::string describe(const Shape& shape) {
  std::string text;
  switch (shape.sort) {
    case Shape::Sort::kLeaf:
      text = describe(shape.kind, shape.range);
      break;
    case Shape::Sort::kList: {
      const bool any = shape.least == 0 && shape.most == std::numeric_limits<std::size_t>::max();
      const bool several = shape.parts[0].sort == Shape::Sort::kOneOf || shape.parts[0].nullable;
      const std::string element = describe(shape.parts[0]);
      text = std::string("list of ") + (several ? "(" + element + ")" : element);
      if (!any) text += ", " + sizes_text(shape);
      break;
    }
    case Shape::Sort::kMap:
      text = !shape.name.empty()     ? shape.name
             : !shape.fields.empty() ? "map"
                                     : "map of any names to " + describe(shape.parts[0]);
      break;
    case Shape::Sort::kAny:
      text = "anything";
      break;
    case Shape::Sort::kOneOf: {
      std::vector<std::string> parts;
      for (const Shape& part : shape.parts) parts.push_back(describe(part));
      text = base::listed(parts);
      break;
    }
  }
  return shape.nullable ? text + " or null" : text;
}

std::vector<std::string> shape_lines(const Shape& shape) {
  std::vector<std::string> lines;
  add_shape_lines(shape, "", lines);
  return lines;
}

std::optional<DataPlace> parse_place(const std::string& text) {
  const std::size_t end = text.find_first_of("[.");
  if (end == std::string::npos || end == 0) return std::nullopt;
  DataPlace place{text.substr(0, end), {}};
  const auto refuse = [&](const std::string& what) {
    throw std::invalid_argument("'" + text + "': " + what + "; a place in data is written " + place.param +
                                "[2].field");
  };
  for (std::size_t at = end; at < text.size();) {
    if (text[at] == '[') {
      const std::size_t close = text.find(']', at);
      if (close == std::string::npos) refuse("']' is missing");
      DataPlace::Step step;
      const auto [rest, error] = std::from_chars(text.data() + at + 1, text.data() + close, step.index);
      if (error != std::errc() || rest != text.data() + close || close == at + 1)
        refuse("'" + text.substr(at + 1, close - at - 1) + "' does not count an element (the first is 0)");
      place.steps.push_back(step);
      at = close + 1;
      if (at < text.size() && text[at] != '[' && text[at] != '.') refuse("'.' is missing behind ']'");
    } else {
      const std::size_t next = std::min(text.find_first_of("[.", at + 1), text.size());
      if (next == at + 1) refuse("a field's name is missing");
      place.steps.push_back({text.substr(at + 1, next - at - 1), 0});
      at = next;
    }
  }
  return place;
}

namespace {

/// The words of a place up to a step: for messages.
std::string text_up_to(const DataPlace& place, std::size_t steps) {
  std::string text = place.param;
  for (std::size_t i = 0; i < steps; ++i) {
    const DataPlace::Step& step = place.steps[i];
    text += step.field.empty() ? "[" + std::to_string(step.index) + "]" : "." + step.field;
  }
  return text;
}

/// The field of a map that a step means, by its name or as camelCase has it; the end when there is none.
std::size_t field_at(const std::vector<DataField>& fields, const std::string& name) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name == name) return i;
  }
  const std::string snake = base::snake_case(name);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (base::snake_case(fields[i].name) == snake) return i;
  }
  return fields.size();
}

/// The shape of what a step leads to, or null.
const Shape* shape_behind(const Shape* shape, const DataPlace::Step& step) {
  return shape == nullptr ? nullptr : shape_at(*shape, {"", {step}});
}

/// The field that a step means among those that are written.
std::size_t written_at(const std::vector<DataField>& fields, const std::string& name, const Shape* shape) {
  if (shape != nullptr && shape->sort == Shape::Sort::kMap) {
    const auto meant = std::ranges::find_if(shape->fields, [&](const ShapeField& f) { return f.is_meant_by(name); });
    for (std::size_t i = 0; meant != shape->fields.end() && i < fields.size(); ++i)
      if (meant->is_meant_by(fields[i].name)) return i;
  }
  return field_at(fields, name);
}

Data replace_from(const Data& whole, const DataPlace& place, std::size_t depth, const Data& value, const Shape* shape) {
  if (depth == place.steps.size()) return value;
  const DataPlace::Step& step = place.steps[depth];
  const std::string here = text_up_to(place, depth);
  const Shape* inner = shape_behind(shape, step);
  if (step.field.empty()) {
    if (whole.sort() != Data::Sort::kList)
      throw std::invalid_argument(here + " is " + sort_text(whole) + " and has no elements");
    std::vector<Data> items = whole.items();
    if (step.index >= items.size())
      throw std::invalid_argument(here + " has " + counted(items.size()) + ", and [" + std::to_string(step.index) +
                                  "] is not one of them");
    items[step.index] = replace_from(items[step.index], place, depth + 1, value, inner);
    return Data::list(std::move(items), whole.mark());
  }
  if (whole.sort() != Data::Sort::kMap)
    throw std::invalid_argument(here + " is " + sort_text(whole) + " and has no field '" + step.field + "'");
  std::vector<DataField> fields = whole.fields();
  const std::size_t at = written_at(fields, step.field, shape);
  if (at < fields.size()) {
    fields[at].value = replace_from(fields[at].value, place, depth + 1, value, inner);
  } else {
    // Maps on the way are made; elements of lists are not.
    fields.push_back(
        {step.field, replace_from(Data::map({}, value.mark()), place, depth + 1, value, inner), value.mark()});
  }
  return Data::map(std::move(fields), whole.mark());
}

}  // namespace

Data replaced(const Data& whole, const DataPlace& place, const Data& value, const Shape* shape) {
  return replace_from(whole, place, 0, value, shape);
}

const Data* find(const Data& whole, const DataPlace& place) {
  const Data* at = &whole;
  for (const DataPlace::Step& step : place.steps) {
    if (step.field.empty()) {
      if (at->sort() != Data::Sort::kList || step.index >= at->items().size()) return nullptr;
      at = &at->items()[step.index];
    } else {
      if (at->sort() != Data::Sort::kMap) return nullptr;
      const std::size_t field = field_at(at->fields(), step.field);
      if (field == at->fields().size()) return nullptr;
      at = &at->fields()[field].value;
    }
  }
  return at;
}

const Shape* shape_at(const Shape& shape, const DataPlace& place) {
  const Shape* at = &shape;
  for (const DataPlace::Step& step : place.steps) {
    const Shape::Sort due = step.field.empty() ? Shape::Sort::kList : Shape::Sort::kMap;
    if (at->sort == Shape::Sort::kOneOf) {
      const auto part = std::ranges::find(at->parts, due, &Shape::sort);
      if (part == at->parts.end()) return nullptr;
      at = &*part;
    }
    if (at->sort != due) return nullptr;
    if (due == Shape::Sort::kList || at->fields.empty()) {
      at = &at->parts[0];
      continue;
    }
    const auto field =
        std::ranges::find_if(at->fields, [&](const ShapeField& one) { return one.is_meant_by(step.field); });
    if (field == at->fields.end()) return nullptr;
    at = &field->shape;
  }
  return at->sort == Shape::Sort::kOneOf ? nullptr : at;
}

}  // namespace graph
