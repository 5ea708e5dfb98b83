// SPDX-License-Identifier: MIT
#include "graph/plan.h"

#include <stdexcept>

#include "graph/planning/planner.h"
#include "graph/shape.h"

namespace graph {

Plan::Plan(std::shared_ptr<const Graph> graph, const std::vector<Assignment>& assignments) : graph_(std::move(graph)) {
  std::vector<Fault> faults;
  Planner planner(*this, faults);
  planner.set_params(assignments);
  if (!faults.empty()) throw Faults(faults);
  planner.set_sweeps();
  planner.set_strides();
  if (!faults.empty()) throw Faults(faults);
  planner.set_scopes();
  planner.check_properties();
  if (!faults.empty()) throw Faults(faults);
  planner.set_first_turns();
  planner.check_patterns();
  if (!faults.empty()) throw Faults(faults);
}

std::int64_t Plan::stride_digit(int sweep, int item) const {
  return item / strides_[sweep] % static_cast<std::int64_t>(sweeps_[sweep].values.size());
}

std::int64_t Plan::group(Scope scope, int item) const {
  std::int64_t group = 0;
  for (std::size_t k = 0; k < sweeps_.size(); ++k) {
    if (!(scope & (Scope{1} << k))) continue;
    group = group * static_cast<std::int64_t>(sweeps_[k].values.size()) + stride_digit(static_cast<int>(k), item);
  }
  return group;
}

std::int64_t Plan::groups(Scope scope) const {
  std::int64_t count = 1;
  for (std::size_t k = 0; k < sweeps_.size(); ++k) {
    if (scope & (Scope{1} << k)) count *= static_cast<std::int64_t>(sweeps_[k].values.size());
  }
  return count;
}

int Plan::first_item(Scope scope, int item) const {
  std::int64_t first = 0;
  for (std::size_t k = 0; k < sweeps_.size(); ++k) {
    if (scope & (Scope{1} << k)) first += stride_digit(static_cast<int>(k), item) * strides_[k];
  }
  return static_cast<int>(first);
}

std::vector<int> Plan::members(Scope scope, int item) const {
  std::vector<int> members{first_item(scope, item)};
  for (std::size_t k = 0; k < sweeps_.size(); ++k) {  // slowest first, so that the list stays ascending
    if (scope & (Scope{1} << k)) continue;
    std::vector<int> more;
    more.reserve(members.size() * sweeps_[k].values.size());
    for (int member : members) {
      for (std::size_t v = 0; v < sweeps_[k].values.size(); ++v) {
        more.push_back(member + static_cast<int>(static_cast<std::int64_t>(v) * strides_[k]));
      }
    }
    members.swap(more);
  }
  return members;
}

Props Plan::props(int node, int item) const {
  const GraphNode& spec = graph_->nodes[node];
  std::vector<Scalar> values;
  values.reserve(spec.props.size());
  for (const Expr& expr : spec.props) values.push_back(evaluate(expr, item));
  return Props(spec.type->contract, std::move(values));
}

Item Plan::describe(Scope scope, int item) const {
  Item result;
  result.index = first_item(scope, item);
  for (std::size_t i = 0; i < graph_->params.size(); ++i) {
    if (graph_->params[i].bound) continue;
    const int sweep = sweep_of_[i];
    if (follows_[i] && (scope_of(*graph_->params[i].value) & ~scope) != 0) continue;
    if (sweep >= 0 && !(scope & (Scope{1} << sweep))) continue;
    result.params.push_back(
        {graph_->params[i].id, param(static_cast<int>(i), item), sweep >= 0, graph_->params[i].section});
    if (sweep < 0) continue;
    result.label +=
        (result.label.empty() ? "" : ", ") + graph_->params[i].id + "=" + to_text(result.params.back().value);
  }
  return result;
}

std::string Plan::label(int item) const {
  return describe(~Scope{0}, item).label;
}

Scalar Plan::param(int param, int item) const {
  if (follows_[param]) return evaluate(*graph_->params[param].value, item);
  const int sweep = sweep_of_[param];
  return values_[param][sweep < 0 ? 0 : static_cast<std::size_t>(stride_digit(sweep, item))];
}

bool Plan::is_swept(int param) const {
  return follows_[param] ? scope_of(*graph_->params[param].value) != 0 : sweep_of_[param] >= 0;
}

Scope Plan::scope_of(const Expr& expr) const {
  Scope scope = 0;
  for (const int param : expr.params()) {
    if (follows_[param]) {
      scope |= scope_of(*graph_->params[param].value);
    } else if (sweep_of_[param] >= 0) {
      scope |= Scope{1} << sweep_of_[param];
    }
  }
  return scope;
}

namespace {

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

}  // namespace

Scalar Plan::evaluate(const FormulaPiece& piece, int item) const {
  try {
    return piece.formula->value([&](std::size_t name) -> Scalar {
      const int index = piece.params[name];
      Scalar value = param(index, item);
      if (!is_null(value)) return value;
      const Kind kind = graph_->params[index].kind;
      if (kind == Kind::kString || kind == Kind::kPath) return std::string();
      throw std::invalid_argument("$(" + piece.text + "): param '" + graph_->params[index].id + "' is null");
    });
  } catch (const FormulaError& error) {
    throw std::invalid_argument("$(" + piece.text + "): " + error.what());
  }
}

Scalar Plan::evaluate(const Expr& expr, int item) const {
  if (expr.is_constant()) {
    if (const auto* path = std::get_if<Path>(&expr.constant)) return Path{located(path->text, expr.folder)};
    return expr.constant;
  }
  if (expr.pieces.size() == 1 && std::holds_alternative<int>(expr.pieces[0])) {
    const int index = std::get<int>(expr.pieces[0]);
    const Scalar value = param(index, item);
    if (is_null(value) && expr.kind != Kind::kData) return expr.constant;
    const std::optional<Scalar> converted = convert(value, expr.kind);
    if (!converted) {
      throw std::invalid_argument(std::string("expected ") + kind_name(expr.kind) + ", got " +
                                  kind_name(kind_of(value)) + " param '" + graph_->params[index].id + "'");
    }
    if (follows_[index]) check_range(*converted, graph_->params[index].range);
    return shaped(*converted, expr);
  }
  if (expr.pieces.size() == 1 && std::holds_alternative<ChoicePiece>(expr.pieces[0])) {
    const auto& choice = std::get<ChoicePiece>(expr.pieces[0]);
    const std::string by = to_text(param(choice.param, item));
    for (const auto& [name, value] : choice.values) {
      if (name == by) return value;
    }
    throw std::logic_error("a default for every choice was checked with the graph");
  }
  if (!expr.leaves.empty()) {
    Data data = std::get<Data>(expr.constant);
    for (const DataLeaf& leaf : expr.leaves) data = with_leaf(data, leaf.place, 0, evaluate(leaf.value, item));
    return shaped(data, expr);
  }
  if (expr.pieces.size() == 1 && std::holds_alternative<FormulaPiece>(expr.pieces[0])) {
    const Scalar value = evaluate(std::get<FormulaPiece>(expr.pieces[0]), item);
    if (const std::optional<Scalar> converted = convert(value, expr.kind); converted && expr.kind != Kind::kPath)
      return *converted;
  }
  std::string text;
  for (const auto& piece : expr.pieces) {
    if (const int* index = std::get_if<int>(&piece)) text += words_of_param(param(*index, item));
    else if (const auto* words = std::get_if<std::string>(&piece)) text += *words;
    else text += to_text(evaluate(std::get<FormulaPiece>(piece), item));
  }
  const Scalar value = parse_scalar(expr.kind, text);
  if (const auto* path = std::get_if<Path>(&value)) return Path{located(path->text, expr.folder)};
  return value;
}

}  // namespace graph
