// SPDX-License-Identifier: MIT
#include <algorithm>
#include <unordered_map>

#include "base/names.h"
#include "graph/checking/check_state.h"

namespace graph::checking {
namespace {

template <class Links>
std::vector<std::string> names_of(const Links& links) {
  std::vector<std::string> names;
  for (const auto& link : links) names.push_back(link.name);
  return names;
}

const std::string& name_of(const std::string& name) {
  return name;
}
template <class Named>
const std::string& name_of(const Named& named) {
  return named.name;
}

/// Finds names in lists that stay as they are; long ones are searched by a table.
class NameIndex {
 public:
  /// The place in the list, or -1.
  template <class List>
  int find(const List& list, const std::string& name) {
    constexpr std::size_t kFew = 16;
    if (list.size() <= kFew) {
      for (std::size_t i = 0; i < list.size(); ++i) {
        if (name_of(list[i]) == name) return static_cast<int>(i);
      }
      return -1;
    }
    auto& table = tables_[&list];
    if (table.empty()) {
      for (std::size_t i = 0; i < list.size(); ++i) table.emplace(name_of(list[i]), static_cast<int>(i));
    }
    const auto found = table.find(name);
    return found == table.end() ? -1 : found->second;
  }

 private:
  std::unordered_map<const void*, std::unordered_map<std::string_view, int>> tables_;
};

/// Resolves the words of links, then where bins pass them on to, then types.
class Linker {
 public:
  explicit Linker(State& state) : state_(state), graph_(state.graph) {
    for (const Sheet& sheet : state.sheets) bin_ports_ += sheet.ins.size() + sheet.outs.size();
  }

