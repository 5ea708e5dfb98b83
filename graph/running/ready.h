// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/mutex.h"
#include "graph/clock.h"

namespace graph {

struct Frame;
struct Ready;

/// Whether a is to run after b, of one item: elements in their order, what is around them first; and then the nearest
/// to the end of the graph.
bool later_in_item(const Ready& a, const Ready& b);

/// A node that is ready to be called for a frame.
struct Ready {
  std::int64_t item = 0;  ///< order of admission: the oldest goes first
  int depth = 0;          ///< topological rank in the whole graph: within an item, the nearest to the end goes first
  int node = 0;
  Frame* frame = nullptr;
  Clock::time_point since{};  ///< when it became ready
  bool alone = false;         ///< to run while no other call does

  /// Lower goes later, as in a heap.
  bool operator<(const Ready& other) const {
    return item != other.item ? item > other.item : later_in_item(*this, other);
  }
};

/// What waits for one resource: the oldest item's deepest node first, so that items end one after another and memory
/// stays flat. Thread-safe.
///
/// A tbb::flow node with a concurrency limit takes its own messages in the order of arrival, which is breadth first,
/// and cannot hold several nodes under one limit. So the messages are blank tickets, one per push; whoever gets a
/// ticket takes what is best at that moment, and a batch leaves tickets over that find nothing.
class ReadyQueue {
 public:
  /// Calls that can be going on at a time; a call ends with ended(). `device`: those who take are more than that, so
  /// that take() keeps to it; and batches are of few sizes. Before the first push.
  void set_limit(int limit, bool device) {
    limit_ = limit;
    device_ = device;
  }
  /// node: batch limit and concurrency limit (0: none) of a node whose calls wait here. Before the first push.
  void add_node(int node, int batch, int concurrency);

  void push(const Ready& ready);
  /// The best one, and into `more` up to batch − 1 others of the same node: its fair share, so that a batch leaves no
  /// one idle who could work on a part of it; for a device together with the best 1, 2, 4, 8 … False when nothing may
  /// start now.
  bool take(Ready& best, std::vector<Ready>& more);
  /// What was taken for a call of the node has ended. True when something may be held back by a limit: give a ticket.
  bool ended(int node);
  /// After take(): whether more could begin. Those who came while the limit held them back have no tickets any more,
  /// and a batch takes a share of what waits: give a ticket.
  bool wants_ticket() const;
  bool empty() const;

  /// Memory ran out in a call of the node with so many rows: from now on it takes at most half as many. Returns how
  /// many that are.
  int halve_batch(int node, int rows);

  /// From now on nothing may start but what push_alone() gives.
  void hold();
  void push_alone(const Ready& ready);
  /// True when nothing that was taken is still going on, nor about to.
  bool quiet() const;
  /// As before hold(). Returns how many wait: each needs a ticket.
  std::size_t release();

 private:
  struct Special {
    int node;
    int batch;
    int concurrency;
    int running = 0;
    std::vector<Ready> heap;
  };
  bool is_special(int node) const;
  Special* find(int node) DECOUPAGE_REQUIRES(mutex_);
  bool take_alone(Ready& best) DECOUPAGE_REQUIRES(mutex_);

  int limit_ = 1;  ///< with the next two: set before the first push
  bool device_ = false;
  std::vector<int> special_of_;  ///< by node: index into special_, or -1

  mutable base::Mutex mutex_;  ///< nothing else is locked while it is held
  std::atomic<int> going_{0};  ///< goes up with the mutex held
  bool held_ DECOUPAGE_GUARDED_BY(mutex_) = false;
  std::optional<Ready> alone_ DECOUPAGE_GUARDED_BY(mutex_);
  /// Heap of packets whose nodes have no limits of their own.
  std::vector<Ready> plain_ DECOUPAGE_GUARDED_BY(mutex_);
  std::vector<Special> special_ DECOUPAGE_GUARDED_BY(mutex_);   ///< nodes that batch or are limited
  std::vector<Special*> waiting_ DECOUPAGE_GUARDED_BY(mutex_);  ///< those with packets
};

}  // namespace graph
