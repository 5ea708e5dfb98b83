// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "graph/elements.h"
#include "graph/load.h"
#include "graph/run.h"

/// Random graphs of a few node types, and their values computed the plain way: one item after another, one node after
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
  static graph::Contract contract() {
    return graph::Contract("tally", "Mixes in a count of its calls.", kA, kOut, kSalt).slot<std::int64_t>();
  }
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

/// spread: a list of up to four numbers, with empty places.
class Spread final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kA{"a", "int"};
  static constexpr graph::Out<graph::List<std::int64_t>> kOut{"out", "ints"};
  static graph::Contract contract() { return {"spread", "Makes a list.", kA, kOut}; }
  static graph::Value list_of(std::int64_t a) {
    std::vector<graph::Value> places(static_cast<std::size_t>(a % 5));
    for (std::size_t i = 0; i < places.size(); ++i) {
      if ((a >> i) % 4 != 0) places[i] = graph::Value::of(mixed(a, {static_cast<std::int64_t>(i)}));
    }
    return graph::Value::list(graph::value_type<std::int64_t>(), std::move(places));
  }
  void process(graph::Context& cx) const override {
    if (Mix::failing() == cx.node_id() && cx.item().index % 3 == 1) throw std::runtime_error("injected");
    cx.send(kOut, graph::List<std::int64_t>(list_of(cx.get(kA))));
  }
};

inline std::int64_t fold(const std::vector<graph::Value>& places) {
  std::vector<std::optional<std::int64_t>> numbers;
  for (const graph::Value& place : places) {
    numbers.push_back(place.empty() ? std::nullopt : std::optional(place.as<std::int64_t>()));
  }
  return mixed(static_cast<std::int64_t>(places.size()), numbers);
}

/// fold: a hash of a list, empty places included.
class Fold final : public graph::Node {
 public:
  static constexpr graph::In<graph::List<std::int64_t>> kList{"list", "ints"};
  static constexpr graph::Out<std::int64_t> kOut{"out", "int"};
  static graph::Contract contract() { return {"fold", "Hashes a list.", kList, kOut}; }
  void process(graph::Context& cx) const override {
    if (Mix::slow() == cx.node_id()) std::this_thread::sleep_for(std::chrono::microseconds(300));
    if (Mix::failing() == cx.node_id() && cx.item().index % 3 == 1) throw std::runtime_error("injected");
    cx.send(kOut, fold(cx.get(kList).value().places()));
  }
};

/// join: a hash of what comes by several links.
class Join final : public graph::Node {
 public:
  static constexpr graph::Ins<std::int64_t> kParts{"parts", "ints"};
  static constexpr graph::Out<std::int64_t> kOut{"out", "int"};
  static graph::Contract contract() { return {"join", "Hashes several numbers.", kParts, kOut}; }
  void process(graph::Context& cx) const override {
    if (Mix::failing() == cx.node_id() && cx.item().index % 3 == 1) throw std::runtime_error("injected");
    cx.send(kOut, fold(cx.get(kParts).value().places()));
  }
};

/// odd: whether a number is.
class Odd final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kA{"a", "int"};
  static constexpr graph::Out<bool> kOut{"out", "bool"};
  static graph::Contract contract() { return {"odd", "Tells odd numbers.", kA, kOut}; }
  void process(graph::Context& cx) const override {
    if (Mix::failing() == cx.node_id() && cx.item().index % 3 == 1) throw std::runtime_error("injected");
    cx.send(kOut, cx.get(kA) % 2 != 0);
  }
};

inline const graph::Registry& registry() {
  static const graph::Registry all = [] {
    graph::Registry made;
    graph::add_elements(made);
    made.add<Source>();
    made.add<Mix>();
    made.add<Strict>();
    made.add<Tally>();
    made.add<Spread>();
    made.add<Fold>();
    made.add<Join>();
    made.add<Odd>();
    return made;
  }();
  return all;
}

/// Writes a random graph: roots that draw on the params p, q and r, nodes on earlier nodes, loops with states, windows
/// and loops of their own, and, when it is asked for, eaches, lists, fed properties, several links and switches.
class Writer {
 public:
  explicit Writer(unsigned seed, bool lists = false) : random_(seed), with_lists_(lists) {}

  std::string graph() {
    text_ = "graph: random\nparams:\n";
    for (const char* param : {"p", "q", "r"}) text_ += std::string("  ") + param + ": {type: int, default: 1}\n";
    text_ += "nodes:\n";
    Sources sources;
    for (const char* param : {"p", "q", "r"}) {
      text_ += "  " + std::string("of_") + param + ": {type: source, salt: $" + param + "}\n";
      sources.numbers.push_back(std::string("of_") + param + ".out");
    }
    add_nodes("  ", sources, 4 + pick(8), 2 + (with_lists_ ? 1 : 0), false);
    return text_;
  }

