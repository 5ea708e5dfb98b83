// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/mutex.h"
#include "graph/run.h"
#include "graph/running/each_run.h"
#include "graph/running/frame.h"
#include "graph/running/picks.h"

namespace graph {

/// What all parts of a run share: what is to be run and how, who is told of it, and what becomes of an item whose node
/// fails. Thread-safe.
class Environment {
 public:
  /// Throws std::invalid_argument: a tap names no port.
  Environment(const Plan& plan, const RunOptions& options);

  bool stop_at_once() const { return options.stop && options.stop->level.load(std::memory_order_relaxed) >= 2; }
  void post(Event event) const {
    if (options.bus) options.bus->post(std::move(event));
  }
  bool wanted(unsigned kinds) const { return options.bus && options.bus->wanted(kinds); }
  /// Of the frame's item, at its turn.
  Event event(Event::Kind kind, const Frame& frame, int node) const;

  /// Turns of the loops around a loop's frame, the outermost first.
  static std::vector<int> turns_around(const Frame& turns);
  /// The first of the items that a node runs for, when it runs for the frame's.
  std::int64_t first_item(const Frame& frame, int node) const;

  /// What the link at an input of the node (an index of GraphNode::ins) brings to the frame's region.
  Value given(const Frame& frame, int node, std::size_t in) const;
  /// The same where nothing has to be made for it: it comes with its history, or has none.
  const Value& given_as_it_is(const Frame& frame, int node, std::size_t in) const;
  /// A port of the frame has its value: those that go on with its history get an alias each.
  void branch(Frame& frame, int node, int port) const;

  /// The node has failed for the frame's item. Its first failure is its reason, and an event; in an each that is told
  /// when it has ended, since it is the one of the lowest element.
  void fail(Frame& frame, int node, const std::string& what) const;
  void fail(Frame& frame, const Failing& failing) const;
  /// Why it failed, for those that share what it ran at `node`.
  std::string shared_error(const Frame& frame, int node) const;
  /// A node has come to its end: if nobody reads it, and so with all in it, it has run for the item. (What is inside of
  /// loops and eaches is noted with these, also when they had nothing to do.)
  void note_ran(const Frame& frame, int node) const;
  /// The item has failed or was cancelled, or the element has failed, or one before it: the node is not called.
  bool dead(const Frame& frame, int node) const;
  /// Whether the item has to run the node at all.
  bool needed(const Frame& frame, int node) const;

  /// Enters a file that is to be written. Throws std::runtime_error: it was written already in this run (of one without
  /// end: not long ago).
  void claim_file(const std::string& name);
  /// It was not written after all.
  void release_file(const std::string& name);

  const Plan& plan;
  const Graph& graph;
  const RunOptions& options;
  const Layout layout;
  const bool asynchronous;  ///< calls may outlast process(): LaneHooks::outlasts
  /// By node and port: who reads it from outside; empty for a node without any.
  const std::vector<std::vector<const Tap*>> taps;
  const GivenPicks given_picks;

 private:
  base::Mutex files_mutex_;  ///< nothing else is locked while it is held
  /// By name: a second writer is an error, not a loss.
  std::unordered_set<std::size_t> files_ DECOUPAGE_GUARDED_BY(files_mutex_);
  std::deque<std::size_t> last_files_ DECOUPAGE_GUARDED_BY(files_mutex_);  ///< of a run without end, the oldest first
};

}  // namespace graph
