// SPDX-License-Identifier: MIT
// What does the engine cost above the flow graph that it runs on?
//
// The same topologies, once as graphs of this engine and once written by hand in raw oneTBB flow graph, take turns in
// one process: a chain of 10 nodes, a fan-out to 8 nodes and their join, a loop of 30 turns, an each of 8 elements, and
// a loop of 30 turns with an each of 4. Every node adds one, or adds up.
// Then: the time to load and check a graph file of 10,000 nodes, the memory at 1,000 and at 100,000 items, and at 1,000
// and 100,000 elements of one item.
#include <benchmark/benchmark.h>
#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/global_control.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>
#include <unordered_map>

#include "graph/load.h"
#include "graph/run.h"

namespace {

namespace flow = tbb::flow;

constexpr int kThreads = 2;
constexpr int kLanes = 8;
constexpr int kChainItems = 5'000, kFanItems = 5'000, kLoopItems = 2'000;
constexpr int kEachItems = 5'000, kLoopEachItems = 500;
constexpr int kChain = 10, kFan = 8, kTurns = 30, kElements = 8, kTurnElements = 4;
constexpr int kEachHops = kElements + 3;  // the first node, the each, its elements, the last node
constexpr int kLoopEachHops = kTurns * (kTurnElements + 2) + 2;

// ---- ours

class Seed final : public graph::Node {
 public:
  static constexpr graph::Out<std::int64_t> kOut{"x", "int"};
  static constexpr graph::Prop<std::int64_t> kSeed{.name = "seed", .help = "what to send", .value = 0};
  static graph::Contract contract() { return {"seed", "Sends a number.", kOut, kSeed}; }
  explicit Seed(const graph::Props& props) : seed_(props.get(kSeed)) {}
  void process(graph::Context& cx) const override { cx.send(kOut, std::int64_t{seed_}); }

 private:
  const std::int64_t seed_;
};

class One final : public graph::Node {
 public:
  static constexpr graph::Out<std::int64_t> kOut{"x", "int"};
  static constexpr graph::In<std::int64_t> kIn{"x", "int"};
  static graph::Contract contract() { return {"one", "Adds one.", kIn, kOut}; }
  void process(graph::Context& cx) const override { cx.send(kOut, cx.get(kIn) + 1); }
};

class Sum final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn[kFan] = {{"x0", ""}, {"x1", ""}, {"x2", ""}, {"x3", ""},
                                                        {"x4", ""}, {"x5", ""}, {"x6", ""}, {"x7", ""}};
  static constexpr graph::Out<std::int64_t> kOut{"x", "int"};
  static graph::Contract contract() {
    return {"sum", "Adds eight.", kIn[0], kIn[1], kIn[2], kIn[3], kIn[4], kIn[5], kIn[6], kIn[7], kOut};
  }
  void process(graph::Context& cx) const override {
    std::int64_t sum = 0;
    for (const auto& in : kIn) sum += cx.get(in);
    cx.send(kOut, std::int64_t{sum});
  }
};

class Total final : public graph::Node {
 public:
  static constexpr graph::In<graph::List<std::int64_t>> kIn{"x", "ints"};
  static constexpr graph::Out<std::int64_t> kOut{"x", "int"};
  static graph::Contract contract() { return {"total", "Adds up a list.", kIn, kOut}; }
  void process(graph::Context& cx) const override {
    const graph::List<std::int64_t> list = cx.get(kIn);
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < list.size(); ++i) sum += list[i];
    cx.send(kOut, std::int64_t{sum});
  }
};

const graph::Registry& registry() {
  static const graph::Registry all = [] {
    graph::Registry made;
    made.add<Seed>();
    made.add<One>();
    made.add<Sum>();
    made.add<Total>();
    return made;
  }();
  return all;
}

std::string chain_yaml() {
  std::string yaml = "graph: chain\nparams: {seed: {type: int, default: 0}}\nnodes:\n  n0: {type: seed, seed: $seed}\n";
  for (int i = 1; i < kChain; ++i) {
    yaml += "  n" + std::to_string(i) + ": {type: one, in: {x: n" + std::to_string(i - 1) + ".x}}\n";
  }
  return yaml;
}

