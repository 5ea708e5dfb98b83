// SPDX-License-Identifier: MIT
#include <algorithm>
#include <set>
#include <stdexcept>

#include "graph/checking/check_state.h"
#include "graph/pattern.h"
#include "graph/recording.h"

namespace graph {
namespace checking {

State::State(const GraphSpec& graph_spec, const Registry& known, const std::vector<Override>& given_overrides)
    : spec(graph_spec), registry(known) {
  for (const Override& one : given_overrides) overrides[one.node].push_back({&one});
}

std::string State::owner(int node) const {
  const GraphNode& one = graph.nodes[node];
  if (one.sort == GraphNode::Sort::kLoop) return "loop '" + one.id + "': ";
  if (one.sort == GraphNode::Sort::kEach) return "each '" + one.id + "': ";
  const std::string& type = sites[node].spec->type.text;
  return "node '" + one.id + "'" + (type.empty() ? "" : " (" + type + ")") + ": ";
}

std::string State::owner(const Sheet& sheet) {
  return sheet.bin ? "bin '" + sheet.id + "': " : "graph '" + sheet.spec->name + "': ";
}

State::Given* State::given(const std::string& id, const std::string& property) {
  if (overrides.empty()) return nullptr;
  const auto found = overrides.find(id);
  if (found == overrides.end()) return nullptr;
  Given* last = nullptr;
  for (Given& one : found->second) {
    if (one.value->property != property) continue;
    one.used = true;
    last = &one;
  }
  return last;
}

void State::collect_value_types() {
  for (const ValueType* type :
       {&graph::value_type<std::int64_t>(), &graph::value_type<double>(), &graph::value_type<bool>(),
        &graph::value_type<std::string>(), &graph::value_type<FilePath>()}) {
    value_types_.emplace(type->name, type);
  }
  const auto add = [this](const ValueType* type) {
    for (; type; type = type->element) value_types_.emplace(type->name, type);
  };
  for (const NodeType* type : registry.types()) {
    for (const InSpec& in : type->contract.ins()) add(in.type);
    for (const OutSpec& out : type->contract.outs()) add(out.type);
  }
}

const ValueType* State::value_type(const std::string& name) {
  if (value_types_.empty()) collect_value_types();
  const auto found = value_types_.find(name);
  if (found != value_types_.end()) return found->second;
  if (!name.ends_with("[]")) return nullptr;
  const ValueType* const element = value_type(name.substr(0, name.size() - 2));
  return element ? &list_of(*element) : nullptr;
}

std::vector<std::string> State::value_type_names() {
  if (value_types_.empty()) collect_value_types();
  std::vector<std::string> names;
  for (const auto& entry : value_types_) names.push_back(entry.first);
  std::sort(names.begin(), names.end());
  return names;
}

namespace {

/// The fields of file names that are defaults of a bin's params: they use params whether or not the default is taken.
std::set<std::string> fields_of_defaults(const Sheet& sheet) {
  std::set<std::string> fields;
  if (!sheet.bin) return fields;
  for (const ParamInput& param : sheet.spec->params) {
    if (param.kind != Kind::kString || !param.value) continue;
    try {
      for (const std::string& field : pattern_fields(param.value->text)) fields.insert(field);
    } catch (const std::invalid_argument&) {  // a text that is not a pattern
    }
  }
  return fields;
}

void check_used(State& state) {
  for (const Sheet& sheet : state.sheets) {
    const std::set<std::string> fields = fields_of_defaults(sheet);
    for (const ParamInput& param : sheet.spec->params) {
      const auto found = sheet.params.find(param.name);
      if (sheet.unknown_param || found == sheet.params.end() || state.param_used[found->second]) continue;
      if (fields.contains(param.name)) continue;
      state.faults.add(param.mark,
                       "param '" + param.name + "' is not used; remove it, or name it where it counts: $" + param.name);
    }
    for (std::size_t i = 0; i < sheet.in_used.size(); ++i) {
      if (sheet.in_used[i]) continue;
      const BinInput& in = sheet.spec->in[i];
      state.faults.add(in.mark, "input '" + in.name + "' is not used; remove it, or link to it: in." + in.name);
    }
  }
}

/// --set of a node or property that is not there.
void check_overrides(State& state) {
  if (state.overrides.empty()) return;
  std::vector<std::string> ids;
  for (const GraphNode& node : state.graph.nodes) {
    if (node.sort != GraphNode::Sort::kHead) ids.push_back(node.id);
  }
  for (const Bin& bin : state.graph.bins) ids.push_back(bin.id);
  for (const auto& [id, list] : state.overrides) {
    const bool known = std::find(ids.begin(), ids.end(), id) != ids.end();
    for (const State::Given& given : list) {
      if (given.used) continue;
      const std::string& property = given.value->property;
      const Mark mark{"--set " + id + "." + property, 0, 0};
      if (!known) {
        state.faults.add(mark, "no node '" + id + "'" + state.faults.suggest(id, ids));
        continue;
      }
      std::vector<std::string> names;
      const int node = state.graph.find_node(id);
      if (node < 0) {
        for (const Sheet& sheet : state.sheets) {
          if (sheet.id != id) continue;
          for (const ParamInput& param : sheet.spec->params) names.push_back(param.name);
        }
      } else if (const NodeType* type = state.graph.nodes[node].type) {
        for (const PropSpec& prop : type->contract.props()) names.push_back(prop.name);
      } else {
        const NodeSpec& spec = *state.sites[node].spec;
        for (const auto& [written, name] : {std::pair{&spec.steps, "steps"}, {&spec.times, "times"}}) {
          if (*written) names.emplace_back(name);
        }
        if (spec.at_once) names.emplace_back("at_once");
        if (spec.checkpoint) names.emplace_back("checkpoint");
      }
      state.faults.add(mark,
                       "node '" + id + "' has no property '" + property + "'" + state.faults.suggest(property, names));
    }
  }
}

}  // namespace
}  // namespace checking

Graph check(const GraphSpec& spec, const Registry& registry, const std::vector<Override>& overrides) {
  checking::State state(spec, registry, overrides);
  checking::declare(state);
  checking::read_values(state);
  checking::read_items(state);
  checking::link(state);
  checking::sort(state);
  checking::check_types(state);
  checking::check_used(state);
  checking::check_overrides(state);
  state.faults.throw_if_any();
  for (Fault& fault : recording_faults(state.graph)) state.faults.add(fault.mark, std::move(fault.what));
  state.faults.throw_if_any();
  return std::move(state.graph);
}

}  // namespace graph
