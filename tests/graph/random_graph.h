// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "graph/run.h"

/// Random graphs of one node type, and their values computed the plain way: one item after another, one node after
/// another.
namespace random_graph {

/// A hash of a salt and of inputs that may be absent.
inline std::int64_t mixed(std::int64_t salt, const std::vector<std::optional<std::int64_t>>& inputs) {
  auto hash = static_cast<std::uint64_t>(salt) * 0x9e3779b97f4a7c15u + 1;
  for (const auto& input : inputs) {
    hash ^= input ? static_cast<std::uint64_t>(*input) : 0x51ed270b35ae1234u;
    hash = (hash << 13 | hash >> 51) * 0xff51afd7ed558ccdu;
  }
  return static_cast<std::int64_t>(hash >> 1);
}

/// mix: a hash of its salt and of what came. When inactive it passes `a` on.
class Mix final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kA{"a", "int"};
  static constexpr graph::In<std::int64_t> kB{"b", "int", true};
  static constexpr graph::In<std::int64_t> kC{"c", "int", true};
  static constexpr graph::Out<std::int64_t> kOut{"out", "int"};
  static constexpr graph::Prop<std::int64_t> kSalt{.name = "salt", .help = "of the hash", .value = 0};
  static graph::Contract contract() {
    return graph::Contract("mix", "Mixes.", kA, kB, kC, kOut, kSalt).bypass(kOut, kA);
  }
  explicit Mix(const graph::Props& props) : salt_(props.get(kSalt)) {}
  void process(graph::Context& cx) const override {
    const auto at = [&](const auto& port) {
      const std::int64_t* value = cx.find(port);
      return value ? std::optional(*value) : std::nullopt;
    };
    if (slow() == cx.node_id()) std::this_thread::sleep_for(std::chrono::microseconds(300));
    if (failing() == cx.node_id() && cx.item().index % 3 == 1) throw std::runtime_error("injected");
    cx.send(kOut, mixed(salt_, {at(kA), at(kB), at(kC)}));
  }
  /// Node ids to disturb; set while nothing runs.
  static std::string& slow() {
    static std::string id;
    return id;
  }
  static std::string& failing() {
    static std::string id;
    return id;
  }

 private:
  const std::int64_t salt_;
};

/// strict: as mix, but `b` must come; in a batch of up to four; and nothing goes round it.
class Strict final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kA{"a", "int"};
  static constexpr graph::In<std::int64_t> kB{"b", "int"};
  static constexpr graph::Out<std::int64_t> kOut{"out", "int"};
  static constexpr graph::Prop<std::int64_t> kSalt{.name = "salt", .help = "of the hash", .value = 0};
  static graph::Contract contract() {
    return graph::Contract("strict", "Mixes two.", kA, kB, kOut, kSalt).resource("gpu").batch(4);
  }
  explicit Strict(const graph::Props& props) : salt_(props.get(kSalt)) {}
  void process(graph::Context& cx) const override {
    if (Mix::slow() == cx.node_id()) std::this_thread::sleep_for(std::chrono::microseconds(300));
    if (Mix::failing() == cx.node_id() && cx.item().index % 3 == 1) throw std::runtime_error("injected");
    cx.send(kOut, mixed(salt_, {cx.get(kA), cx.get(kB)}));
  }

 private:
  const std::int64_t salt_;
};

/// tally: a hash of its salt, of what came, and of how often it has been called for its item, or in its loop.
class Tally final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kA{"a", "int"};
  static constexpr graph::Out<std::int64_t> kOut{"out", "int"};
  static constexpr graph::Prop<std::int64_t> kSalt{.name = "salt", .help = "of the hash", .value = 0};
  static graph::Contract contract() { return {"tally", "Mixes in a count of its calls.", kA, kOut, kSalt}; }
  explicit Tally(const graph::Props& props) : salt_(props.get(kSalt)) {}
  void process(graph::Context& cx) const override {
    if (Mix::slow() == cx.node_id()) std::this_thread::sleep_for(std::chrono::microseconds(300));
    if (Mix::failing() == cx.node_id() && cx.item().index % 3 == 1) throw std::runtime_error("injected");
    cx.send(kOut, mixed(salt_, {cx.get(kA), ++cx.slot<std::int64_t>()}));
  }

 private:
  const std::int64_t salt_;
};