std::string fan_yaml() {
  std::string yaml = "graph: fan\nparams: {seed: {type: int, default: 0}}\nnodes:\n  n: {type: seed, seed: $seed}\n";
  std::string in;
  for (int i = 0; i < kFan; ++i) {
    yaml += "  f" + std::to_string(i) + ": {type: one, in: {x: n.x}}\n";
    in += (i ? ", x" : "x") + std::to_string(i) + ": f" + std::to_string(i) + ".x";
  }
  return yaml + "  sum: {type: sum, in: {" + in + "}}\n";
}

std::string loop_yaml() {
  return "graph: loop\nparams: {seed: {type: int, default: 0}}\nnodes:\n  n: {type: seed, seed: $seed}\n"
         "  loop:\n    type: loop\n    steps: " +
         std::to_string(kTurns) +
         "\n    state: {x: n.x}\n    nodes: {one: {type: one, in: {x: state.x}}}\n    next: {x: one.x}\n    out: {x: "
         "one.x}\n"
         "  end: {type: one, in: {x: loop.x}}\n";
}

std::string each_text(int elements, const std::string& indent) {
  return indent + "walk:\n" + indent + "  type: each\n" + indent + "  times: " + std::to_string(elements) + "\n" +
         indent + "  nodes: {one: {type: one, in: {x: each.index}}}\n" + indent + "  out: {x: one.x}\n" + indent +
         "total: {type: total, in: {x: walk.x}}\n";
}

std::string each_yaml(int elements) {
  return "graph: each\nparams: {seed: {type: int, default: 0}}\nnodes:\n  n: {type: seed, seed: $seed}\n" +
         each_text(elements, "  ");
}

std::string loop_each_yaml() {
  return "graph: loop_each\nparams: {seed: {type: int, default: 0}}\nnodes:\n  n: {type: seed, seed: $seed}\n"
         "  loop:\n    type: loop\n    steps: " +
         std::to_string(kTurns) + "\n    state: {x: n.x}\n    nodes:\n" + each_text(kTurnElements, "      ") +
         "    next: {x: total.x}\n    out: {x: total.x}\n  end: {type: one, in: {x: loop.x}}\n";
}

graph::Plan plan_of(const std::string& yaml, int items) {
  graph::Assignment seeds{"seed", {}, {}};
  for (int i = 0; i < items; ++i) seeds.values.emplace_back(std::int64_t{i});
  return graph::Plan(std::make_shared<const graph::Graph>(graph::check(graph::load_text(yaml), registry())), {seeds});
}

void run_ours(benchmark::State& state, const std::string& yaml, int items, int hops) {
  const graph::Plan plan = plan_of(yaml, items);
  graph::RunOptions options;
  options.lanes = kLanes;
  options.threads = kThreads;
  for (auto _ : state) {
    const auto report = graph::run(plan, options);
    if (report.done != items) state.SkipWithError("items were lost");
  }
  state.SetItemsProcessed(state.iterations() * items * hops);
}

void chain_ours(benchmark::State& state) {
  run_ours(state, chain_yaml(), kChainItems, kChain);
}
void fan_ours(benchmark::State& state) {
  run_ours(state, fan_yaml(), kFanItems, kFan + 2);
}
void loop_ours(benchmark::State& state) {
  run_ours(state, loop_yaml(), kLoopItems, kTurns + 2);
}

void each_ours(benchmark::State& state) {
  run_ours(state, each_yaml(kElements), kEachItems, kEachHops);
}
void loop_each_ours(benchmark::State& state) {
  run_ours(state, loop_each_yaml(), kLoopEachItems, kLoopEachHops);
}

// ---- raw oneTBB

void chain_raw(benchmark::State& state) {
  const tbb::global_control control(tbb::global_control::max_allowed_parallelism, kThreads);
  for (auto _ : state) {
    flow::graph g;
    using Node = flow::function_node<std::int64_t, std::int64_t>;
    std::vector<std::unique_ptr<Node>> nodes;
    for (int i = 0; i < kChain; ++i) {
      nodes.push_back(std::make_unique<Node>(g, flow::unlimited, [](std::int64_t x) { return x + 1; }));
      if (i > 0) flow::make_edge(*nodes[i - 1], *nodes[i]);
    }
    for (int i = 0; i < kChainItems; ++i) nodes[0]->try_put(i);
    g.wait_for_all();
  }
  state.SetItemsProcessed(state.iterations() * kChainItems * kChain);
}

