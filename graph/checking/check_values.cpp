// SPDX-License-Identifier: MIT
#include <algorithm>
#include <stdexcept>

#include "base/limits.h"
#include "graph/checking/check_state.h"
#include "graph/pattern.h"

namespace graph::checking {
namespace {

constexpr base::Limit kElements{"each-elements"};

/// Reads what a node says beside its links.
class NodeReader {
 public:
  NodeReader(State& state, int index)
      : state_(state),
        node_(state.graph.nodes[index]),
        spec_(*state.sites[index].spec),
        scope_(*state.sites[index].block),
        sheet_(*scope_.sheet),
        owner_(state.owner(index)) {}

  void read() {
    if (node_.sort == GraphNode::Sort::kHead) return;
    read_window();
    if (node_.body >= 0) return read_turns();
    node_.type = state_.registry.find(spec_.type.text);
    if (!node_.type) return refuse_type();
    const Contract& contract = node_.type->contract;
    find_feeds(contract);
    read_properties(contract);
    for (const OutSpec& out : contract.outs()) {
      node_.outs.push_back(out.name);
      const bool named = !out.type && !out.type_from.empty();  // that of an input is known when it is linked
      node_.out_types.push_back(named ? named_type(contract, out) : out.type);
    }
    node_.ins.resize(contract.ins().size());
    node_.gathers =
        std::any_of(contract.ins().begin(), contract.ins().end(), [](const InSpec& in) { return in.gather; });
    if (node_.gathers && node_.region != 0) {
      const bool each = state_.graph.nodes[state_.graph.regions[node_.region].owner].sort == GraphNode::Sort::kEach;
      fault(spec_.mark, std::string("it gathers the items of a run, and ") + (each ? "an each" : "a loop") +
                            " is inside one item; move it out of the " + (each ? "each" : "loop"));
    }
    read_per();
    read_curated();
  }

 private:
  void fault(const Mark& mark, const std::string& what) { state_.faults.add(mark, owner_ + what); }

  void refuse_type() {
    const std::string& type = spec_.type.text;
    const std::vector<std::string> names = state_.registry.type_names();
    std::string cure = state_.faults.suggest(type, names);
    if (cure.empty()) cure = "; there are " + base::joined(names);
    state_.faults.add(spec_.type.mark, "node '" + node_.id + "': unknown type '" + type + "'" + cure);
    for (const PropInput& input : spec_.props) use_all(input);
    for (const Written& param : spec_.per) use_params(state_, sheet_, "$" + param.text);
  }

  void use_all(const PropInput& input) { use_params(state_, sheet_, input.value); }

  void read_window() {
    const std::optional<When> of_bin = scope_.outer ? std::nullopt : sheet_.when;
    node_.when = of_bin;
    if (!spec_.when) return;
    if (spec_.when->has_window() && !turns_around()) {
      fault(spec_.when->mark,
            "when counts the turns of a loop, and it is in none; outside of loops it may say if and unless");
    } else if (of_bin) {
      fault(spec_.when->mark, "bin '" + sheet_.id + "' has a when, which holds for all in it; remove one of them");
    } else {
      node_.when = read_when(state_, *spec_.when, sheet_, owner_);
    }
  }

  /// Whether a loop is around it: an each has no turns of its own.
  bool turns_around() const { return loop_around(state_.graph, node_.region) >= 0; }

  /// How often the body of a loop or an each runs.
  void read_turns() {
    Region& body = state_.graph.regions[node_.body];
    node_.ins.resize(spec_.state.size() + body.lists.size() + (body.has_over ? 1 : 0));
    const bool each = node_.sort == GraphNode::Sort::kEach;
    const Range range{0.0, each ? static_cast<double>(kElements.most()) : 1e9, {}};
    if (spec_.steps) read_number("steps", *spec_.steps, range);
    if (spec_.times) body.times = read_number("times", *spec_.times, range);
    if (spec_.checkpoint) body.checkpoint = read_number("checkpoint", *spec_.checkpoint, {0.0, 1e9, {}});
    if (spec_.at_once) body.at_once = read_number("at_once", *spec_.at_once, {1.0, 1e6, {}});
  }