/// source: a hash of its salt.
class Source final : public graph::Node {
 public:
  static constexpr graph::Out<std::int64_t> kOut{"out", "int"};
  static constexpr graph::Prop<std::int64_t> kSalt{.name = "salt", .help = "of the hash", .value = 0};
  static graph::Contract contract() { return {"source", "Starts.", kOut, kSalt}; }
  explicit Source(const graph::Props& props) : salt_(props.get(kSalt)) {}
  void process(graph::Context& cx) const override {
    if (Mix::failing() == cx.node_id() && cx.item().index % 3 == 1) throw std::runtime_error("injected");
    cx.send(kOut, mixed(salt_, {}));
  }

 private:
  const std::int64_t salt_;
};

inline const graph::Registry& registry() {
  static const graph::Registry all = [] {
    graph::Registry made;
    made.add<Source>();
    made.add<Mix>();
    made.add<Strict>();
    made.add<Tally>();
    return made;
  }();
  return all;
}

/// Writes a random graph: roots that draw on the params p, q and r, nodes on earlier nodes, loops with states, windows
/// and loops of their own.
class Writer {
 public:
  explicit Writer(unsigned seed) : random_(seed) {}

  std::string graph() {
    text_ = "graph: random\nparams:\n";
    for (const char* param : {"p", "q", "r"}) text_ += std::string("  ") + param + ": {type: int, default: 1}\n";
    text_ += "nodes:\n";
    std::vector<std::string> sources;
    for (const char* param : {"p", "q", "r"}) {
      text_ += "  " + std::string("of_") + param + ": {type: source, salt: $" + param + "}\n";
      sources.push_back(std::string("of_") + param + ".out");
    }
    add_nodes("  ", sources, 4 + pick(8), 2);
    return text_;
  }

 private:
  int pick(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  const std::string& one_of(const std::vector<std::string>& sources) {
    return sources[pick(static_cast<int>(sources.size()))];
  }

  std::vector<std::string> add_nodes(const std::string& indent, std::vector<std::string> sources, int count,
                                     int depth) {
    std::vector<std::string> own;
    for (int i = 0; i < count; ++i) {
      const std::string name = "n" + std::to_string(number_++);
      const bool in_loop = indent.size() > 2;
      if (depth > 0 && pick(4) == 0) {
        add_loop(indent, name, sources, depth);
        own.push_back(name + ".x");
        if (pick(2)) own.push_back(name + ".last");
      } else {
        add_node(indent, name, sources, in_loop);
        own.push_back(name + ".out");
      }
      sources.push_back(own.back());
    }
    return own;
  }

  void add_node(const std::string& indent, const std::string& name, const std::vector<std::string>& sources,
                bool in_loop) {
    const bool strict = pick(3) == 0, tally = !strict && pick(4) == 0;
    text_ += indent + name + ": {type: " +
             (strict  ? "strict"
              : tally ? "tally"
                      : "mix") +
             ", salt: " + (pick(3) ? std::to_string(pick(100)) : std::string("$") + "pqr"[pick(3)]) +
             ", in: {a: " + one_of(sources);
    if (strict || (!tally && pick(2))) text_ += ", b: " + one_of(sources);
    if (!strict && !tally && pick(3) == 0) text_ += ", c: " + one_of(sources);
    text_ += "}";
    if (in_loop && pick(3) == 0) {
      const int from = pick(8);
      text_ += ", when: {from: 0." + std::to_string(from) + ", to: 0." + std::to_string(from + pick(10 - from)) +
               ", every: " + (pick(5) ? std::to_string(pick(3)) : std::string("$") + "pqr"[pick(3)]) + "}";
    }
    text_ += "}\n";
  }

  void add_loop(const std::string& indent, const std::string& name, const std::vector<std::string>& sources,
                int depth) {
    const std::string a = one_of(sources), b = one_of(sources);
    text_ += indent + name + ":\n" + indent + "  type: loop\n" + indent + "  steps: " + std::to_string(pick(9)) + "\n";
    text_ += indent + "  state: {x: " + a + ", y: " + b + "}\n" + indent + "  nodes:\n";
    std::vector<std::string> inner = sources;
    inner.insert(inner.end(), {"state.x", "state.y", "state.x"});
    const std::vector<std::string> own = add_nodes(indent + "    ", inner, 1 + pick(4), depth - 1);
    const std::string x = own[pick(static_cast<int>(own.size()))], y = own.back();
    text_ += indent + "  next: {x: " + x + ", y: " + (pick(3) ? y : "state.x") + "}\n";
    text_ += indent + "  out: {x: " + x + ", last: " + (pick(2) ? y : "state.y") + "}\n";
  }

  std::mt19937 random_;
  std::string text_;
  int number_ = 0;
};

/// The values of all root ports for one item, by plain recursion over the checked graph. Empty: nothing was sent.
class Serial {
 public:
  using Number = std::optional<std::int64_t>;
  using Ports = std::map<std::pair<int, int>, Number>;