struct Keyed {
  std::int64_t key = 0, x = 0;
};
using Eight = std::tuple<Keyed, Keyed, Keyed, Keyed, Keyed, Keyed, Keyed, Keyed>;

void fan_raw(benchmark::State& state) {
  const tbb::global_control control(tbb::global_control::max_allowed_parallelism, kThreads);
  for (auto _ : state) {
    flow::graph g;
    using Node = flow::function_node<Keyed, Keyed>;
    Node first(g, flow::unlimited, [](Keyed k) { return k; });
    std::vector<std::unique_ptr<Node>> nodes;
    for (int i = 0; i < kFan; ++i) {
      nodes.push_back(std::make_unique<Node>(g, flow::unlimited, [](Keyed k) { return Keyed{k.key, k.x + 1}; }));
      flow::make_edge(first, *nodes[i]);
    }
    const auto key = [](const Keyed& k) { return k.key; };
    flow::join_node<Eight, flow::key_matching<std::int64_t>> join(g, key, key, key, key, key, key, key, key);
    flow::make_edge(*nodes[0], flow::input_port<0>(join));
    flow::make_edge(*nodes[1], flow::input_port<1>(join));
    flow::make_edge(*nodes[2], flow::input_port<2>(join));
    flow::make_edge(*nodes[3], flow::input_port<3>(join));
    flow::make_edge(*nodes[4], flow::input_port<4>(join));
    flow::make_edge(*nodes[5], flow::input_port<5>(join));
    flow::make_edge(*nodes[6], flow::input_port<6>(join));
    flow::make_edge(*nodes[7], flow::input_port<7>(join));
    std::atomic<int> done{0};
    flow::function_node<Eight> sum(g, flow::unlimited, [&](const Eight& all) {
      benchmark::DoNotOptimize(std::get<0>(all).x + std::get<7>(all).x);
      ++done;
    });
    flow::make_edge(join, sum);
    for (int i = 0; i < kFanItems; ++i) first.try_put({i, i});
    g.wait_for_all();
    if (done != kFanItems) state.SkipWithError("items were lost");
  }
  state.SetItemsProcessed(state.iterations() * kFanItems * (kFan + 2));
}

struct Turning {
  std::int64_t x = 0;
  int turn = 0;
};

void loop_raw(benchmark::State& state) {
  const tbb::global_control control(tbb::global_control::max_allowed_parallelism, kThreads);
  for (auto _ : state) {
    flow::graph g;
    using Router = flow::multifunction_node<Turning, std::tuple<Turning, Turning>>;
    flow::function_node<Turning, Turning> first(g, flow::unlimited, [](Turning t) { return t; });
    Router turn(g, flow::unlimited, [](Turning t, Router::output_ports_type& ports) {
      ++t.x;
      if (++t.turn < kTurns) {
        std::get<0>(ports).try_put(t);
      } else {
        std::get<1>(ports).try_put(t);
      }
    });
    std::atomic<int> done{0};
    flow::function_node<Turning> last(g, flow::unlimited, [&](Turning) { ++done; });
    flow::make_edge(first, turn);
    flow::make_edge(flow::output_port<0>(turn), turn);
    flow::make_edge(flow::output_port<1>(turn), last);
    for (int i = 0; i < kLoopItems; ++i) first.try_put({i, 0});
    g.wait_for_all();
    if (done != kLoopItems) state.SkipWithError("items were lost");
  }
  state.SetItemsProcessed(state.iterations() * kLoopItems * (kTurns + 2));
}

struct Element {
  std::int64_t item = 0;
  int turn = 0, index = 0;
  std::int64_t x = 0;
};

/// Elements of an item on their way: which have come, and what they have sent.
struct Joined {
  std::array<std::int64_t, kElements> sent{};
  int count = 0;
};