 private:
  /// What a node may link to.
  struct Sources {
    std::vector<std::string> numbers, lists, bools;
  };

  int pick(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  const std::string& one_of(const std::vector<std::string>& sources) {
    return sources[pick(static_cast<int>(sources.size()))];
  }

  /// The ports of numbers of the nodes added.
  std::vector<std::string> add_nodes(const std::string& indent, Sources sources, int count, int depth, bool in_loop) {
    std::vector<std::string> own;
    for (int i = 0; i < count; ++i) {
      const std::string name = "n" + std::to_string(number_++);
      if (depth > 0 && pick(4) == 0) {
        if (with_lists_ && pick(2)) {
          add_each(indent, name, sources, depth, in_loop);
          continue;
        }
        add_loop(indent, name, sources, depth);
        own.push_back(name + ".x");
        if (pick(2)) own.push_back(name + ".last");
      } else if (with_lists_ && pick(3) == 0) {
        const std::string port = add_list_node(indent, name, sources);
        if (!port.empty()) own.push_back(port);
      } else {
        add_node(indent, name, sources, in_loop);
        own.push_back(name + ".out");
      }
      if (!own.empty()) sources.numbers.push_back(own.back());
    }
    if (own.empty()) {
      const std::string name = "n" + std::to_string(number_++);
      add_node(indent, name, sources, in_loop);
      own.push_back(name + ".out");
    }
    return own;
  }

  void add_node(const std::string& indent, const std::string& name, const Sources& sources, bool in_loop) {
    const bool strict = pick(3) == 0, tally = !strict && pick(4) == 0, fed = with_lists_ && pick(4) == 0;
    text_ += indent + name + ": {type: " + (strict ? "strict" : tally ? "tally" : "mix");
    if (!fed) text_ += ", salt: " + (pick(3) ? std::to_string(pick(100)) : std::string("$") + "pqr"[pick(3)]);
    text_ += ", in: {a: " + one_of(sources.numbers);
    if (fed) text_ += ", salt: " + one_of(sources.numbers);
    if (strict || (!tally && pick(2))) text_ += ", b: " + one_of(sources.numbers);
    if (!strict && !tally && pick(3) == 0) text_ += ", c: " + one_of(sources.numbers);
    text_ += "}";
    if (in_loop && pick(3) == 0) {
      const int from = pick(8);
      text_ += ", when: {from: 0." + std::to_string(from) + ", to: 0." + std::to_string(from + pick(10 - from)) +
               ", every: " + (pick(5) ? std::to_string(pick(3)) : std::string("$") + "pqr"[pick(3)]) + "}";
    } else if (!sources.bools.empty() && pick(3) == 0) {
      text_ += std::string(", when: {") + (pick(2) ? "if" : "unless") + ": " + one_of(sources.bools) + "}";
    }
    text_ += "}\n";
  }

  /// Its port, if that is a number's.
  std::string add_list_node(const std::string& indent, const std::string& name, Sources& sources) {
    const auto add = [&](const std::string& type, const std::string& in) {
      text_ += indent + name + ": {type: " + type + ", in: {" + in + "}}\n";
    };
    const auto links = [&] {
      std::string list;
      for (int i = 0; i <= pick(3); ++i) list += (i ? ", " : "") + one_of(sources.numbers);
      return "[" + list + "]";
    };
    switch (pick(6)) {
      case 5:
        text_ += indent + name + ": {include: part.yaml, " +
                 (pick(2) ? "k: " + std::to_string(pick(9)) + ", in: {" : "in: {k: " + one_of(sources.numbers) + ", ") +
                 "a: " + one_of(sources.numbers) + "}";
        if (!sources.bools.empty() && pick(3) == 0) text_ += ", when: {unless: " + one_of(sources.bools) + "}";
        text_ += "}\n";
        return name + ".out";
      case 0:
        add("spread", "a: " + one_of(sources.numbers));
        sources.lists.push_back(name + ".out");
        return "";
      case 1:
        add("odd", "a: " + one_of(sources.numbers));
        sources.bools.push_back(name + ".out");
        return "";
      case 2:
        add("join", "parts: " + links());
        return name + ".out";
      case 3:
        add("first", "any: " + links());
        return name + ".any";
      default:
        if (sources.lists.empty()) return add("join", "parts: " + links()), name + ".out";
        add("fold", "list: " + one_of(sources.lists));
        return name + ".out";
    }
  }

  void add_each(const std::string& indent, const std::string& name, Sources& sources, int depth, bool in_loop) {
    const bool over = !sources.lists.empty() && pick(3);
    text_ += indent + name + ":\n" + indent + "  type: each\n" + indent + "  as: e" + name + "\n" + indent + "  ";
    text_ += over ? "over: " + one_of(sources.lists) + "\n" : "times: " + std::to_string(pick(5)) + "\n";
    if (pick(3) == 0) text_ += indent + "  at_once: " + std::to_string(1 + pick(3)) + "\n";
    if (!sources.bools.empty() && pick(4) == 0) text_ += indent + "  when: {if: " + one_of(sources.bools) + "}\n";
    text_ += indent + "  nodes:\n";
    Sources inner = sources;
    inner.numbers.insert(inner.numbers.end(), {"e" + name + ".index", "e" + name + ".count"});
    if (over) inner.numbers.insert(inner.numbers.end(), {"e" + name + ".item", "e" + name + ".item"});
    const std::vector<std::string> own = add_nodes(indent + "    ", inner, 1 + pick(4), depth - 1, in_loop);
    text_ += indent + "  out: {x: " + one_of(own) + ", y: " + own.back() + "}\n";
    sources.lists.insert(sources.lists.end(), {name + ".x", name + ".y"});
  }

  void add_loop(const std::string& indent, const std::string& name, Sources& sources, int depth) {
    const bool lists = with_lists_ && !sources.lists.empty() && pick(3) == 0;
    const std::string a = one_of(sources.numbers), b = one_of(sources.numbers);
    text_ += indent + name + ":\n" + indent + "  type: loop\n" + indent;
    const std::string turn = lists ? "t" + name : "turn";
    text_ += lists ? "  as: " + turn + "\n" + indent + "  over: {one: " + one_of(sources.lists) + "}\n"
                   : "  steps: " + std::to_string(pick(9)) + "\n";
    text_ += indent + "  state: {x: " + a + ", y: " + b + "}\n" + indent + "  nodes:\n";
    Sources inner = sources;
    inner.numbers.insert(inner.numbers.end(), {"state.x", "state.y", "state.x"});
    if (with_lists_) inner.numbers.push_back(turn + ".index");
    if (lists) inner.numbers.insert(inner.numbers.end(), {turn + ".one", turn + ".one"});
    const std::vector<std::string> own = add_nodes(indent + "    ", inner, 1 + pick(4), depth - 1, true);
    const std::string x = own[pick(static_cast<int>(own.size()))], y = own.back();
    text_ += indent + "  next: {x: " + x + ", y: " + (pick(3) ? y : "state.x") + "}\n";
    text_ += indent + "  out: {x: " + x + ", last: " + (pick(2) ? y : "state.y") + "}\n";
    if (!with_lists_ || pick(2)) return;
    text_ += indent + "  collect: {all: " + one_of(own) + "}\n";
    sources.lists.push_back(name + ".all");
  }

  std::mt19937 random_;
  const bool with_lists_;
  std::string text_;
  int number_ = 0;
};

/// What random graphs include: a param that may be fed, and an each.
inline constexpr const char* kPart = R"(graph: part
params: {k: {type: int}}
in: {a: int}
nodes:
  mix: {type: mix, salt: $k, in: {a: in.a}}
  walk: {type: each, times: 2, nodes: {inner: {type: tally, salt: $k, in: {a: each.index}}}, out: {x: inner.out}}
  fold: {type: fold, in: {list: walk.x}}
  both: {type: join, in: {parts: [mix.out, fold.out]}}
out: {out: both.out}
)";