  /// Its place in the node's properties, or -1.
  int read_number(const std::string& name, const Written& written, const Range& range) {
    const ValueSite place{state_, sheet_, owner_ + name + ": ", sheet_.spec->folder};
    std::optional<Expr> number = unfed(place, read_given(name, written, Kind::kInt, range));
    if (!number) return -1;
    node_.props.push_back(std::move(*number));
    return static_cast<int>(node_.props.size()) - 1;
  }

  /// What is written, or what --set says instead.
  std::optional<Expr> read_given(const std::string& name, const Written& written, Kind kind, const Range& range) {
    const std::string here = owner_ + name + ": ";
    const State::Given* given = state_.given(node_.id, name);
    if (!given) return read_expr({state_, sheet_, here, sheet_.spec->folder}, written, kind, range);
    use_params(state_, sheet_, written.text);
    return read_set(*given, here, kind, range);
  }

  std::optional<Expr> read_set(const State::Given& given, const std::string& here, Kind kind, const Range& range) {
    const Mark mark{"--set " + given.value->node + "." + given.value->property, 0, 0};
    Written written{given.value->text, mark};
    if (kind == Kind::kData && !read_set_data(written)) return std::nullopt;
    return read_expr({state_, sheet_, here, "", nullptr, given.value->property}, written, kind, range);
  }

  /// Lists and maps of --set, which are inline YAML or JSON; false when it is neither.
  bool read_set_data(Written& written) {
    try {
      const Data data = parse_data(written.text, written.mark.file);
      if (data.sort() == Data::Sort::kList || data.sort() == Data::Sort::kMap) written.tree = data;
      written.null = data.is_null();
      return true;
    } catch (const Faults& faults) {
      for (const Fault& one : faults.list()) state_.faults.add(one.mark, one.what);
      return false;
    }
  }

  /// Properties that links of the node itself feed.
  void find_feeds(const Contract& contract) {
    fed_.assign(contract.props().size(), nullptr);
    for (const LinkInput& link : spec_.in) {
      const int prop = contract.find_in(link.name) >= 0 ? -1 : contract.find_prop(link.name);
      if (prop < 0) continue;  // an input, or reported where links are read
      if (fed_[prop]) fault(link.name_mark, "property '" + link.name + "' is fed twice");
      fed_[prop] = &link;
    }
  }

  /// Whether a link may give the property: a fault when not.
  bool may_be_fed(const Contract& contract, const PropSpec& prop, const Mark& mark) {
    const std::string here = "property '" + prop.name + "': ";
    const bool gathers = std::ranges::any_of(contract.ins(), [](const InSpec& in) { return in.gather; });
    if (prop.feedable && !gathers) return true;
    fault(mark, here + (gathers ? "the node gathers many items, and a link would give a value of each; write the value"
                                : "a link cannot feed it: it is fixed before a run; write the value, or a $param"));
    return false;
  }

  void read_properties(const Contract& contract) {
    const std::vector<PropSpec>& specs = contract.props();
    std::vector<const PropInput*> inputs(specs.size());
    for (const PropInput& input : spec_.props) {
      const int index = contract.find_prop(input.name);
      if (index < 0) {
        refuse_property(contract, input);
      } else if (inputs[index]) {
        fault(input.name_mark, "property '" + input.name + "' is given twice");
      } else {
        inputs[index] = &input;
      }
    }
    node_.props.resize(specs.size());
    for (std::size_t i = 0; i < specs.size(); ++i) {
      std::optional<Expr> value = fed_[i] ? read_fed(contract, i, inputs[i]) : read_property(specs[i], inputs[i]);
      if (!value) continue;
      if (value->fed >= 0) {
        if (!may_be_fed(contract, specs[i], value->mark)) continue;
        node_.fed.push_back({static_cast<int>(i), -1, value->fed});
      }
      if (specs[i].kind == Kind::kPattern) check_pattern(*value, specs[i].name);
      node_.props[i] = std::move(*value);
    }
  }

  /// A property that a link gives: what stands in its place until then.
  std::optional<Expr> read_fed(const Contract& contract, std::size_t index, const PropInput* input) {
    const PropSpec& prop = contract.props()[index];
    const LinkInput& link = *fed_[index];
    if (input) {
      use_all(*input);
      fault(input->name_mark, "property '" + prop.name + "' is given, and a link feeds it; one of them is due");
    }
    if (state_.given(node_.id, prop.name)) {
      fault(link.name_mark, "property '" + prop.name + "': a link feeds it, and --set cannot");
    }
    if (!may_be_fed(contract, prop, link.name_mark)) return std::nullopt;
    node_.fed.push_back({static_cast<int>(index), -1, -1});
    Expr expr;
    expr.constant = prop.value ? *prop.value : base_value(prop.kind);
    expr.kind = prop.kind;
    expr.mark = link.source.mark;
    return expr;
  }

