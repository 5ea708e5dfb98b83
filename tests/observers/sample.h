// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "graph/builder.h"
#include "graph/bus.h"
#include "graph/plan.h"
#include "graph/registry.h"

/// A small graph for the tests of observers/, which see its events only: nothing of it runs.
namespace sample {

using graph::Event;
using std::chrono::milliseconds;

class Source final : public graph::Node {
 public:
  static constexpr graph::Out<std::int64_t> kValue{"value", "int"};
  static constexpr graph::Prop<int> kSeed{.name = "seed", .help = "what to send", .value = 0};
  static graph::Contract contract() { return {"source", "Sends a number.", kValue, kSeed}; }
  void process(graph::Context&) const override {}
};

class Change final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int"};
  static constexpr graph::Out<std::int64_t> kOut{"value", "int"};
  static graph::Contract contract() { return {"change", "Changes a number.", kIn, kOut}; }
  void process(graph::Context&) const override {}
};

class Keep final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int"};
  static constexpr graph::Prop<int> kLevel{.name = "level", .help = "of keeping", .value = 0};
  static graph::Contract contract() { return {"keep", "Writes a number.", kIn, kLevel}; }
  void process(graph::Context&) const override {}
};

class Sheet final : public graph::Node {
 public:
  static constexpr graph::Gather<std::int64_t> kIn{"values", "int"};
  static graph::Contract contract() { return {"sheet", "Writes many numbers.", kIn}; }
  void process(graph::Context&) const override {}
};

inline const graph::Registry& registry() {
  static const graph::Registry known = [] {
    graph::Registry types;
    types.add<Source>();
    types.add<Change>();
    types.add<Keep>();
    types.add<Sheet>();
    return types;
  }();
  return known;
}

/// noise(seed) → denoise (a loop of `step`) → save(level); noise → sheet over all items; paper → frame, which know no
/// swept param.
inline graph::Graph make_graph(const std::string& name = "sample", const std::string& file_text = "graph: sample\n") {
  graph::Builder body("denoise");
  body.node("step", "change", {}, {{"value", "state.value"}});
  body.state("value", "noise.value", "step.value").out("value", "step.value");
  graph::Builder builder(name);
  builder.param("seed", std::int64_t{0}).param("level", std::int64_t{1}).param("steps", std::int64_t{3});
  builder.node("noise", "source", {{"seed", "$seed"}});
  builder.loop("denoise", "$steps", body);
  builder.node("save", "keep", {{"level", "$level"}}, {{"value", "denoise.value"}});
  builder.node("sheet", "sheet", {}, {{"values", "noise.value"}});
  builder.node("paper", "source");
  builder.node("frame", "keep", {}, {{"value", "paper.value"}});
  graph::Graph graph = builder.check(registry());
  graph.files = {{"sample.yaml", file_text}};
  return graph;
}

inline graph::Assignment swept(const std::string& name, std::int64_t count) {
  graph::Assignment assignment{name, {}, {}};
  for (std::int64_t i = 0; i < count; ++i) assignment.values.emplace_back(i);
  return assignment;
}

/// seed = 0 … seeds − 1, level = 0 … levels − 1.
inline graph::Plan make_plan(int seeds = 4, int levels = 1, graph::Graph graph = make_graph()) {
  return graph::Plan(std::make_shared<const graph::Graph>(std::move(graph)),
                     {swept("seed", seeds), swept("level", levels)});
}

/// How long a call was queueing before, and copied and waited, in milliseconds.
struct Phases {
  double queued = 0, copied = 0, waited = 0;
};

/// Makes events of a plan's run and hands them to an observer, as the bus would. Times are in milliseconds since the
/// start.
class Script {
 public:
  Script(graph::BusObserver& observer, const graph::Plan& plan) : observer_(observer), plan_(plan) {}

  static graph::Clock::time_point at(double ms) {
    return graph::Clock::time_point{} + std::chrono::hours(1) +
           std::chrono::duration_cast<graph::Clock::duration>(std::chrono::duration<double, std::milli>(ms));
  }
  int node(const std::string& id) const { return plan_.graph().find_node(id); }

  void run_started(std::int64_t items, double ms = 0) {
    Event event = made(Event::kRunStarted, ms);
    event.count = items;
    post(event);
  }
  void item_started(int item, double ms, int lane = 0) {
    Event event = made(Event::kItemStarted, ms, item, lane);
    event.text = plan_.label(item);
    post(event);
  }
  void item_finished(int item, double ms, int lane = 0, std::vector<graph::Output> outputs = {},
                     const std::vector<std::string>& ran = {}) {
    Event event = made(Event::kItemFinished, ms, item, lane);
    event.text = plan_.label(item);
    event.outputs = std::move(outputs);
    for (const std::string& id : ran) event.ran.push_back(node(id));
    post(event);
  }
  void item_failed(int item, const std::string& id, const std::string& why, double ms, int lane = 0,
                   std::vector<graph::Output> outputs = {}, const std::vector<std::string>& ran = {}) {
    Event event = made(Event::kItemFinished, ms, item, lane);
    event.status = graph::ItemStatus::kFailed;
    event.node = node(id);
    event.text = why;
    event.outputs = std::move(outputs);
    for (const std::string& sink : ran) event.ran.push_back(node(sink));
    post(event);
  }
  void item_cancelled(int item, double ms, int lane = 0) {
    Event event = made(Event::kItemFinished, ms, item, lane);
    event.status = graph::ItemStatus::kCancelled;
    event.text = plan_.label(item);
    post(event);
  }
  void node_started(int item, const std::string& id, double ms, int lane = 0, int turn = 0) {
    Event event = made(Event::kNodeStarted, ms, item, lane);
    event.node = node(id);
    event.turn = turn;
    post(event);
  }
  void node_finished(int item, const std::string& id, double start, double end, int lane = 0, int turn = 0,
                     const Phases& phases = {}) {
    Event event = made(Event::kNodeFinished, end, item, lane);
    event.queued = at(phases.queued) - at(0);
    event.copied = at(phases.copied) - at(0);
    event.waited = at(phases.waited) - at(0);
    event.start = at(start);
    event.node = node(id);
    event.turn = turn;
    post(event);
  }
  void step(int item, const std::string& id, int turn, int turns, double ms, int lane = 0) {
    Event event = made(Event::kStep, ms, item, lane);
    event.node = node(id);
    event.turn = turn;
    event.turns = turns;
    post(event);
  }
  void message(Event::Kind kind, const std::string& text, double ms, int item = -1, const std::string& id = "") {
    Event event = made(kind, ms, item);
    event.node = id.empty() ? -1 : node(id);
    event.text = text;
    post(event);
  }
  void run_finished(double ms) { post(made(Event::kRunFinished, ms)); }

  static Event made(Event::Kind kind, double ms, int item = -1, int lane = -1) {
    Event event;
    event.kind = kind;
    event.time = at(ms);
    event.item = item;
    event.lane = lane;
    return event;
  }
  void post(const Event& event) {
    if (observer_.wants() & event.kind) observer_.observe(event);
  }

 private:
  graph::BusObserver& observer_;
  const graph::Plan& plan_;
};

}  // namespace sample
