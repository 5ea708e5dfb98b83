// SPDX-License-Identifier: MIT
#include <set>

#include "base/names.h"
#include "graph/checking/check_state.h"
#include "graph/checking/name_index.h"

namespace graph::checking {
namespace {

/// Whether a value of that type may be given to a property of the kind: an int serves where a float is due, and a path
/// is never a string.
bool may_give(const ValueType& type, Kind kind) {
  const auto is = [&](const ValueType& other) { return type == other; };
  switch (kind) {
    case Kind::kInt:
      return is(value_type<std::int64_t>());
    case Kind::kFloat:
      return is(value_type<double>()) || is(value_type<std::int64_t>());
    case Kind::kBool:
      return is(value_type<bool>());
    case Kind::kString:
      return is(value_type<std::string>());
    case Kind::kPath:
      return is(value_type<FilePath>());
    default:
      return false;
  }
}

/// Goes through the nodes in topological order, so that what a port sends is known before its readers are asked. Of
/// what stands in a circle (which is reported) some types stay unknown, and unknown ones are not checked.
class TypeChecker {
 public:
  explicit TypeChecker(State& state) : state_(state), graph_(state.graph) {
    for (const Sheet& sheet : state.sheets) bin_ports_ += sheet.ins.size() + sheet.outs.size();
  }

  void run() {
    check_region(0);
    for (const Sheet& sheet : state_.sheets) check_sheet(sheet);
    check_feeds();
  }

 private:
  void fault(const Mark& mark, const std::string& what) { state_.faults.add(mark, what); }
  const Sheet& sheet_of(int node) const { return *state_.sites[node].block->sheet; }

  void check_region(int region) {
    for (int node : graph_.regions[region].nodes) {
      const GraphNode::Sort sort = graph_.nodes[node].sort;
      if (sort == GraphNode::Sort::kHead) continue;
      if (sort == GraphNode::Sort::kNode) check_node(node);
      else check_body(node);
      check_when(node);
    }
  }

  const ValueType* sent_by(const PortRef& ref) const {
    if (!ref) return nullptr;
    const std::vector<const ValueType*>& types = graph_.nodes[ref.node].out_types;
    return static_cast<std::size_t>(ref.port) < types.size() ? types[ref.port] : nullptr;
  }

  // --- what sends ----------------------------------------------------------------------------------------------------

  void check_node(int index) {
    GraphNode& node = graph_.nodes[index];
    if (!node.type) return;
    check_ins(index);
    const Contract& contract = node.type->contract;
    for (std::size_t i = 0; i < contract.outs().size(); ++i) {
      const int port = contract.find_in(contract.outs()[i].type_of);
      if (port >= 0) node.out_types[i] = type_at(node, port);
    }
  }

  /// The type that comes in at a port: of several links, the first that is known.
  const ValueType* type_at(const GraphNode& node, int port) const {
    const ValueType* type = sent_by(node.ins[port]);
    for (const GraphNode::Several& several : node.several) {
      for (int k = 0; several.port == port && !type && k < several.count; ++k) {
        type = sent_by(node.ins[several.first + k]);
      }
    }
    return type;
  }

  void check_body(int index) {
    set_head(graph_.nodes[index]);
    check_lists(index);
    check_region(graph_.nodes[index].body);
    check_next(index);
    GraphNode& node = graph_.nodes[index];
    const Region& body = graph_.regions[node.body];
    for (std::size_t port = 0; port < node.outs.size(); ++port) {
      const ValueType* type = sent_by(body.source(static_cast<int>(port)));
      const bool list = node.sort == GraphNode::Sort::kEach || port >= body.out.size();
      node.out_types.push_back(type && list ? &list_of(*type) : type);
    }
    if (body.checkpoint >= 0) check_kept(index);
  }

  // --- what a loop with checkpoints carries --------------------------------------------------------------------------

  /// All of it is to be kept: states, outputs and what nodes keep.
  void check_kept(int loop) {
    const GraphNode& node = graph_.nodes[loop];
    const Region& body = graph_.regions[node.body];
    const Expr& every = node.props[body.checkpoint];
    if (every.is_constant() && std::get<std::int64_t>(every.constant) == 0) return;  // switched off for good
    const GraphNode& head = graph_.nodes[body.head];
    for (std::size_t k = 0; k < body.next.size(); ++k)
      check_kept(loop, "state '" + head.outs[k] + "'", head.out_types[k]);
    for (std::size_t k = 0; k < node.outs.size(); ++k)
      check_kept(loop, "output '" + node.outs[k] + "'", node.out_types[k]);
    check_slots(node.body, node.id);
  }

  void check_kept(int loop, const std::string& what, const ValueType* type) {
    if (type == nullptr || state_.registry.keeps(*type)) return;
    fault(graph_.nodes[loop].props[graph_.regions[graph_.nodes[loop].body].checkpoint].mark,
          state_.owner(loop) + "checkpoint: " + what + " is a " + type->name +
              ", which cannot be kept; these can: " + kept_names() + " and lists of them");
  }

