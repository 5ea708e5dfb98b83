// SPDX-License-Identifier: MIT
#include <stdexcept>

#include "graph/elements.h"
#include "graph/shape.h"

namespace graph {
namespace {

/// One field of each record. State: none; the list is made when the node is.
class Column final : public Node {
 public:
  static Shape records() { return Shape::list_of(Shape::map_of(Shape::any())); }
  static constexpr Prop<Data> kRecords{
      .name = "records", .help = "maps from names to values, such as [{title: a cat, seed: 3}]", .shape = records};
  static constexpr Prop<std::string> kName{.name = "name", .help = "the field of each record that is sent"};
  static constexpr Prop<std::string> kAs{
      .name = "as", .help = "the type of the list", .value = "string[]", .choices = "int[]|float[]|bool[]|string[]"};
  static constexpr Out<Value> kValues{
      "values", "the field's value in each record, in their order; an empty place where a record has none", "as"};

  static Contract contract() {
    return Contract("column", "Sends one field of each record as a list: what an each walks.", kValues, kRecords, kName,
                    kAs)
        .family("flow")
        .example("seeds: {type: column, records: $scenes, name: seed, as: \"int[]\"}");
  }

  explicit Column(const Props& props) {
    const std::string as = props.get(kAs);
    if (as == "int[]") make<std::int64_t>(props, Kind::kInt);
    else if (as == "float[]") make<double>(props, Kind::kFloat);
    else if (as == "bool[]") make<bool>(props, Kind::kBool);
    else make<std::string>(props, Kind::kString);
  }

  void process(Context& cx) const override { cx.send(kValues, Value(values_)); }

 private:
  template <class T>
  void make(const Props& props, Kind kind) {
    const std::string name = props.get(kName);
    std::vector<Value> places;
    const std::vector<Data> records = props.get(kRecords).items();
    for (std::size_t i = 0; i < records.size(); ++i) {
      const Data* cell = records[i].find(name);
      const std::string place = "records[" + std::to_string(i) + "]." + name;
      if (!cell || cell->is_null()) places.emplace_back();
      else places.push_back(Value::of<T>(T(read_cell(*cell, kind, place).as<T>())));
    }
    values_ = Value::list(value_type<T>(), std::move(places));
  }

  /// A text that looks like a number is one where texts are due; and every number is a float.
  static Data read_cell(const Data& cell, Kind kind, const std::string& place) {
    const bool number = cell.sort() >= Data::Sort::kBool && cell.sort() <= Data::Sort::kFloat;
    return kind == Kind::kString && number ? Data::leaf(leaf_text(cell)) : read_data(cell, Shape::of(kind), place);
  }

  Value values_;
};

}  // namespace

void add_column(Registry& registry) {
  registry.add<Column>();
}

}  // namespace graph