  void run() {
    for (Sheet& sheet : state_.sheets) link_sheet(sheet);
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      const int node = static_cast<int>(i);
      if (graph_.nodes[i].sort == GraphNode::Sort::kLoop) link_loop(node);
      if (graph_.nodes[i].sort == GraphNode::Sort::kNode && graph_.nodes[i].type) link_node(node);
    }
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) set_types(graph_.nodes[i]);
    for (const Sheet& sheet : state_.sheets) check_sheet_types(sheet);
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) check_types(static_cast<int>(i));
  }

 private:
  void fault(const Mark& mark, const std::string& what) { state_.faults.add(mark, what); }

  // --- by words ------------------------------------------------------------------------------------------------------

  Target find(Block& block, const Written& source, const std::string& owner) {
    const std::string& text = source.text;
    const std::size_t dot = text.find('.');
    const std::string name = text.substr(0, dot);
    const std::string port = dot == std::string::npos ? "" : text.substr(dot + 1);
    if (name == "state" && base::is_name(port)) return find_state(block, source, port, owner);
    if (name == "in" && base::is_name(port)) return find_in(*block.sheet, source, port, owner);
    const Block::Entry* entry = nullptr;
    for (Block* at = &block; at && !entry; at = at->outer) {
      const auto found = at->names.find(name);
      if (found != at->names.end()) entry = &found->second;
    }
    if (!base::is_name(name) || !base::is_name(port)) return refuse_text(source, entry, owner);
    if (!entry) return refuse_node(block, source, name, port, owner);
    return find_port(block, *entry, source, name, port, owner);
  }

  Target refuse_text(const Written& source, const Block::Entry* entry, const std::string& owner) {
    std::string cure = "; write node.port";
    if (entry && std::count(source.text.begin(), source.text.end(), '.') > 1) {
      cure = "; nodes inside a loop or bin are not seen from outside, but by the ports of its out:";
    } else if (entry) {
      const std::vector<std::string> ports = outs_of(*entry);
      if (!ports.empty()) cure = "; write " + source.text.substr(0, source.text.find('.')) + "." + ports[0];
    }
    if (!source.text.empty() && source.text[0] == '$') cure = "; a link is fixed, and a param cannot stand for one";
    fault(source.mark, owner + "'" + source.text + "' is not a link" + cure);
    return {};
  }

  std::vector<std::string> outs_of(const Block::Entry& entry) const {
    return entry.is_bin ? names_of(state_.sheets[entry.index].spec->out) : graph_.nodes[entry.index].outs;
  }

  Target refuse_node(const Block& block, const Written& source, const std::string& name, const std::string& port,
                     const std::string& owner) {
    if (state_.faults.full()) {
      fault(source.mark, "");
      return {};
    }
    std::vector<std::string> names;
    for (const Block* at = &block; at; at = at->outer) {
      for (const auto& entry : at->names) names.emplace_back(entry.first);
    }
    std::string cure = base::did_you_mean(name, names);
    for (const Block& other : state_.blocks) {
      if (other.sheet != block.sheet || !other.names.count(name)) continue;
      const std::string& loop = graph_.nodes[graph_.regions[other.region].loop].name;
      cure = ": it is inside the loop '" + loop + "'; write out: {" + port + ": " + source.text +
             "} in the loop, and link to " + loop + "." + port;
    }
    if (block.sheet->bin && (cure.empty() || sees(block.sheet->outside, name))) {
      cure = "; a bin sees nothing outside but its in: and params:";
    }
    fault(source.mark, owner + "no node '" + name + "'" + cure);
    return {};
  }

  static bool sees(const Block* block, const std::string& name) {
    for (; block; block = block->outer) {
      if (block->names.count(name)) return true;
    }
    return false;
  }

  Target find_port(const Block& block, const Block::Entry& entry, const Written& source, const std::string& name,
                   const std::string& port, const std::string& owner) {
    if (!entry.is_bin) {
      const GraphNode& node = graph_.nodes[entry.index];
      if (node.sort == GraphNode::Sort::kNode && !node.type) return {};  // its unknown type is reported
      for (int region = block.region; region != 0; region = graph_.regions[region].parent) {
        if (graph_.regions[region].loop != entry.index) continue;
        fault(source.mark, owner + "'" + source.text +
                               "' is what the loop around it ends with; from turn to turn a value goes " +
                               "by state: {" + port + ": …} and next:");
        return {};
      }
    }
    const int index = entry.is_bin ? names_.find(state_.sheets[entry.index].spec->out, port)
                                   : names_.find(graph_.nodes[entry.index].outs, port);
    if (index >= 0) return {entry.is_bin ? Target::Sort::kBinOut : Target::Sort::kPort, entry.index, index};
    const std::vector<std::string> ports = outs_of(entry);
    std::string cure = state_.faults.suggest(port, ports);
    if (cure.empty()) cure = ports.empty() ? "; it sends nothing" : "; it sends " + base::joined(ports);
    fault(source.mark, owner + "'" + name + "' has no output '" + port + "'" + cure);
    return {};
  }

  Target find_state(const Block& block, const Written& source, const std::string& port, const std::string& owner) {
    const int loop = graph_.regions[block.region].loop;
    if (loop < 0 || !block.outer) {
      fault(source.mark, owner + "'" + source.text + "': only nodes of a loop have a state");
      return {};
    }
    const std::vector<LinkInput>& states = state_.sites[loop].spec->state;
    const int index = names_.find(states, port);
    if (index >= 0) return {Target::Sort::kPort, graph_.regions[block.region].state, index};
    std::string cure = state_.faults.suggest(port, names_of(states));
    if (cure.empty()) cure = "; add it to state:";
    fault(source.mark, owner + "loop '" + graph_.nodes[loop].name + "' has no state '" + port + "'" + cure);
    return {};
  }

  Target find_in(Sheet& sheet, const Written& source, const std::string& port, const std::string& owner) {
    const int index = names_.find(sheet.spec->in, port);
    if (index >= 0) {
      sheet.in_used[index] = true;
      if (!sheet.bin) return {};  // the graph itself has inputs, which is reported
      return {Target::Sort::kBinIn, sheet.index, index};
    }
    std::string cure = state_.faults.suggest(port, names_of(sheet.spec->in));
    if (cure.empty()) cure = "; declare it: in: {" + port + ": TYPE}, at the top of the file";
    fault(source.mark, owner + "the file has no input '" + port + "'" + cure);
    return {};
  }

  // --- through bins --------------------------------------------------------------------------------------------------

  PortRef follow(Target target, const Mark& mark, const std::string& owner) {
    std::vector<Target*> passed;
    while (target.sort == Target::Sort::kBinIn || target.sort == Target::Sort::kBinOut) {
      Sheet& sheet = state_.sheets[target.index];
      Target& next = (target.sort == Target::Sort::kBinIn ? sheet.ins : sheet.outs)[target.port];
      passed.push_back(&next);
      target = next;
      if (passed.size() <= bin_ports_) continue;
      fault(mark, owner + "bins pass this value on in a circle, through '" + sheet.id + "'; no node sends it");
      target = {};
    }
    for (Target* one : passed) *one = target;
    return target.sort == Target::Sort::kPort ? PortRef{target.index, target.port} : PortRef{};
  }

  PortRef resolve(Block& block, const Written& source, const std::string& owner) {
    return follow(find(block, source, owner), source.mark, owner);
  }

  // --- what has links ------------------------------------------------------------------------------------------------

  void link_sheet(Sheet& sheet) {
    const std::string owner = State::owner(sheet);
    check_names(sheet.spec->out, owner, "output");
    for (std::size_t i = 0; i < sheet.spec->out.size(); ++i) {
      const LinkInput& out = sheet.spec->out[i];
      sheet.outs[i] = find(*sheet.inside, out.source, "out: " + out.name + ": ");
    }
    check_names(sheet.spec->in, owner, "input");
    for (const BinInput& in : sheet.spec->in) {
      if (state_.value_type(in.type.text)) continue;
      const std::vector<std::string> names = state_.value_type_names();
      std::string cure = state_.faults.suggest(in.type.text, names);
      if (cure.empty()) cure = "; there are " + base::joined(names);
      fault(in.type.mark, "in: " + in.name + ": no value type '" + in.type.text + "'" + cure);
    }
    if (sheet.bin) link_bin(sheet, owner);
  }

  void link_bin(Sheet& sheet, const std::string& owner) {
    std::vector<bool> fed(sheet.spec->in.size());
    for (const LinkInput& link : sheet.bin->in) {
      const std::string here = owner + "input '" + link.name + "': ";
      const Target target = find(*sheet.outside, link.source, here);
      const int index = names_.find(sheet.spec->in, link.name);
      if (index < 0) {
        refuse_input(link, owner, names_of(sheet.spec->in));
      } else if (fed[index]) {
        fault(link.name_mark, owner + "input '" + link.name + "' is fed twice");
      } else {
        fed[index] = true;
        sheet.ins[index] = target;
      }
    }
    for (std::size_t i = 0; i < fed.size(); ++i) {
      const BinInput& in = sheet.spec->in[i];
      if (!fed[i]) refuse_missing(sheet.bin->mark, owner, in.name, in.type.text);
    }
  }

  void refuse_input(const LinkInput& link, const std::string& owner, const std::vector<std::string>& names) {
    std::string cure = state_.faults.suggest(link.name, names);
    if (cure.empty()) cure = names.empty() ? "; it takes none" : "; it takes " + base::joined(names);
    fault(link.name_mark, owner + "no input '" + link.name + "'" + cure);
  }

  void refuse_missing(const Mark& mark, const std::string& owner, const std::string& name, const std::string& type) {
    fault(mark, owner + "input '" + name + "' (" + type + ") is not linked; add in: {" + name + ": node.port}");
  }

  void link_node(int index) {
    GraphNode& node = graph_.nodes[index];
    const NodeSpec& spec = *state_.sites[index].spec;
    const std::string owner = state_.owner(index);
    const Contract& contract = node.type->contract;
    std::vector<bool> fed(node.ins.size());
    for (const LinkInput& link : spec.in) {
      const PortRef source = resolve(*state_.sites[index].block, link.source, owner + "input '" + link.name + "': ");
      const int port = contract.find_in(link.name);
      if (port < 0) {
        refuse_input(link, owner, names_of(contract.ins()));
      } else if (fed[port]) {
        fault(link.name_mark, owner + "input '" + link.name + "' is fed twice");
      } else {
        fed[port] = true;
        node.ins[port] = source;
      }
    }
    for (std::size_t i = 0; i < fed.size(); ++i) {
      const InSpec& in = contract.ins()[i];
      if (!fed[i] && !in.optional) refuse_missing(spec.mark, owner, in.name, in.type ? in.type->name : "any value");
    }
  }

  void link_loop(int index) {
    const NodeSpec& spec = *state_.sites[index].spec;
    const std::string owner = state_.owner(index);
    Block& outside = *state_.sites[index].block;
    Block& inside = *state_.bodies[graph_.nodes[index].body];
    Region& body = graph_.regions[graph_.nodes[index].body];
    check_names(spec.state, owner, "state");
    check_names(spec.out, owner, "output");
    std::vector<PortRef>& ins = graph_.nodes[index].ins;
    for (std::size_t i = 0; i < spec.state.size(); ++i) {
      ins[i] = resolve(outside, spec.state[i].source, owner + "state '" + spec.state[i].name + "': ");
    }
    if (spec.over) ins.back() = resolve(outside, *spec.over, owner + "over: ");
    body.next.resize(spec.state.size());
    link_next(index, spec, inside, body);
    for (const LinkInput& out : spec.out) {
      body.out.push_back(resolve_inside(inside, body, out, owner + "out: " + out.name + ": "));
    }
  }

  void link_next(int loop, const NodeSpec& spec, Block& inside, Region& body) {
    const std::string owner = state_.owner(loop);
    std::vector<bool> fed(spec.state.size());
    for (const LinkInput& next : spec.next) {
      const PortRef source = resolve_inside(inside, body, next, owner + "next: " + next.name + ": ");
      const int index = names_.find(spec.state, next.name);
      if (index < 0) {
        std::string cure = state_.faults.suggest(next.name, names_of(spec.state));
        if (cure.empty()) cure = "; add it to state: with the value that it starts from";
        fault(next.name_mark, owner + "next: no state '" + next.name + "'" + cure);
      } else if (fed[index]) {
        fault(next.name_mark, owner + "next: state '" + next.name + "' is given twice");
      } else {
        fed[index] = true;
        body.next[index] = source;
      }
    }
    for (std::size_t i = 0; i < fed.size(); ++i) {
      if (fed[i] || names_.find(spec.state, spec.state[i].name) != static_cast<int>(i)) continue;
      fault(spec.state[i].name_mark, owner + "state '" + spec.state[i].name + "' never changes; add next: {" +
                                         spec.state[i].name + ": node.port}, or link to " + spec.state[i].source.text +
                                         " itself");
    }
  }

  /// A port of the body: what comes from outside is the same at every turn.
  PortRef resolve_inside(Block& inside, const Region& body, const LinkInput& link, const std::string& owner) {
    const PortRef source = resolve(inside, link.source, owner);
    if (!source || graph_.nodes[source.node].region == graph_.nodes[body.loop].body) return source;
    fault(link.source.mark,
          owner + "'" + link.source.text + "' is outside of the loop; a turn hands on what its nodes made");
    return {};
  }

  template <class Links>
  void check_names(const Links& links, const std::string& owner, const std::string& what) {
    for (std::size_t i = 0; i < links.size(); ++i) {
      const Mark& mark = mark_of(links[i]);
      if (!base::is_name(links[i].name)) {
        fault(mark, owner + what + " '" + links[i].name + "' is not a name; a name has letters, digits, '_' and '-'");
      }
      if (names_.find(links, links[i].name) < static_cast<int>(i)) {
        fault(mark, owner + what + " '" + links[i].name + "' is given twice");
      }
    }
  }
  static const Mark& mark_of(const LinkInput& link) { return link.name_mark; }
  static const Mark& mark_of(const BinInput& in) { return in.mark; }

  // --- types ---------------------------------------------------------------------------------------------------------

  /// The type that a port sends; null when it is not known. Loops send what their bodies do, states what they start
  /// from.
  const ValueType* type_of(PortRef ref) const {
    for (std::size_t steps = 0; ref && steps <= graph_.nodes.size(); ++steps) {
      const GraphNode& node = graph_.nodes[ref.node];
      if (static_cast<std::size_t>(ref.port) < node.out_types.size()) return node.out_types[ref.port];
      if (node.sort == GraphNode::Sort::kLoop) {
        ref = graph_.regions[node.body].out[ref.port];
      } else {
        ref = graph_.nodes[graph_.regions[node.region].loop].ins[ref.port];
      }
    }
    return nullptr;
  }

  void set_types(GraphNode& node) {
    if (node.sort == GraphNode::Sort::kNode) return;
    for (std::size_t i = 0; i < node.outs.size(); ++i) {
      const auto port = static_cast<int>(i);
      const Region& body = graph_.regions[node.sort == GraphNode::Sort::kLoop ? node.body : node.region];
      node.out_types.push_back(
          type_of(node.sort == GraphNode::Sort::kLoop ? body.out[i] : graph_.nodes[body.loop].ins[port]));
    }
  }

  /// A bin's input is what its file says; whether that holds is checked where it is included.
  const ValueType* sent_type(const Sheet& sheet, const LinkInput& link, PortRef source) {
    const std::string& text = link.source.text;
    const int index = text.starts_with("in.") ? names_.find(sheet.spec->in, text.substr(3)) : -1;
    return index < 0 ? type_of(source) : state_.value_type(sheet.spec->in[index].type.text);
  }

  void check_type(const Sheet& sheet, const LinkInput& link, PortRef source, const ValueType* due,
                  const std::string& owner) {
    const ValueType* sent = sent_type(sheet, link, source);
    if (!sent || !due || *sent == *due) return;
    fault(link.source.mark, owner + "it takes " + due->name + ", and '" + link.source.text + "' sends " + sent->name);
  }

  void check_sheet_types(const Sheet& sheet) {
    if (!sheet.bin) return;
    for (const LinkInput& link : sheet.bin->in) {
      const int index = names_.find(sheet.spec->in, link.name);
      if (index < 0) continue;
      const std::string owner = State::owner(sheet) + "input '" + link.name + "': ";
      check_type(*sheet.outside->sheet, link, follow(sheet.ins[index], link.source.mark, owner),
                 state_.value_type(sheet.spec->in[index].type.text), owner);
    }
  }

  void check_types(int index) {
    const GraphNode& node = graph_.nodes[index];
    const NodeSpec& spec = *state_.sites[index].spec;
    const Sheet& sheet = *state_.sites[index].block->sheet;
    if (node.sort == GraphNode::Sort::kNode && node.type) {
      const Contract& contract = node.type->contract;
      for (const LinkInput& link : spec.in) {
        const int port = contract.find_in(link.name);
        if (port < 0 || !contract.ins()[port].type) continue;
        check_type(sheet, link, node.ins[port], contract.ins()[port].type,
                   state_.owner(index) + "input '" + link.name + "': ");
      }
    }
    if (node.sort != GraphNode::Sort::kLoop) return;
    const Region& body = graph_.regions[node.body];
    for (const LinkInput& next : spec.next) {
      const int state = names_.find(spec.state, next.name);
      if (state < 0) continue;
      check_type(sheet, next, body.next[state], type_of(node.ins[state]),
                 state_.owner(index) + "next: " + next.name + ": ");
    }
    if (spec.over) check_over(index, *spec.over);
  }

  void check_over(int index, const Written& over) {
    const ValueType* type = type_of(graph_.nodes[index].ins.back());
    if (!type || type->length) return;
    std::vector<std::string> lists;
    for (const std::string& name : state_.value_type_names()) {
      if (state_.value_type(name)->length) lists.push_back(name);
    }
    fault(over.mark, state_.owner(index) + "over: '" + over.text + "' sends " + type->name +
                         ", which has no length; a loop runs over " + base::joined(lists));
  }

  State& state_;
  Graph& graph_;
  NameIndex names_;
  std::size_t bin_ports_ = 0;  ///< of all bins together
};

}  // namespace

void link(State& state) {
  Linker(state).run();
}

}  // namespace graph::checking
