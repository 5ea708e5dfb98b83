// SPDX-License-Identifier: MIT
#pragma once

#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include <deque>
#include <map>
#include <memory>
#include <span>
#include <unordered_map>

#include "graph/run.h"
#include "graph/running/admission.h"
#include "graph/running/call.h"
#include "graph/running/instances.h"
#include "graph/running/loop_sharing.h"
#include "graph/running/memory_budget.h"
#include "graph/running/ready.h"
#include "graph/running/submitters.h"

namespace graph {

/// One run of a plan on one tbb::flow::graph. Built, run once, dropped.
///
///   start of a region ─┐
///                      ▼
///   out(a) ──────► gate(b) ─ticket─► resource(cpu|io|gpu…) ──► out(b) ──► gate(c) …
///                                                                └──► end of the region ─► next turn, or out(loop)
///
/// Each node has a gate (counts a frame's arrivals; the last one makes the node ready) and an out (a broadcast to the
/// gates of its successors): these edges are the graph's links, and a loop is a cycle of them. Calls are made by one
/// function node per resource, whose concurrency is the resource's limit; it takes what is best from a ReadyQueue.
/// Messages are pointers to frames and blank tickets, never data.
///
/// Node bodies never throw into TBB: what a node throws fails its item, whose frames go on through the graph untouched,
/// so that every count comes out and no other item notices.
class Executor {
 public:
  Executor(const Plan& plan, const RunOptions& options);
  ~Executor();
  RunReport run();

 private:
  struct Ticket {};
  using Gate = tbb::flow::function_node<Frame*, tbb::flow::continue_msg, tbb::flow::lightweight>;
  using Out = tbb::flow::broadcast_node<Frame*>;
  using TicketNode = tbb::flow::function_node<Ticket>;
  using LaneNode = tbb::flow::function_node<int>;
  class Flight;
  using LandNode = tbb::flow::function_node<Flight*>;
  using Rows = std::vector<std::unique_ptr<Call>>;

  struct Resource {
    std::string name;
    int limit = 1;
    ReadyQueue ready;
    std::unique_ptr<TicketNode> tickets;
    std::unique_ptr<Submitters> submitters;  ///< in the place of `tickets`, for a device
    std::unique_ptr<LandNode> land;
  };
  struct FlowNode {
    std::unique_ptr<Gate> gate;
    std::unique_ptr<Out> out;
    int resource = 0;
    int depth = 0;
  };
  struct FlowRegion {
    std::unique_ptr<Out> start;
    std::unique_ptr<Gate> end;
  };
  /// What several items share: a node of the root whose scope is less than all swept params.
  struct Group {
    enum class State { kNew, kRunning, kDone, kFailed } state = State::kNew;
    std::vector<Value> outputs;
    std::string error;
    Frame* owner = nullptr;          ///< runs it
    std::vector<Frame*> waiting;     ///< came while it was running
    std::int64_t left = 0;           ///< items that have not passed
    std::vector<Gathered> gathered;  ///< of a gathering node: what it keeps of each value
  };
  struct Shared {
    std::mutex mutex;
    std::unordered_map<std::int64_t, Group> groups;
  };
  struct Stats {
    std::atomic<std::int64_t> calls{0}, packets{0}, passed{0};
    std::atomic<std::int64_t> busy_ns{0}, queued_ns{0}, copied_ns{0}, waited_ns{0};
  };
  /// What becomes of a packet before its node is called.
  enum class Fate { kCall, kPass, kLoop, kGone };

  // executor_build.cpp: the flow graph.
  void build();
  void build_resources();
  int resource_of(int node);
  void bind_taps();

  // executor.cpp: items come and go.
  void admit(int lane);
  void wake_lanes();
  void end_item(Frame* frame);
  void note_stop(bool too_many_failures);
  void check_conservation() const;
  RunReport report(Clock::duration elapsed) const;
  bool stop_at_once() const { return options_.stop && options_.stop->level.load(std::memory_order_relaxed) >= 2; }

  // executor_call.cpp: one ticket's work.
  void arrive(Frame* frame, int node);
  void push(Frame* frame, int node);
  void work(Resource& resource);
  bool settle(Call& call);
  bool give_instance(Call& row);
  bool dead(const Frame* frame, int node) const;
  bool needed(const Frame* frame, int node) const;
  Fate prepare(Call& call);
  void pass(Call& call);
  void give_ticket(Resource& resource);
  bool call_rows(Resource& resource, Rows& rows);
  bool take_key(Call& row, std::string& key);
  void call_here(Call& row);
  bool call_batch(Resource& resource, Rows rows);
  int start_calls(std::span<Call* const> rows);
  void make_calls(std::span<Call* const> rows);
  void call_together(std::span<Call* const> rows);
  void end_calls(std::span<Call* const> rows, int number, Clock::time_point start);
  PhaseTimes note_phases(std::span<Call* const> rows, Clock::time_point start);
  void end_call(Call& row, int number, int rows, Clock::time_point start, Clock::time_point end,
                const PhaseTimes& phases);
  void call_guarded(Call& row, const std::function<void()>& body);
  void note_ran(Frame* frame, int node);
  void fail(Frame* frame, int node, const std::string& what);
  void finish(Frame* frame, int node, std::vector<Value>& outputs, Outcome outcome);
  void store(Frame* frame, int node, std::vector<Value>& outputs, bool tapped);
  void release_reads(Frame* frame, int node);
  void send_on(Frame* frame, int node);