/// Splits an item into elements, adds one to each, and joins them again, for so many turns. Returns how many items came
/// to the end.
int run_elements(int items, int elements, int turns) {
  using Splitter = flow::multifunction_node<Element, std::tuple<Element>>;
  using Joiner = flow::multifunction_node<Element, std::tuple<Element, Element>>;
  flow::graph g;
  flow::function_node<Element, Element> first(g, flow::unlimited, [](Element e) { return e; });
  Splitter split(g, flow::unlimited, [elements](Element e, Splitter::output_ports_type& ports) {
    for (e.index = 0; e.index < elements; ++e.index) {
      e.x = e.index;
      std::get<0>(ports).try_put(e);
    }
  });
  flow::function_node<Element, Element> one(g, flow::unlimited, [](Element e) {
    ++e.x;
    return e;
  });
  std::unordered_map<std::int64_t, Joined> open;
  Joiner join(g, flow::serial, [&](Element e, Joiner::output_ports_type& ports) {
    Joined& joined = open[e.item];
    joined.sent[e.index] = e.x;
    if (++joined.count < elements) return;
    e.x = 0;
    for (int i = 0; i < elements; ++i) e.x += joined.sent[i];
    open.erase(e.item);
    if (++e.turn < turns) std::get<0>(ports).try_put(e);
    else std::get<1>(ports).try_put(e);
  });
  std::atomic<int> done{0};
  flow::function_node<Element> last(g, flow::unlimited, [&](const Element& e) {
    benchmark::DoNotOptimize(e.x);
    ++done;
  });
  flow::make_edge(first, split);
  flow::make_edge(flow::output_port<0>(split), one);
  flow::make_edge(one, join);
  flow::make_edge(flow::output_port<0>(join), split);
  flow::make_edge(flow::output_port<1>(join), last);
  for (int i = 0; i < items; ++i) first.try_put({i, 0, 0, i});
  g.wait_for_all();
  return done;
}

void each_raw(benchmark::State& state) {
  const tbb::global_control control(tbb::global_control::max_allowed_parallelism, kThreads);
  for (auto _ : state) {
    if (run_elements(kEachItems, kElements, 1) != kEachItems) state.SkipWithError("items were lost");
  }
  state.SetItemsProcessed(state.iterations() * kEachItems * kEachHops);
}

void loop_each_raw(benchmark::State& state) {
  const tbb::global_control control(tbb::global_control::max_allowed_parallelism, kThreads);
  for (auto _ : state) {
    if (run_elements(kLoopEachItems, kTurnElements, kTurns) != kLoopEachItems) state.SkipWithError("items were lost");
  }
  state.SetItemsProcessed(state.iterations() * kLoopEachItems * kLoopEachHops);
}

// ---- loading and memory

std::string large_yaml(int nodes) {
  std::string yaml = "graph: large\nnodes:\n  n0: {type: seed, seed: 1}\n";
  for (int i = 1; i < nodes; ++i) {
    // A tree of chains, so that fan-out and depth are both there.
    yaml += "  n" + std::to_string(i) + ": {type: one, in: {x: n" + std::to_string(i % 7 ? i - 1 : i / 7) + ".x}}\n";
  }
  return yaml;
}

void load_and_check(benchmark::State& state) {
  const std::string yaml = large_yaml(10'000);
  for (auto _ : state) {
    const graph::Graph graph = graph::check(graph::load_text(yaml), registry());
    benchmark::DoNotOptimize(graph.nodes.size());
  }
}

/// Peak resident set of a process of its own that runs so many items through the loop, or so many elements of one item
/// through an each, in KiB.
long peak_kib(const char* self, const char* what, int count) {
  std::fflush(stdout);
  int pipe_fds[2];
  if (pipe(pipe_fds) != 0) return -1;
  const pid_t child = fork();
  if (child == 0) {
    dup2(pipe_fds[1], 1);
    execl(self, self, what, std::to_string(count).c_str(), nullptr);
    _exit(127);
  }
  close(pipe_fds[1]);
  char text[64] = {};
  [[maybe_unused]] const ssize_t n = read(pipe_fds[0], text, sizeof text - 1);
  close(pipe_fds[0]);
  waitpid(child, nullptr, 0);
  return std::atol(text);
}

int print_memory(const std::string& yaml, int items) {
  const graph::Plan plan = plan_of(yaml, items);
  graph::RunOptions options;
  options.lanes = kLanes;
  options.threads = kThreads;
  graph::run(plan, options);
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmHWM:", 0) == 0) std::printf("%ld\n", std::atol(line.c_str() + 6));
  }
  return 0;
}