  Serial(const graph::Plan& plan, int item) : plan_(plan), graph_(plan.graph()), item_(item) {
    run_region(0, graph::Turn{}, ports_);
  }
  Number at(int node, int port) const { return ports_.at({node, port}); }

 private:
  void run_region(int region, const graph::Turn& turn, Ports& ports) {
    for (int n : graph_.regions[region].nodes) {
      const graph::GraphNode& node = graph_.nodes[n];
      if (node.sort == graph::GraphNode::Sort::kState) continue;
      if (node.body >= 0) {
        run_loop(n, ports);
      } else {
        ports[{n, 0}] = value(n, turn, ports);
      }
    }
  }

  Number value(int n, const graph::Turn& turn, const Ports& ports) {
    const graph::GraphNode& node = graph_.nodes[n];
    const std::int64_t salt = std::get<std::int64_t>(plan_.evaluate(node.props[0], item_));
    std::vector<Number> inputs;
    for (const graph::PortRef& ref : node.ins) inputs.push_back(ref ? ports.at({ref.node, ref.port}) : Number());
    const std::string& type = node.type->contract.type();
    if (type == "source") return mixed(salt, {});
    bool active = inputs[0].has_value() && (type != "strict" || inputs[1].has_value());
    if (node.when) {
      const double f = turn.progress();
      const auto every = std::get<std::int64_t>(plan_.evaluate(node.when->every, item_));
      active = active && every > 0 && turn.index % every == 0 &&
               std::get<double>(plan_.evaluate(node.when->from, item_)) <= f &&
               f <= std::get<double>(plan_.evaluate(node.when->to, item_));
    }
    if (!active) return type == "mix" ? inputs[0] : Number();
    if (type == "tally") inputs.push_back(++calls_[n]);
    return mixed(salt, inputs);
  }

  void forget_calls(int region) {
    for (int n : graph_.regions[region].nodes) {
      calls_.erase(n);
      if (graph_.nodes[n].body >= 0) forget_calls(graph_.nodes[n].body);
    }
  }

  void run_loop(int n, Ports& ports) {
    const graph::GraphNode& loop = graph_.nodes[n];
    const graph::Region& body = graph_.regions[loop.body];
    std::vector<Number> state, last(loop.outs.size());
    bool active = true;
    forget_calls(loop.body);
    for (const graph::PortRef& ref : loop.ins) {
      state.push_back(ports.at({ref.node, ref.port}));
      active = active && state.back().has_value();
    }
    const int turns = active ? static_cast<int>(std::get<std::int64_t>(plan_.evaluate(loop.props[0], item_))) : 0;
    for (int i = 0; i < turns; ++i) {
      for (std::size_t k = 0; k < state.size(); ++k) ports[{body.state, static_cast<int>(k)}] = state[k];
      run_region(loop.body, {i, turns}, ports);
      const auto at = [&](const graph::PortRef& ref) { return ports.at({ref.node, ref.port}); };
      for (std::size_t k = 0; k < last.size(); ++k) {
        if (at(body.out[k])) last[k] = at(body.out[k]);
      }
      std::vector<Number> next = state;
      for (std::size_t k = 0; k < state.size(); ++k) {
        if (at(body.next[k])) next[k] = at(body.next[k]);
      }
      state = next;
    }
    for (std::size_t k = 0; k < last.size(); ++k) {
      for (std::size_t s = 0; active && !last[k] && s < state.size(); ++s) {
        if (body.out[k] == body.next[s] || body.out[k] == graph::PortRef{body.state, static_cast<int>(s)})
          last[k] = state[s];
      }
      ports[{n, static_cast<int>(k)}] = last[k];
    }
  }

  const graph::Plan& plan_;
  const graph::Graph& graph_;
  const int item_;
  std::map<int, std::int64_t> calls_;  ///< by node, of tally
  Ports ports_;
};

}  // namespace random_graph