  void refuse_property(const Contract& contract, const PropInput& input) {
    use_all(input);
    std::vector<std::string> names;
    for (const PropSpec& prop : contract.props()) names.push_back(prop.name);
    std::string cure = state_.faults.suggest(input.name, names);
    if (contract.find_in(input.name) >= 0) {
      cure = "; it is an input: write in: {" + input.name + ": node.port}";
    } else if (cure.empty()) {
      cure = names.empty() ? "; it has none" : "; it has " + base::joined(names);
    }
    fault(input.name_mark, "no property '" + input.name + "'" + cure);
  }

  std::optional<Expr> read_property(const PropSpec& prop, const PropInput* input) {
    const std::string here = owner_ + prop.name + ": ";
    if (const State::Given* given = state_.given(node_.id, prop.name)) {
      if (input) use_all(*input);
      return read_set(*given, here, prop.kind, prop.range);
    }
    const ValueSite place{state_, sheet_, here, sheet_.spec->folder, prop.value ? &*prop.value : nullptr, prop.name};
    const bool moves = input && prop.kind == Kind::kRamp && input->value.tree;
    if (moves && input->value.tree->sort() == Data::Sort::kMap) return read_ends(place, *input->value.tree, prop);
    if (input) {
      std::optional<Expr> value = read_expr(place, input->value, prop.kind, prop.range);
      if (!value) use_all(*input);
      return value;
    }
    if (!prop.value) {
      fault(spec_.mark, "property '" + prop.name + "' must be given: " + describe(prop.kind, prop.range) +
                            (prop.help.empty() ? "" : ", " + prop.help));
      return std::nullopt;
    }
    Expr expr;
    expr.constant = *prop.value;
    expr.kind = prop.kind;
    expr.mark = spec_.mark;
    return expr;
  }

  /// {from, to}.
  std::optional<Expr> read_ends(const ValueSite& place, const Data& ends, const PropSpec& prop) {
    std::optional<Written> from, to;
    for (const DataField& end : ends.fields()) {
      if (end.name != "from" && end.name != "to") {
        state_.faults.add(end.mark, place.owner + "unknown key '" + end.name +
                                        "'; a value is one text, or {from, to} where it moves");
      } else if (end.value.sort() != Data::Sort::kText) {
        state_.faults.add(end.value.mark(),
                          place.owner + end.name + ": expected one value, found " + sort_text(end.value));
      } else {
        (end.name == "from" ? from : to) = {end.value.as<std::string>(), end.value.mark(), !end.value.quoted()};
      }
    }
    if (from && to) return read_ramp(place, *from, *to, prop.range);
    state_.faults.add(ends.mark(), place.owner + "a value that moves needs both from and to");
    use_params(state_, sheet_, ends);
    return std::nullopt;
  }

  /// Its fields must name something, and the file must lie in the output folder.
  void check_pattern(const Expr& expr, const std::string& name) {
    std::string text = expr.is_constant() ? to_text(expr.constant) : "";
    for (const auto& piece : expr.pieces) {  // what a formula gives is known at its time
      if (const auto* words = std::get_if<std::string>(&piece)) text += *words;
      else if (const int* param = std::get_if<int>(&piece)) text += default_text(state_.graph.params[*param]);
    }
    const auto refuse = [&](const std::string& what) { state_.faults.add(expr.mark, owner_ + name + ": " + what); };
    std::vector<std::string> fields;
    try {
      fields = pattern_fields(text);
    } catch (const std::invalid_argument& e) {
      return refuse(e.what());
    }
    for (const std::string& field : fields) check_field(field, refuse);
    if (const std::string what = leaves_output_folder(text); !what.empty()) refuse(what);
  }

  /// What a param of a pattern is when the run says nothing: its fields are checked with the graph, too.
  static std::string default_text(const Param& param) {
    return param.value && param.value->is_constant() ? to_text(param.value->constant) : "";
  }