  std::string kept_names() const {
    std::vector<std::string> names;
    for (const ValueType* type : state_.registry.kept_types()) names.emplace_back(type->name);
    return base::joined(names);
  }

  /// Of the body, and of eaches in it: loops in it have ended when a turn has.
  void check_slots(int region, const std::string& loop) {
    for (const int index : graph_.regions[region].nodes) {
      const GraphNode& node = graph_.nodes[index];
      if (node.sort == GraphNode::Sort::kEach) check_slots(node.body, loop);
      if (node.type == nullptr) continue;
      const SlotSpec& slot = node.type->contract.slot_spec();
      if (slot.cpp_name.empty() || slot.cache || (slot.type && state_.registry.keeps(*slot.type))) continue;
      fault(node.mark, state_.owner(index) + "the loop '" + loop +
                           "' has checkpoints, and what this node keeps from turn to turn cannot be kept in them" +
                           (slot.type ? std::string(" (a ") + slot.type->name + ")" : std::string()) +
                           "; leave checkpoint: out, or say every: 0, or take another node");
    }
  }

  /// States are what the loop starts from; a walked list sends its elements.
  void set_head(const GraphNode& owner) {
    const Region& body = graph_.regions[owner.body];
    std::vector<const ValueType*>& types = graph_.nodes[body.head].out_types;
    for (std::size_t k = 0; k < body.next.size(); ++k) types.push_back(sent_by(owner.ins[k]));
    for (std::size_t l = 0; l < body.lists.size(); ++l) {
      const ValueType* list = sent_by(owner.ins[body.list_port(static_cast<int>(l))]);
      types.push_back(list ? list->element : nullptr);
    }
    types.insert(types.end(), {&value_type<std::int64_t>(), &value_type<std::int64_t>()});
  }

  // --- what is linked ------------------------------------------------------------------------------------------------

  /// A bin's input is what its file says; whether that holds is checked where it is included.
  const ValueType* type_of(const Sheet& sheet, const Written& source, const PortRef& ref) {
    const std::string& text = source.text;
    if (text.starts_with("in.")) {
      const int index = names_.find(sheet.spec->in, text.substr(3));
      if (index >= 0) return state_.value_type(sheet.spec->in[index].type.text);
    }
    return sent_by(ref);
  }

  void check_type(const Sheet& sheet, const Written& source, const PortRef& ref, const ValueType* due,
                  const std::string& owner) {
    const ValueType* sent = type_of(sheet, source, ref);
    if (!sent || !due || *sent == *due) return;
    std::string cure;
    if (sent->element && *sent->element == *due) cure = "; an each takes a list apart";
    fault(source.mark, owner + "it takes " + due->name + ", and '" + source.text + "' sends " + sent->name + cure);
  }

  void check_ins(int index) {
    const GraphNode& node = graph_.nodes[index];
    const Contract& contract = node.type->contract;
    for (const LinkInput& link : state_.sites[index].spec->in) {
      const std::string owner = state_.owner(index);
      if (const int port = contract.find_in(link.name); port >= 0) {
        check_port(index, port, link, owner + "input '" + link.name + "': ");
      } else if (const int prop = contract.find_prop(link.name); prop >= 0) {
        for (const GraphNode::Fed& fed : node.fed) {
          if (fed.prop != prop || fed.param >= 0 || fed.in < 0) continue;
          check_fed(sheet_of(index), link.source, node.ins[fed.in], contract.props()[prop].kind,
                    owner + "property '" + link.name + "': ");
        }
      }
    }
  }

  void check_port(int index, int port, const LinkInput& link, const std::string& owner) {
    const GraphNode& node = graph_.nodes[index];
    const InSpec& in = node.type->contract.ins()[port];
    if (!in.several) {
      if (!link.is_list) check_type(sheet_of(index), link.source, node.ins[port], in.type, owner);
      return;
    }
    // Where any type may come, it is the same by each link.
    const ValueType* due = in.type ? in.type : type_at(node, port);
    for (const GraphNode::Several& several : node.several) {
      for (int k = 0; several.port == port && k < several.count; ++k) {
        const Written& source = link.is_list ? link.several[k] : link.source;
        const ValueType* const sent = sent_by(node.ins[several.first + k]);
        const bool spliced = in.type && sent && sent->element && *sent->element == *in.type;
        if (!spliced) check_type(sheet_of(index), source, node.ins[several.first + k], due, owner);
      }
    }
  }

