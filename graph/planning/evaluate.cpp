// SPDX-License-Identifier: MIT
#include "graph/evaluate.h"

#include <stdexcept>

#include "graph/shape.h"

namespace graph {
namespace {
using ParamValue = std::function<Scalar(int param)>;

bool is_null(const Scalar& value) {
  const auto* data = std::get_if<Data>(&value);
  return data && data->is_null();
}

/// As a piece of a text, where null is nothing.
std::string words_of_param(const Scalar& value) {
  return is_null(value) ? "" : to_text(value);
}

/// Data as the node gets it that declares its shape.
Scalar shaped(const Scalar& value, const Expr& expr) {
  const auto* data = std::get_if<Data>(&value);
  return data && expr.shape ? Scalar(read_data(*data, *expr.shape, "")) : value;
}

/// Data with another leaf at a place of a DataLeaf.
Data with_leaf(const Data& whole, const std::vector<std::size_t>& place, std::size_t depth, const Scalar& value) {
  if (depth == place.size()) return data_of_scalar(value, whole.mark());
  if (whole.sort() == Data::Sort::kList) {
    std::vector<Data> items = whole.items();
    items[place[depth]] = with_leaf(items[place[depth]], place, depth + 1, value);
    return Data::list(std::move(items), whole.mark());
  }
  std::vector<DataField> fields = whole.fields();
  fields[place[depth]].value = with_leaf(fields[place[depth]].value, place, depth + 1, value);
  return Data::map(std::move(fields), whole.mark());
}

Scalar choice_value(const ChoicePiece& choice, const ParamValue& param) {
  const std::string by = to_text(param(choice.param));
  for (const auto& [name, value] : choice.values) {
    if (name == by) return value;
  }
  throw std::logic_error("a default for every choice was checked with the graph");
}

Scalar formula_value(const Graph& graph, const FormulaPiece& piece, const ParamValue& param) {
  try {
    return piece.formula->value([&](std::size_t name) -> Scalar {
      const int index = piece.params[name];
      Scalar value = param(index);
      if (!is_null(value)) return value;
      const Kind kind = graph.params[index].kind;
      if (kind == Kind::kString || kind == Kind::kPath) return std::string();
      throw std::invalid_argument("$(" + piece.text + "): param '" + graph.params[index].id + "' is null");
    });
  } catch (const FormulaError& error) {
    throw std::invalid_argument("$(" + piece.text + "): " + error.what());
  }
}

}  // namespace

Scalar evaluate(const Graph& graph, const Expr& expr, const ParamValue& param) {
  if (expr.is_constant()) {
    if (const auto* path = std::get_if<Path>(&expr.constant)) return Path{located(path->text, expr.folder)};
    return expr.constant;
  }
  if (expr.pieces.size() == 1 && std::holds_alternative<int>(expr.pieces[0])) {
    const int index = std::get<int>(expr.pieces[0]);
    const Scalar value = param(index);
    if (is_null(value) && expr.kind != Kind::kData) return expr.constant;
    const std::optional<Scalar> converted = convert(value, expr.kind);
    if (!converted) {
      throw std::invalid_argument(std::string("expected ") + kind_name(expr.kind) + ", got " +
                                  kind_name(kind_of(value)) + " param '" + graph.params[index].id + "'");
    }
    // What is given was checked; what follows from others may be out of range at some of their values.
    const Param& its = graph.params[index];
    if (its.bound || (its.value && !its.value->is_constant())) check_range(*converted, its.range);
    return shaped(*converted, expr);
  }
  if (expr.pieces.size() == 1 && std::holds_alternative<ChoicePiece>(expr.pieces[0]))
    return choice_value(std::get<ChoicePiece>(expr.pieces[0]), param);
  if (!expr.leaves.empty()) {
    Data data = std::get<Data>(expr.constant);
    for (const DataLeaf& leaf : expr.leaves) data = with_leaf(data, leaf.place, 0, evaluate(graph, leaf.value, param));
    return shaped(data, expr);
  }
  if (expr.pieces.size() == 1 && std::holds_alternative<FormulaPiece>(expr.pieces[0])) {
    const Scalar value = formula_value(graph, std::get<FormulaPiece>(expr.pieces[0]), param);
    if (const std::optional<Scalar> converted = convert(value, expr.kind); converted && expr.kind != Kind::kPath)
      return *converted;
  }
  std::string text;
  for (const auto& piece : expr.pieces) {
    if (const int* index = std::get_if<int>(&piece)) text += words_of_param(param(*index));
    else if (const auto* words = std::get_if<std::string>(&piece)) text += *words;
    else text += to_text(formula_value(graph, std::get<FormulaPiece>(piece), param));
  }
  const Scalar value = parse_scalar(expr.kind, text);
  if (const auto* path = std::get_if<Path>(&value)) return Path{located(path->text, expr.folder)};
  return value;
}

}  // namespace graph