  template <class Refuse>
  void check_field(const std::string& field, const Refuse& refuse) {
    if (field == "turn") {
      if (!turns_around()) refuse("{turn} counts the turns of a loop, and this node is in none");
      return;
    }
    if (field == "each" || field.ends_with(".each")) {
      if (each_of_field(state_.graph, node_.region, field) < 0) refuse(no_each_text(state_.graph, node_.region, field));
      return;
    }
    if (std::ranges::count(own_fields(), field) > 0) return;
    const auto found = sheet_.params.find(field);
    if (found != sheet_.params.end()) {
      state_.param_used[found->second] = true;
      if (state_.graph.params[found->second].fed) {
        refuse("{" + field + "} names a param that a link feeds, which is not known when names are checked");
      }
      return;
    }
    std::vector<std::string> names = own_fields();
    if (node_.region == 0) std::erase_if(names, [](const std::string& one) { return one == "turn" || one == "each"; });
    for (const auto& param : sheet_.params) names.emplace_back(param.first);
    std::string cure = state_.faults.suggest(field, names);
    if (cure.empty())
      cure =
          "; a field is a param, {item}, {node}, {graph}, {id}, {overrides} or, in a loop, {turn}, in an each, {each}";
    refuse("{" + field + "} names nothing" + cure);
    sheet_.unknown_param = true;
  }

  /// The type that a property names.
  const ValueType* named_type(const Contract& contract, const OutSpec& out) {
    const Expr& expr = node_.props[contract.find_prop(out.type_from)];
    if (!expr.is_constant()) {
      state_.faults.add(expr.mark, owner_ + out.type_from +
                                       ": it names the type of a port, which must be known before a "
                                       "run; write it out instead of a param");
      return nullptr;
    }
    const std::string name = to_text(expr.constant);
    const ValueType* type = state_.value_type(name);
    if (type || expr.mark.file.empty()) return type;
    const std::vector<std::string> names = state_.value_type_names();
    std::string cure = state_.faults.suggest(name, names);
    if (cure.empty()) cure = "; there are " + base::joined(names);
    state_.faults.add(expr.mark, owner_ + out.type_from + ": no value type '" + name + "'" + cure);
    return nullptr;
  }

  void read_curated() {
    if (!spec_.curated) return;
    const auto& props = node_.type->contract.props();
    try {
      node_.curated = std::get<bool>(parse_scalar(Kind::kBool, spec_.curated->text));
      if (std::ranges::none_of(props, [](const PropSpec& prop) { return prop.kind == Kind::kPattern; }))
        throw std::invalid_argument("it belongs to nodes that write files, and '" + node_.type->contract.type() +
                                    "' writes none");
    } catch (const std::invalid_argument& e) {
      fault(spec_.curated->mark, std::string("curated: ") + e.what());
    }
  }

  void read_per() {
    if (!spec_.per.empty() && !node_.gathers) {
      fault(spec_.per[0].mark, "per belongs to nodes that gather many items, and this one takes them one by one");
      for (const Written& param : spec_.per) use_params(state_, sheet_, "$" + param.text);
      return;
    }
    for (const Written& written : spec_.per) {
      const auto found = sheet_.params.find(written.text);
      if (found == sheet_.params.end()) {
        std::vector<std::string> names;
        for (const auto& param : sheet_.params) names.emplace_back(param.first);
        sheet_.unknown_param = true;
        fault(written.mark, "per: no param '" + written.text + "'" + state_.faults.suggest(written.text, names));
      } else if (std::find(node_.per.begin(), node_.per.end(), found->second) != node_.per.end()) {
        fault(written.mark, "per: param '" + written.text + "' is named twice");
      } else {
        state_.param_used[found->second] = true;
        node_.per.push_back(found->second);
      }
    }
  }

  State& state_;
  GraphNode& node_;
  const NodeSpec& spec_;
  Block& scope_;
  Sheet& sheet_;
  const std::string owner_;
  std::vector<const LinkInput*> fed_;  ///< by property: the link of its own that feeds it
};

}  // namespace

void read_values(State& state) {
  for (std::size_t i = 0; i < state.graph.nodes.size(); ++i) NodeReader(state, static_cast<int>(i)).read();
  spread_shapes(state);
}

}  // namespace graph::checking