/// Keeps the median time of each benchmark, beside printing what Google Benchmark prints.
class Medians final : public benchmark::ConsoleReporter {
 public:
  void ReportRuns(const std::vector<Run>& runs) override {
    ConsoleReporter::ReportRuns(runs);
    for (const Run& run : runs) {
      if (run.aggregate_name == "median") {
        seconds[run.run_name.function_name] = run.GetAdjustedRealTime() / 1e3;  // reported in ms
      }
    }
  }
  std::map<std::string, double> seconds;
};

void print_row(const char* what, double ours_s, double raw_s, int items, int hops) {
  const double ours = ours_s * 1e9 / items / hops, raw = raw_s * 1e9 / items / hops;
  std::printf("%-25s %10.0f %10.0f %12.0f %12.0f %12.0f\n", what, ours, raw, ours - raw, items / ours_s, items / raw_s);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::strcmp(argv[1], "--items") == 0) return print_memory(loop_yaml(), std::atoi(argv[2]));
  if (argc == 3 && std::strcmp(argv[1], "--elements") == 0) return print_memory(each_yaml(std::atoi(argv[2])), 1);
  using Body = void (*)(benchmark::State&);
  for (const auto& [name, body] :
       std::initializer_list<std::pair<const char*, Body>>{{"chain_ours", chain_ours},
                                                           {"chain_raw", chain_raw},
                                                           {"fan_ours", fan_ours},
                                                           {"fan_raw", fan_raw},
                                                           {"loop_ours", loop_ours},
                                                           {"loop_raw", loop_raw},
                                                           {"each_ours", each_ours},
                                                           {"each_raw", each_raw},
                                                           {"loop_each_ours", loop_each_ours},
                                                           {"loop_each_raw", loop_each_raw},
                                                           {"load_and_check", load_and_check}}) {
    benchmark::RegisterBenchmark(name, body)
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime()
        ->Repetitions(9)
        ->ReportAggregatesOnly(true);
  }
  std::string interleave = "--benchmark_enable_random_interleaving=true";
  std::vector<char*> arguments(argv, argv + argc);
  arguments.push_back(interleave.data());
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  Medians medians;
  benchmark::RunSpecifiedBenchmarks(&medians);
  auto& s = medians.seconds;

  std::printf("\n%-25s %10s %10s %12s %12s %12s\n", "", "ns/hop", "raw", "above raw", "packets/s", "raw");
  print_row("chain of 10", s["chain_ours"], s["chain_raw"], kChainItems, kChain);
  print_row("fan-out and join of 8", s["fan_ours"], s["fan_raw"], kFanItems, kFan + 2);
  print_row("loop of 30 turns", s["loop_ours"], s["loop_raw"], kLoopItems, kTurns + 2);
  print_row("each of 8 elements", s["each_ours"], s["each_raw"], kEachItems, kEachHops);
  print_row("30 turns of an each of 4", s["loop_each_ours"], s["loop_each_raw"], kLoopEachItems, kLoopEachHops);
  std::printf("\nload and check a graph of 10,000 nodes: %.0f ms\n", s["load_and_check"] * 1e3);
  const long few = peak_kib(argv[0], "--items", 1'000), many = peak_kib(argv[0], "--items", 100'000);
  std::printf("peak memory: %.1f MiB at 1,000 items, %.1f MiB at 100,000 (%+.1f %%)\n", few / 1024.0, many / 1024.0,
              100.0 * (many - few) / few);
  const long small = peak_kib(argv[0], "--elements", 1'000), large = peak_kib(argv[0], "--elements", 100'000);
  std::printf("peak memory: %.1f MiB at 1,000 elements, %.1f MiB at 100,000: %.0f bytes for each\n", small / 1024.0,
              large / 1024.0, 1024.0 * static_cast<double>(large - small) / 99'000);
}