inline graph::Plan plan_of(const std::string& yaml, const std::vector<graph::Assignment>& assignments) {
  const graph::GraphSpec spec = graph::load_files({{"graph.yaml", yaml}, {"part.yaml", kPart}});
  return graph::Plan(std::make_shared<const graph::Graph>(graph::check(spec, registry())), assignments);
}

/// Whether two values are the same, lists by their places.
inline bool same(const graph::Value& a, const graph::Value& b) {
  if (a.empty() || b.empty()) return a.empty() == b.empty();
  if (!(a.type() == b.type())) return false;
  if (!a.type().element)
    return a.type() == graph::value_type<bool>() ? a.as<bool>() == b.as<bool>()
                                                 : a.as<std::int64_t>() == b.as<std::int64_t>();
  return std::ranges::equal(a.places(), b.places(), same);
}

/// The values of all root ports for one item, by plain recursion over the checked graph. Empty: nothing was sent.
class Serial {
 public:
  using Ports = std::map<std::pair<int, int>, graph::Value>;

  Serial(const graph::Plan& plan, int item) : plan_(plan), graph_(plan.graph()), item_(item) {
    run_region(0, graph::Turn{});
  }
  graph::Value at(int node, int port) const { return ports_.at({node, port}); }

 private:
  using Number = std::optional<std::int64_t>;
  using Sort = graph::GraphNode::Sort;

