// SPDX-License-Identifier: MIT
// Structured settings: leaves that name params, and defaults that go by one.
#include <algorithm>
#include <stdexcept>

#include "base/names.h"
#include "graph/checking/check_state.h"

namespace graph::checking {
namespace {

/// Reads the leaves that name params.
class TreeReader {
 public:
  TreeReader(const ValueSite& place, Expr& expr) : site_(place), expr_(expr) {}

  bool good = true;

  Data read(const Data& data) {
    switch (data.sort()) {
      case Data::Sort::kText:
        return data.as<std::string>().find('$') == std::string::npos ? data : read_leaf(data);
      case Data::Sort::kList: {
        std::vector<Data> items;
        for (const Data& item : data.items()) items.push_back(read_at(items.size(), item));
        return Data::list(std::move(items), data.mark());
      }
      case Data::Sort::kMap: {
        std::vector<DataField> fields;
        for (const DataField& field : data.fields())
          fields.push_back({field.name, read_at(fields.size(), field.value), field.mark});
        return Data::map(std::move(fields), data.mark());
      }
      default:
        return data;
    }
  }

 private:
  Data read_at(std::size_t index, const Data& data) {
    at_.push_back(index);
    Data result = read(data);
    at_.pop_back();
    return result;
  }

  Data read_leaf(const Data& data) {
    const Written written{data.as<std::string>(), data.mark(), !data.quoted()};
    const Kind kind = kind_of_value(site_, written.text).value_or(Kind::kString);
    std::optional<Expr> value = unfed(site_, read_expr(site_, written, kind, {}));
    if (!value) {
      good = false;
      return data;
    }
    if (!value->is_constant()) {
      expr_.leaves.push_back({at_, std::move(*value)});
      return data;
    }
    if (const auto* text = std::get_if<std::string>(&value->constant))  // "$$5" is the text $5
      return Data::text(*text, !data.quoted(), data.mark(), data.folder());
    return data_of_scalar(value->constant, data.mark());
  }

  const ValueSite& site_;
  Expr& expr_;
  std::vector<std::size_t> at_;
};

}  // namespace

void add_faults(const ValueSite& place, const DataFaults& faults) {
  const std::string whole = place.owner.substr(0, place.owner.rfind(": "));
  for (const Fault& fault : faults.list()) place.state.faults.add(fault.mark, named_fault(whole, fault));
}

std::optional<Expr> read_tree(const ValueSite& place, Expr expr, const Written& written, const Range& range) {
  const Data tree = written.tree   ? *written.tree
                    : written.null ? Data::null(written.mark)
                                   : Data::text(written.text, written.plain, written.mark, place.folder);
  TreeReader reader(place, expr);
  Data data = reader.read(tree);
  if (!reader.good) return std::nullopt;
  expr.constant_set = expr.leaves.empty();
  try {
    expr.constant = expr.constant_set && range.shape ? read_data(data, *range.shape, "") : std::move(data);
  } catch (const DataFaults& faults) {
    add_faults(place, faults);
    return std::nullopt;
  }
  return expr;
}

std::optional<Expr> read_choice(const ValueSite& place, const Written& written, const ParamInput& param) {
  State& state = place.state;
  const auto fault = [&](const Mark& mark, const std::string& what) {
    state.faults.add(mark, place.owner + what);
    return std::nullopt;
  };
  const Data& by = (*written.tree)["by"];
  if (by.sort() != Data::Sort::kText)
    return fault(by.mark(), std::string("by: expected a param, found ") + sort_text(by));
  const std::string& name = by.as<std::string>();
  const auto found = place.sheet.params.find(name);
  if (found == place.sheet.params.end()) {
    std::vector<std::string> names;
    for (const auto& entry : place.sheet.params) names.emplace_back(entry.first);
    return fault(by.mark(), "by: no param '" + name + "' above this one" + state.faults.suggest(name, names));
  }
  const Param& decides = state.graph.params[found->second];
  if (decides.range.choices.empty()) {
    return fault(by.mark(), "by: param '" + name + "' has no choices: a default can go by one that has");
  }
  state.param_used[found->second] = true;
  ChoicePiece choice{found->second, {}};
  for (const DataField& field : written.tree->fields()) {
    if (field.name == "by") continue;
    if (std::ranges::count(decides.range.choices, field.name) == 0) {
      return fault(field.mark, "'" + field.name + "' is not one of the choices of " + name + ": " +
                                   base::joined(decides.range.choices));
    }
    const Data& value = field.value;
    Written one{value.sort() == Data::Sort::kText ? value.as<std::string>() : "", value.mark(), !value.quoted(),
                value.is_null()};
    if (value.sort() == Data::Sort::kList || value.sort() == Data::Sort::kMap) one.tree = value;
    const std::optional<Expr> expr = read_expr(place, one, param.kind, param.range);
    if (!expr) return std::nullopt;
    if (!expr->is_constant()) return fault(value.mark(), "a default that goes by a param names no other");
    choice.values.emplace_back(field.name, expr->constant);
  }
  for (const std::string& one : decides.range.choices) {
    if (std::ranges::count(choice.values, one, &std::pair<std::string, Scalar>::first) == 0)
      return fault(written.mark, "there is no default for " + name + ": " + one);
  }
  Expr expr;
  expr.kind = param.kind;
  expr.mark = written.mark;
  expr.folder = place.folder;
  expr.constant_set = false;
  expr.pieces.emplace_back(std::move(choice));
  return expr;
}

void spread_shapes(State& state) {
  std::vector<Param>& params = state.graph.params;
  for (std::size_t i = params.size(); i-- > 0;) {  // what a bin's param is given by stands before it
    const Param& param = params[i];
    if (!param.bound || !param.range.shape || !param.value || param.value->pieces.size() != 1) continue;
    const int* source = std::get_if<int>(&param.value->pieces[0]);
    if (source && !params[*source].range.shape) params[*source].range.shape = param.range.shape;
  }
}

}  // namespace graph::checking
