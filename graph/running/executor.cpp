// SPDX-License-Identifier: MIT
// A run from its first item to its last.
#include "graph/running/executor.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/cores.h"
#include "graph/planning/window.h"

namespace graph {
namespace {

std::vector<bool> nodes_switched_off(const Plan& plan) {
  std::vector<bool> off;
  for (int n = 0; n < static_cast<int>(plan.graph().nodes.size()); ++n)
    off.push_back(plan.graph().nodes[n].type && switched_off(plan, n));
  return off;
}

}  // namespace

Executor::Executor(const Plan& plan, const RunOptions& options)
    : environment_(plan, options),
      switched_off_(nodes_switched_off(plan)),
      lanes_(std::max(1, options.lanes > 0 ? options.lanes : base::usable_cores())),
      admission_(plan, environment_.layout, options),
      sharing_(plan, environment_.layout, admission_),
      instances_(plan, admission_, options),
      shared_(environment_, admission_),
      tally_(environment_, lanes_),
      flow_(environment_, *this),
      memory_(environment_, flow_),
      guard_(environment_, memory_),
      checkpoints_(environment_, admission_),
      items_({environment_, admission_, sharing_, checkpoints_, instances_, memory_, flow_, pulse_, tally_}),
      loops_({environment_, sharing_, checkpoints_, flow_, items_, pulse_, *this}),
      eaches_({environment_, flow_, pulse_, *this}),
      calls_({environment_, guard_, memory_, flow_, flights_, pulse_, tally_, *this}) {}

RunReport Executor::run() {
  announce();
  const Clock::time_point begin = Clock::now();
  memory_.start(lanes_);
  {
    const Watchdog watchdog(environment_, flights_, pulse_);
    flow_.run(lanes_);
  }
  const Clock::duration elapsed = Clock::now() - begin;
  Event finished;
  finished.kind = Event::kRunFinished;
  environment_.post(std::move(finished));
  check_conservation();
  if (environment_.options.bus) environment_.options.bus->drain();
  return report(elapsed);
}

void Executor::announce() const {
  const Graph& graph = environment_.graph;
  const bool ends = admission_.count() != Admission::kNoEnd;
  spdlog::debug("graph '{}': {} nodes, {} to run on {} lanes", graph.name, graph.nodes.size(),
                ends ? std::to_string(admission_.count()) + " items" : "items without end", lanes_);
  for (const auto& resource : flow_.resources())
    spdlog::debug("resource '{}': {} calls at once", resource->name, resource->limit);
  Event started;
  started.kind = Event::kRunStarted;
  started.count = ends ? admission_.count() : -1;
  environment_.post(std::move(started));
  for (int node : admission_.left_out()) {
    Event warning;
    warning.kind = Event::kWarning;
    warning.node = node;
    warning.text =
        "gathers over the whole run, which a shard does not have: when all shards are done, run once more "
        "without a shard and with resume";
    environment_.post(std::move(warning));
  }
}

void Executor::end_pass(Frame* frame) {
  if (frame->region == 0) items_.end(frame);
  else if (frame->each) eaches_.end_element(frame);
  else loops_.end_turn(frame);
}

void Executor::check_conservation() const {
  tally_.check();
  for (const auto& resource : flow_.resources()) {
    if (!resource->queue.empty()) {
      throw EngineError("engine: calls are left over at resource '" + resource->name + "'");
    }
  }
  // What all items of a run without end share is shared to the end.
  shared_.check(tally_.is_cut_short() || environment_.plan.endless());
  if (!tally_.is_cut_short() && sharing_.waiting() > 0) {
    throw EngineError("engine: " + std::to_string(sharing_.waiting()) + " items wait for others' turns");
  }
  flights_.check();
}

RunReport Executor::report(Clock::duration elapsed) const {
  RunReport report = tally_.report();
  if (!environment_.plan.endless()) report.skipped = environment_.plan.items() - admission_.count();
  report.elapsed = elapsed;
  report.lanes_used = memory_.most_lanes().value_or(lanes_);
  return report;
}

RunReport run(const Plan& plan, const RunOptions& options) {
  return Executor(plan, options).run();
}

}  // namespace graph