  graph::Value at(const graph::PortRef& ref) const { return ref ? ports_.at({ref.node, ref.port}) : graph::Value(); }
  Number number(const graph::PortRef& ref) const {
    const graph::Value value = at(ref);
    return value.empty() ? Number() : Number(value.as<std::int64_t>());
  }

  void run_region(int region, const graph::Turn& turn) {
    for (int n : graph_.regions[region].nodes) {
      const graph::GraphNode& node = graph_.nodes[n];
      if (node.sort == Sort::kHead) continue;
      if (node.sort == Sort::kLoop) run_loop(n, turn);
      else if (node.sort == Sort::kEach) run_each(n, turn);
      else ports_[{n, 0}] = value(n, turn);
    }
  }

  bool active(const graph::GraphNode& node, const graph::Turn& turn) const {
    if (!node.when) return true;
    const auto says = [&](int link, bool wanted) {
      const graph::Value value = link < 0 ? graph::Value::of(wanted) : at(node.ins[link]);
      return !value.empty() && value.as<bool>() == wanted;
    };
    const double f = turn.progress();
    const auto every = std::get<std::int64_t>(plan_.evaluate(node.when->every, item_));
    return every > 0 && turn.index % every == 0 && std::get<double>(plan_.evaluate(node.when->from, item_)) <= f &&
           f <= std::get<double>(plan_.evaluate(node.when->to, item_)) && says(node.when->if_link, true) &&
           says(node.when->unless_link, false);
  }

  graph::Value value(int n, const graph::Turn& turn) {
    const graph::GraphNode& node = graph_.nodes[n];
    const std::string& type = node.type->contract.type();
    const bool on = active(node, turn);
    const auto sent = [](Number number) { return number ? graph::Value::of(*number) : graph::Value(); };
    if (type == "join" || type == "first") {
      std::vector<graph::Value> places;
      for (const auto& several : node.several) {
        for (int k = 0; k < several.count; ++k) places.push_back(at(node.ins[several.first + k]));
      }
      if (!on) return {};
      if (type == "join") return sent(fold(places));
      const auto came = std::ranges::find_if(places, [](const graph::Value& one) { return !one.empty(); });
      return came == places.end() ? graph::Value() : *came;
    }
    if (type == "fold" || type == "spread" || type == "odd") {
      const graph::Value in = at(node.ins[0]);
      if (!on || in.empty()) return {};
      if (type == "fold") return sent(fold(in.places()));
      if (type == "odd") return graph::Value::of(in.as<std::int64_t>() % 2 != 0);
      return Spread::list_of(in.as<std::int64_t>());
    }
    Number salt = std::get<std::int64_t>(plan_.evaluate(node.props[0], item_));
    if (!node.fed.empty()) salt = number(node.ins[node.fed[0].in]);
    std::vector<Number> inputs;
    for (std::size_t i = 0; i < node.type->contract.ins().size(); ++i) inputs.push_back(number(node.ins[i]));
    if (type == "source") return sent(mixed(*salt, {}));
    if (!on || !salt || !inputs[0] || (type == "strict" && !inputs[1]))
      return type == "mix" ? sent(inputs[0]) : graph::Value();
    if (type == "tally") inputs.push_back(++calls_[{n, element_}]);
    return sent(mixed(*salt, inputs));
  }

  /// The nodes in a body start anew, for the elements that it is in.
  void forget_calls(int region, std::size_t from_count) {
    for (int n : graph_.regions[region].nodes) {
      std::erase_if(calls_, [&](const auto& one) {
        const auto& [node, element] = one.first;
        if (node != n || element.size() < element_.size()) return false;
        if (!std::equal(element_.begin(), element_.end(), element.begin())) return false;
        return from_count == 0 ||
               (element.size() > element_.size() && element[element_.size()] >= static_cast<int>(from_count));
      });
      if (graph_.nodes[n].body >= 0) forget_calls(graph_.nodes[n].body, from_count);
    }
  }