  void check_fed(const Sheet& sheet, const Written& source, const PortRef& ref, Kind kind, const std::string& owner) {
    const ValueType* sent = type_of(sheet, source, ref);
    if (!sent || may_give(*sent, kind)) return;
    const bool text_for_path = kind == Kind::kPath && *sent == value_type<std::string>();
    fault(source.mark, owner + "it takes " + kind_name(kind) + ", and '" + source.text + "' sends " + sent->name +
                           (text_for_path ? "; only a node that found or read a file sends its path" : ""));
  }

  /// Links that feed the params of bins, as seen where they are written.
  void check_feeds() {
    std::set<int> checked;
    for (const GraphNode& node : graph_.nodes) {
      for (const GraphNode::Fed& fed : node.fed) {
        int param = fed.param;
        while (param >= 0 && !state_.feeds.count(param)) param = graph_.params[param].value->fed;
        if (param < 0 || fed.in < 0 || !checked.insert(param).second) continue;
        const State::Feed& feed = state_.feeds.at(param);
        check_fed(*feed.block->sheet, feed.link->source, node.ins[fed.in], graph_.params[param].kind, feed.owner);
      }
    }
  }

  void check_when(int index) {
    const GraphNode& node = graph_.nodes[index];
    if (!node.when) return;
    const NodeSpec& spec = *state_.sites[index].spec;
    const Sheet& sheet = sheet_of(index);
    const WhenInput* input = spec.when ? &*spec.when : sheet.when_input;
    if (!input) return;
    const auto check = [&](int in, const std::optional<Written>& written, const char* name) {
      if (in >= 0) {
        check_type(spec.when ? sheet : *sheet.when_block->sheet, *written, node.ins[in], &value_type<bool>(),
                   state_.owner(index) + "when." + name + ": ");
      }
    };
    check(node.when->if_link, input->only_if, "if");
    check(node.when->unless_link, input->unless, "unless");
  }

  void check_next(int index) {
    const NodeSpec& spec = *state_.sites[index].spec;
    const Region& body = graph_.regions[graph_.nodes[index].body];
    for (const LinkInput& next : spec.next) {
      const int k = names_.find(spec.state, next.name);
      if (k < 0) continue;
      check_type(sheet_of(index), next.source, body.next[k], sent_by(graph_.nodes[index].ins[k]),
                 state_.owner(index) + "next: " + next.name + ": ");
    }
  }

  void check_lists(int index) {
    const GraphNode& node = graph_.nodes[index];
    const NodeSpec& spec = *state_.sites[index].spec;
    const Region& body = graph_.regions[node.body];
    if (body.has_over) check_over(index, *spec.over);
    for (std::size_t l = 0; l < body.lists.size(); ++l) {
      const bool one = spec.lists.empty();
      const Written& source = one ? *spec.over : spec.lists[l].source;
      const ValueType* type = type_of(sheet_of(index), source, node.ins[body.list_port(static_cast<int>(l))]);
      if (!type || type->element) continue;
      const std::string name = one ? "" : spec.lists[l].name + ": ";
      fault(source.mark, state_.owner(index) + "over: " + name + "'" + source.text + "' sends " + type->name +
                             ", which is not a list; what is walked is a list such as " + type->name + "[]");
    }
  }

  void check_over(int index, const Written& over) {
    const GraphNode& loop = graph_.nodes[index];
    const ValueType* type = type_of(sheet_of(index), over, loop.ins[graph_.regions[loop.body].next.size()]);
    if (!type || type->length) return;
    std::vector<std::string> lists;
    for (const std::string& name : state_.value_type_names()) {
      if (state_.value_type(name)->length) lists.push_back(name);
    }
    fault(over.mark, state_.owner(index) + "over: '" + over.text + "' sends " + type->name +
                         ", which has no length; a loop runs over " + base::joined(lists));
  }

  void check_sheet(const Sheet& sheet) {
    if (!sheet.bin) return;
    for (const LinkInput& link : sheet.bin->in) {
      const int in = names_.find(sheet.spec->in, link.name);
      if (in < 0 || link.is_list) continue;
      check_type(*sheet.outside->sheet, link.source, port_of(sheet.ins[in]),
                 state_.value_type(sheet.spec->in[in].type.text), State::owner(sheet) + "input '" + link.name + "': ");
    }
  }

  /// Where a link leads once bins have passed it on, which linking has followed already.
  PortRef port_of(Target target) const {
    for (std::size_t steps = 0; steps <= bin_ports_; ++steps) {
      if (target.sort == Target::Sort::kPort) return {target.index, target.port};
      if (target.sort == Target::Sort::kNone) return {};
      const Sheet& sheet = state_.sheets[target.index];
      target = (target.sort == Target::Sort::kBinIn ? sheet.ins : sheet.outs)[target.port];
    }
    return {};  // a circle, which is reported
  }

  State& state_;
  Graph& graph_;
  NameIndex names_;
  std::size_t bin_ports_ = 0;  ///< of all bins together
};

}  // namespace

void check_types(State& state) {
  TypeChecker(state).run();
}

}  // namespace graph::checking