  // executor_memory.cpp: lanes that a budget keeps back, and calls that run out of memory.
  bool fits(int lane);
  void unpark();
  void note_memory();
  bool out_of_memory(const std::exception& error) const;
  void call_fed(Call& row, const std::function<void()>& body);
  void call_row(Call& row);
  void note_batch_failure(std::span<Call* const> rows, const std::exception& error);
  void starve(Call& row);
  void serve_starved();
  std::unique_ptr<MemoryBudget> budget_;  ///< null: none
  std::vector<int> parked_;               ///< lanes without an item; used by the serial node admit_ alone
  std::atomic<bool> batch_lowered_{false};
  std::atomic<bool> starving_{false};
  std::mutex starved_mutex_;
  std::deque<Ready> starved_;

  // executor_share.cpp: what several items share or gather.
  bool shared(int node) const { return shared_[node] != nullptr; }
  bool join_group(Frame* frame, int node);
  Group& group_at(Shared& shared, Scope scope, const Frame* frame, int node);
  void deliver(Frame* frame, int node, std::vector<Value>& outputs);
  void finish_group(Frame* frame, int node, std::vector<Value>& outputs, Outcome outcome);
  void leave_group(Frame* frame, int node);
  std::string shared_error(Frame* frame, int node) const;
  Fate join_gathering(Call& call);

  // executor_loop.cpp: turns.
  void start_loop(Frame* frame, int node);
  void begin_turn(Frame* frame);
  void end_turn(Frame* frame);
  void end_loop(Frame* frame);
  void post_turn(const Frame* frame);

  // executor_stages.cpp: turns that several items share.
  Stage* stage_of(const Frame* frame, int loop) const;
  void note_shared_turns(Frame* frame, int loop);
  void go_on_from(Frame* turns, Stage& stage);
  void part_ways(Frame* turns);
  void end_stage(Frame* frame, int loop, const std::vector<Value>& outputs, Outcome outcome);

  void post(Event event) {
    if (options_.bus) options_.bus->post(std::move(event));
  }
  bool wanted(unsigned kinds) const { return options_.bus && options_.bus->wanted(kinds); }
  Event event(Event::Kind kind, const Frame* frame, int node) const;

  const Plan& plan_;
  const Graph& graph_;
  const RunOptions& options_;
  const Layout layout_;
  const Admission admission_;
  LoopSharing sharing_;
  Instances instances_;
  CallEnvironment environment_;
  int lanes_ = 1;
  const bool asynchronous_;  ///< calls may outlast process(): LaneHooks::outlasts

  std::unique_ptr<tbb::global_control> parallelism_;
  std::unique_ptr<tbb::task_arena> arena_;
  std::unique_ptr<tbb::flow::graph> flow_;
  std::vector<std::unique_ptr<Resource>> resources_;
  std::vector<FlowNode> nodes_;
  std::vector<FlowRegion> regions_;
  std::unique_ptr<LaneNode> admit_;
  std::vector<std::unique_ptr<Shared>> shared_;  ///< by node; null where an item has a node for itself
  std::vector<Stats> stats_;

  std::atomic<int> admitted_{0}, done_{0}, failed_{0}, cancelled_{0}, lanes_home_{0};
  std::atomic<bool> stop_noted_{false};
  std::atomic<bool> interrupted_{false};  ///< somebody stopped it
  std::atomic<bool> cut_short_{false};    ///< not all items were admitted, or not all came to their end
  std::atomic<int> calls_made_{0};
  mutable std::mutex failures_mutex_;
  std::vector<RunReport::Failure> failures_;

  // executor_watch.cpp: calls that end later, and what stands still.
  std::shared_ptr<Flight> take_off(Rows& rows, int number, Clock::time_point start);
  void forget(Flight& flight);
  bool goes_on(Flight& flight, int lane);
  void hand_over(Resource& resource, Flight& flight);
  void land(Resource& resource, Flight* flight);
  class Watchdog;
  std::atomic<std::int64_t> moved_{0};
  std::atomic<int> running_{0};
  mutable std::mutex flights_mutex_;
  std::map<Flight*, std::shared_ptr<Flight>> flights_;
};

}  // namespace graph
