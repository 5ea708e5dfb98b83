// SPDX-License-Identifier: MIT
#pragma once

#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "graph/running/environment.h"
#include "graph/running/flights.h"
#include "graph/running/resource.h"

namespace graph {

/// The tbb::flow::graph of one run: how frames get from node to node, and when a thread works.
///
///   start of a region ─┐
///                      ▼
///   out(a) ──────► gate(b) ─ticket─► resource(cpu|io|gpu…) ──► out(b) ──► gate(c) …
///                                                                └──► end of the region ─► next turn, or out(loop)
///
/// Each node has a gate (counts a frame's arrivals; the last one makes the node ready) and an out (a broadcast to the
/// gates of its successors): these edges are the graph's links, and a loop is a cycle of them. Calls are made by one
/// function node per resource, whose concurrency is the resource's limit; it takes what is best from a ReadyQueue.
/// Messages are pointers to frames and blank tickets, never data. Thread-safe once it is built.
class Flow {
 public:
  /// What is done at its nodes, on its threads. Nothing of it may throw: oneTBB would drop what else is in flight.
  class Bodies {
   public:
    /// The lane is free for an item. One at a time.
    virtual void admit(int lane) = 0;
    /// A ticket's work.
    virtual void work(Resource& resource) = 0;
    /// The last leaf of a frame has ended: a pass through the root is over, or a turn.
    virtual void end_pass(Frame* frame) = 0;
    virtual void land(Flight& flight) = 0;
    /// True when the node is switched off for the frame, and has been passed by at once.
    virtual bool pass_by(Frame* frame, int node) = 0;

   protected:
    ~Bodies() = default;
  };

  Flow(const Environment& environment, Bodies& bodies);

  /// Lets the lanes in, and waits until nothing is left to be done.
  void run(int lanes);
  void free_lane(int lane) { admit_->try_put(lane); }
  /// The frame begins a pass through its region.
  void start(Frame* frame) { regions_[frame->region].start->try_put(frame); }
  /// The node has ended for the frame.
  void send_on(Frame* frame, int node) { nodes_[node].out->try_put(frame); }
  /// One of the root's leaves has ended for the frame, though it was not sent to it.
  void end_leaf(Frame* frame) { regions_[0].end->try_put(frame); }

  /// The node is ready to be called for the frame.
  void push(Frame* frame, int node);
  Ready ready(Frame* frame, int node) const;
  Resource& resource_of(int node) { return *resources_[nodes_[node].resource]; }
  const std::vector<std::unique_ptr<Resource>>& resources() const { return resources_; }
  /// While one lives, what becomes ready on its thread waits for it to end before it is called: so packets that become
  /// ready together are called together. One inside another does nothing.
  class Hold {
   public:
    explicit Hold(Flow& flow);
    ~Hold();
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    friend class Flow;
    Flow* flow_;                ///< null: inside another one
    std::vector<int> tickets_;  ///< by resource
  };

  /// Where a thread does the work of tickets: one that its own work brings is done by it right after, without a way
  /// through the flow graph, so that a chain of nodes costs no task for each. Others are given away at once.
  class Worker {
   public:
    explicit Worker(const Resource& resource);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    /// Whether there is such a ticket. It is taken.
    bool take() {
      now_ = {};
      return std::exchange(kept_, false);
    }

   private:
    friend class Flow;
    const Resource& resource_;
    Worker* const around_;  ///< whose work waits for what this thread does in between
    bool kept_ = false;
    Clock::time_point now_{};  ///< when what it does last began to bring others; zero: not known
  };
  /// A call on this thread has ended at `now`: what it makes ready is so since then, and no clock is asked again.
  static void note_time(Clock::time_point now);

  /// How many elements of an each with this body are to be on their way at a time.
  int width_of(int body) const { return widths_[body]; }
  /// The most rows in a call of the node.
  int batch_of(int node) const;
  /// The flight is handed over; the run waits for it until it has landed.
  void hand_over(Flight& flight);

 private:
  using Gate = tbb::flow::function_node<Frame*, tbb::flow::continue_msg, tbb::flow::lightweight>;
  using Out = tbb::flow::broadcast_node<Frame*>;
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
  static void give_ticket(Resource& resource);
  int find_resource(int node);
  void choose_resources();
  int rank_region(int region, int rank);
  int find_width(int region) const;
  void open_arena();
  void open_resources();
  void add_node(int node);
  void add_region(int region);
  void add_edges(int region);

  const Environment& environment_;
  Bodies& bodies_;
  std::unique_ptr<tbb::global_control> parallelism_;
  std::unique_ptr<tbb::task_arena> arena_;
  std::unique_ptr<tbb::flow::graph> flow_;
  std::vector<std::unique_ptr<Resource>> resources_;
  std::vector<FlowNode> nodes_;
  std::vector<FlowRegion> regions_;
  std::vector<int> widths_;  ///< by region
  std::unique_ptr<tbb::flow::function_node<int>> admit_;
  std::unique_ptr<tbb::flow::function_node<Flight*>> land_;
};

}  // namespace graph