  void run_each(int n, const graph::Turn& turn) {
    const graph::GraphNode& each = graph_.nodes[n];
    const graph::Region& body = graph_.regions[each.body];
    const auto send = [&](std::size_t port, graph::Value value) {
      ports_[{n, static_cast<int>(port)}] = std::move(value);
    };
    std::vector<graph::Value> lists;
    for (std::size_t l = 0; l < body.lists.size(); ++l) lists.push_back(at(each.ins[l]));
    if (!active(each, turn) || std::ranges::any_of(lists, &graph::Value::empty)) {
      for (std::size_t port = 0; port < each.outs.size(); ++port) send(port, {});
      return;
    }
    const int count = static_cast<int>(
        lists.empty() ? std::get<std::int64_t>(plan_.evaluate(each.props[body.times], item_)) : lists[0].length());
    forget_calls(each.body, static_cast<std::size_t>(count));
    if (count == 0) forget_calls(each.body, 0);
    std::vector<std::vector<graph::Value>> sent(each.outs.size());
    for (int i = 0; i < count; ++i) {
      element_.push_back(i);
      set_head(body, lists, i, count);
      run_region(each.body, turn);
      for (std::size_t port = 0; port < sent.size(); ++port) sent[port].push_back(at(body.out[port]));
      element_.pop_back();
    }
    for (std::size_t port = 0; port < sent.size(); ++port)
      send(port, graph::Value::list(*each.out_types[port]->element, std::move(sent[port])));
  }

  void set_head(const graph::Region& body, const std::vector<graph::Value>& lists, int index, int count) {
    for (std::size_t l = 0; l < lists.size(); ++l) {
      ports_[{body.head, body.list_port(static_cast<int>(l))}] = lists[l].places()[static_cast<std::size_t>(index)];
    }
    ports_[{body.head, body.index_port()}] = graph::Value::of(std::int64_t{index});
    ports_[{body.head, body.count_port()}] = graph::Value::of(std::int64_t{count});
  }

  void run_loop(int n, const graph::Turn& around) {
    const graph::GraphNode& loop = graph_.nodes[n];
    const graph::Region& body = graph_.regions[loop.body];
    std::vector<graph::Value> state, lists, last(body.out.size());
    std::vector<std::vector<graph::Value>> collected(body.collect.size());
    bool on = active(loop, around);
    forget_calls(loop.body, 0);
    for (std::size_t k = 0; k < body.next.size(); ++k) state.push_back(at(loop.ins[k]));
    for (std::size_t l = 0; l < body.lists.size(); ++l) lists.push_back(at(loop.ins[body.next.size() + l]));
    for (const auto* values : {&state, &lists}) on = on && std::ranges::none_of(*values, &graph::Value::empty);
    const int turns = !on             ? 0
                      : lists.empty() ? static_cast<int>(std::get<std::int64_t>(plan_.evaluate(loop.props[0], item_)))
                                      : static_cast<int>(lists[0].length());
    for (int i = 0; i < turns; ++i) {
      for (std::size_t k = 0; k < state.size(); ++k) ports_[{body.head, static_cast<int>(k)}] = state[k];
      set_head(body, lists, i, turns);
      run_region(loop.body, {i, turns});
      for (std::size_t k = 0; k < last.size(); ++k) {
        if (!at(body.out[k]).empty()) last[k] = at(body.out[k]);
      }
      for (std::size_t k = 0; k < collected.size(); ++k) collected[k].push_back(at(body.collect[k]));
      std::vector<graph::Value> next = state;
      for (std::size_t k = 0; k < state.size(); ++k) {
        if (!at(body.next[k]).empty()) next[k] = at(body.next[k]);
      }
      state = next;
    }
    for (std::size_t k = 0; k < last.size(); ++k) {
      for (std::size_t s = 0; on && last[k].empty() && s < state.size(); ++s) {
        if (body.out[k] == body.next[s] || body.out[k] == graph::PortRef{body.head, static_cast<int>(s)})
          last[k] = state[s];
      }
      ports_[{n, static_cast<int>(k)}] = last[k];
    }
    for (std::size_t k = 0; k < collected.size(); ++k) {
      const int port = static_cast<int>(last.size() + k);
      ports_[{n, port}] =
          on ? graph::Value::list(*loop.out_types[static_cast<std::size_t>(port)]->element, std::move(collected[k]))
             : graph::Value();
    }
  }

  const graph::Plan& plan_;
  const graph::Graph& graph_;
  const int item_;
  std::vector<int> element_;                                        ///< where it stands in eaches
  std::map<std::pair<int, std::vector<int>>, std::int64_t> calls_;  ///< by node and element, of tally
  Ports ports_;
};

}  // namespace random_graph
