// SPDX-License-Identifier: MIT
#include <algorithm>
#include <unordered_map>

#include "base/names.h"
#include "graph/checking/check_state.h"
#include "graph/checking/name_index.h"

namespace graph::checking {
namespace {

template <class Links>
std::vector<std::string> names_of(const Links& links) {
  std::vector<std::string> names;
  for (const auto& link : links) names.push_back(link.name);
  return names;
}

/// Resolves the words of links, then where bins pass them on to.
class Linker {
 public:
  explicit Linker(State& state) : state_(state), graph_(state.graph) {
    for (const Sheet& sheet : state.sheets) bin_ports_ += sheet.ins.size() + sheet.outs.size();
  }

  void run() {
    for (Sheet& sheet : state_.sheets) link_sheet(sheet);
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      const int node = static_cast<int>(i);
      if (graph_.nodes[i].body >= 0) link_body(node);
      if (graph_.nodes[i].sort == GraphNode::Sort::kNode && graph_.nodes[i].type) link_node(node);
      if (graph_.nodes[i].when) link_when(node);
    }
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
      else if (at->outer && graph_.regions[at->region].alias == name) return find_element(*at, source, port, owner);
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
      const GraphNode& around = graph_.nodes[graph_.regions[other.region].owner];
      const std::string sort = around.sort == GraphNode::Sort::kEach ? "each" : "loop";
      cure = ": it is inside the " + sort + " '" + around.name + "'; write out: {" + port + ": " + source.text +
             "} in the " + sort + ", and link to " + around.name + "." + port;
    }
    if (name == "each" || name == "turn") cure = "; only nodes of a loop have a turn, and those of an each an element";
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
        if (graph_.regions[region].owner != entry.index) continue;
        fault(source.mark, owner + "'" + source.text +
                               (node.sort == GraphNode::Sort::kEach
                                    ? "' is what the each around it ends with, and its elements know nothing of it"
                                    : "' is what the loop around it ends with; from turn to turn a value goes by "
                                      "state: {" +
                                          port + ": …} and next:"));
        return {};
      }
    }
    const int index = entry.is_bin ? names_.find(state_.sheets[entry.index].spec->out, port)
                                   : names_.find(graph_.nodes[entry.index].outs, port);
    if (index >= 0 && !entry.is_bin && !is_sent(entry.index, index)) {
      const std::string& given = graph_.nodes[entry.index].type->contract.outs()[index].given;
      fault(source.mark, owner + "'" + name + "' sends '" + port + "' only where " + given + " is given; write " +
                             given + ": VALUE in '" + name + "'");
      return {};
    }
    if (index >= 0) return {entry.is_bin ? Target::Sort::kBinOut : Target::Sort::kPort, entry.index, index};
    const std::vector<std::string> ports = outs_of(entry);
    std::string cure = state_.faults.suggest(port, ports);
    if (cure.empty()) cure = ports.empty() ? "; it sends nothing" : "; it sends " + base::joined(ports);
    fault(source.mark, owner + "'" + name + "' has no output '" + port + "'" + cure);
    return {};
  }

  /// Whether a port that depends on a property being given does send.
  bool is_sent(int index, int port) const {
    const NodeType* const type = graph_.nodes[index].type;
    if (!type || type->contract.outs()[port].given.empty()) return true;
    const std::string& given = type->contract.outs()[port].given;
    const NodeSpec& spec = *state_.sites[index].spec;
    const auto is_it = [&](const auto& one) { return one.name == given; };
    return std::ranges::any_of(spec.props, is_it) || std::ranges::any_of(spec.in, is_it);
  }

  /// A state of the innermost loop: an each has none of its own.
  Target find_state(const Block& block, const Written& source, const std::string& port, const std::string& owner) {
    const Block* at = &block;
    while (at->outer && graph_.nodes[graph_.regions[at->region].owner].sort == GraphNode::Sort::kEach) at = at->outer;
    const int loop = graph_.regions[at->region].owner;
    if (loop < 0 || !at->outer) {
      fault(source.mark, owner + "'" + source.text + "': only nodes of a loop have a state");
      return {};
    }
    const std::vector<LinkInput>& states = state_.sites[loop].spec->state;
    const int index = names_.find(states, port);
    if (index >= 0) return {Target::Sort::kPort, graph_.regions[at->region].head, index};
    std::string cure = state_.faults.suggest(port, names_of(states));
    if (cure.empty()) cure = "; add it to state:";
    fault(source.mark, owner + "loop '" + graph_.nodes[loop].name + "' has no state '" + port + "'" + cure);
    return {};
  }

  /// What a turn or an element is: "each.item", "turn.index".
  Target find_element(const Block& body, const Written& source, const std::string& port, const std::string& owner) {
    const Region& region = graph_.regions[body.region];
    const std::vector<std::string>& outs = graph_.nodes[region.head].outs;
    const auto first = outs.begin() + static_cast<std::ptrdiff_t>(region.next.size());  // behind the states
    const auto found = std::find(first, outs.end(), port);
    if (found != outs.end()) return {Target::Sort::kPort, region.head, static_cast<int>(found - outs.begin())};
    const std::vector<std::string> ports(first, outs.end());
    std::string cure = state_.faults.suggest(port, ports);
    if (cure.empty()) cure = "; it has " + base::joined(ports);
    fault(source.mark, owner + "'" + region.alias + "' has no '" + port + "'" + cure);
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
      if (link.is_list) {
        refuse_list(link, here);
        continue;
      }
      const Target target = find(*sheet.outside, link.source, here);
      const int index = names_.find(sheet.spec->in, link.name);
      if (index < 0 && sheet.params.count(link.name)) {
        // a link that feeds a param: resolved for the properties that it comes to
      } else if (index < 0) {
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

  void refuse_list(const LinkInput& link, const std::string& owner) {
    fault(link.source.mark, owner + "one link is due, found a list; an input is fed by one port");
  }

  /// Puts a link behind those that a node has; its place among them.
  int add_in(GraphNode& node, PortRef source) {
    node.ins.push_back(source);
    return static_cast<int>(node.ins.size()) - 1;
  }

  void link_node(int index) {
    GraphNode& node = graph_.nodes[index];
    const NodeSpec& spec = *state_.sites[index].spec;
    const std::string owner = state_.owner(index);
    const Contract& contract = node.type->contract;
    std::vector<bool> fed(node.ins.size());
    for (const LinkInput& link : spec.in) {
      const int port = contract.find_in(link.name);
      if (port >= 0 && fed[port]) {
        fault(link.name_mark, owner + "input '" + link.name + "' is fed twice");
      } else if (port >= 0) {
        fed[port] = true;
        link_port(index, port, link, owner + "input '" + link.name + "': ");
      } else if (const int prop = contract.find_prop(link.name); prop >= 0) {
        link_property(index, prop, link, owner + "property '" + link.name + "': ");
      } else {
        if (!link.is_list) resolve(*state_.sites[index].block, link.source, owner + "input '" + link.name + "': ");
        refuse_input(link, owner, names_of(contract.ins()));
      }
    }
    for (GraphNode::Fed& one : node.fed) {
      if (one.param >= 0) one.in = add_in(node, feed(one.param));
    }
    for (std::size_t i = 0; i < fed.size(); ++i) {
      const InSpec& in = contract.ins()[i];
      if (!fed[i] && !in.optional) refuse_missing(spec.mark, owner, in.name, in.type ? in.type->name : "any value");
    }
    check_either(contract, fed, spec.mark, owner);
  }

  void check_either(const Contract& contract, const std::vector<bool>& fed, const Mark& mark,
                    const std::string& owner) {
    std::string names;
    int linked = 0, there = 0;
    for (std::size_t i = 0; i < fed.size(); ++i) {
      const InSpec& in = contract.ins()[i];
      if (!in.either) continue;
      names += (there++ > 0 ? " or '" : "'") + in.name + "'";
      if (fed[i]) ++linked;
    }
    if (there > 0 && linked == 0) fault(mark, owner + "link " + names);
    if (linked > 1) fault(mark, owner + "link " + names + ", not both");
  }

  void link_port(int index, int port, const LinkInput& link, const std::string& owner) {
    GraphNode& node = graph_.nodes[index];
    Block& block = *state_.sites[index].block;
    if (!node.type->contract.ins()[port].several) {
      if (link.is_list) return refuse_list(link, owner);
      node.ins[port] = resolve(block, link.source, owner);
      return;
    }
    const int first = static_cast<int>(node.ins.size());
    for (const Written& source : links_of(link)) add_in(node, resolve(block, source, owner));
    node.several.push_back({port, first, static_cast<int>(node.ins.size()) - first});
  }

  /// One link, or those of a list.
  static std::vector<Written> links_of(const LinkInput& link) {
    return link.is_list ? link.several : std::vector{link.source};
  }

  void link_property(int index, int prop, const LinkInput& link, const std::string& owner) {
    if (link.is_list) return refuse_list(link, owner);
    const PortRef source = resolve(*state_.sites[index].block, link.source, owner);
    GraphNode& node = graph_.nodes[index];
    for (GraphNode::Fed& one : node.fed) {
      if (one.prop == prop && one.param < 0 && one.in < 0) one.in = add_in(node, source);
    }
  }

  /// What feeds a bin's param, through the bins around it.
  PortRef feed(int param) {
    while (!state_.feeds.count(param)) param = graph_.params[param].value->fed;
    const State::Feed& feed = state_.feeds.at(param);
    if (!feed.link->is_list) return resolve(*feed.block, feed.link->source, feed.owner);
    refuse_list(*feed.link, feed.owner);
    return {};
  }

  /// Links in the place of a bool: of the node's own `when`, or of its bin's.
  void link_when(int index) {
    const Block& block = *state_.sites[index].block;
    const NodeSpec& spec = *state_.sites[index].spec;
    const bool own = spec.when && !(block.outer == nullptr && block.sheet->when);
    const WhenInput* const input = own ? &*spec.when : block.sheet->when_input;
    Block* const where = own ? state_.sites[index].block : block.sheet->when_block;
    if (!input || !where) return;
    GraphNode& node = graph_.nodes[index];
    const std::string owner = own ? state_.owner(index) : State::owner(*block.sheet);
    const auto link = [&](const std::optional<Written>& written, const char* name) {
      if (!written || !is_link(*written)) return -1;
      return add_in(node, resolve(*where, *written, owner + "when." + name + ": "));
    };
    node.when->if_link = link(input->only_if, "if");
    node.when->unless_link = link(input->unless, "unless");
  }

  void link_body(int index) {
    const NodeSpec& spec = *state_.sites[index].spec;
    const std::string owner = state_.owner(index);
    Block& outside = *state_.sites[index].block;
    Block& inside = *state_.bodies[graph_.nodes[index].body];
    Region& body = graph_.regions[graph_.nodes[index].body];
    check_alias(spec, inside, owner);
    check_names(spec.state, owner, "state");
    check_names(spec.lists, owner, "list");
    check_names(spec.out, owner, "output");
    check_names(spec.collect, owner, "collected output");
    std::vector<PortRef>& ins = graph_.nodes[index].ins;
    for (std::size_t i = 0; i < spec.state.size(); ++i) {
      ins[i] = resolve(outside, spec.state[i].source, owner + "state '" + spec.state[i].name + "': ");
    }
    for (std::size_t i = 0; i < spec.lists.size(); ++i) {
      ins[spec.state.size() + i] = resolve(outside, spec.lists[i].source, owner + "over: " + spec.lists[i].name + ": ");
    }
    if (spec.over) ins.back() = resolve(outside, *spec.over, owner + "over: ");
    link_next(index, spec, inside, body);
    for (const LinkInput& out : spec.out) {
      body.out.push_back(resolve_inside(inside, body, out, owner + "out: " + out.name + ": "));
    }
    for (const LinkInput& one : spec.collect) {
      if (names_.find(spec.out, one.name) >= 0)
        fault(one.name_mark, owner + "collect: '" + one.name + "' is an output of out:, too; take another name");
      body.collect.push_back(resolve_inside(inside, body, one, owner + "collect: " + one.name + ": "));
    }
  }

  /// What a body's turns or elements are called must not be a node's name, too. (Of a loop that says nothing a node may
  /// be called "turn": it is meant then.)
  void check_alias(const NodeSpec& spec, const Block& inside, const std::string& owner) {
    const std::string& alias = graph_.regions[inside.region].alias;
    if (!spec.as && alias == "turn") return;
    for (const Block* at = &inside; at; at = at->outer) {
      const auto found = at->names.find(alias);
      if (found == at->names.end()) continue;
      const Mark& mark = spec.as ? spec.as->mark : spec.mark;
      fault(mark, owner + "its elements are '" + alias +
                      "', and so is a node in sight: links could mean either; add as: NAME");
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
    if (!source || graph_.nodes[source.node].region == graph_.nodes[body.owner].body) return source;
    const bool each = graph_.nodes[body.owner].sort == GraphNode::Sort::kEach;
    fault(link.source.mark, owner + "'" + link.source.text + "' is outside of the " +
                                (each ? "each; an element" : "loop; a turn") + " hands on what its nodes made");
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
