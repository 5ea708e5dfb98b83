// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "graph/bus.h"
#include "graph/loop_states.h"
#include "graph/node.h"
#include "graph/planning/layout.h"

namespace graph {

struct Stage;
class EachRun;

/// What the nodes of a frame keep in their slots. Where an each is in a loop, what its elements keep lives on in the
/// loop's frame from turn to turn, by the element's index.
struct Kept {
  std::vector<Slot> slots;                ///< by place in the region's list of nodes
  std::vector<std::vector<Kept>> eaches;  ///< by each of the region (Layout::Node::each) and element
};

/// One item on its way. Made when it is admitted, dropped when its last node has ended.
struct ItemRun {
  std::int64_t item = 0;   ///< in the plan
  std::int64_t order = 0;  ///< of admission
  int lane = 0;
  const std::vector<bool>* needed = nullptr;  ///< by node of the root; null: all
  std::atomic<bool> failed{false};
  std::atomic<bool> failed_after{false};  ///< behind a gathering node, where it stands for its whole group
  std::atomic<bool> cancelled{false};
  base::Mutex mutex;  ///< nothing else is locked while it is held
  std::string error DECOUPAGE_GUARDED_BY(mutex);
  int error_node DECOUPAGE_GUARDED_BY(mutex) = -1;
  std::vector<int> error_element DECOUPAGE_GUARDED_BY(mutex);  ///< of that node, in the eaches around it
  std::vector<Output> outputs DECOUPAGE_GUARDED_BY(mutex);
  std::vector<int> ran DECOUPAGE_GUARDED_BY(mutex);
  /// Nodes made for this item, by the plan's list of nodes with swept properties.
  std::vector<std::shared_ptr<const Node>> instances DECOUPAGE_GUARDED_BY(mutex);
  /// By loop that shares turns: what the item shares now; null: nothing more. Each is used by the one thread that is at
  /// the loop for the item.
  std::vector<std::shared_ptr<Stage>> stages;
};

/// What a loop carries from a turn to the next: enough to go on from there as often as there are items that do.
struct LoopState {
  int turn = 0;               ///< the next one
  std::vector<Value> states;  ///< its states' values
  std::vector<Value> last;    ///< Frame::last
  std::vector<std::vector<Value>> collected;
  Kept kept;
  std::vector<Pick> picks;
};

/// One pass through a region: an item's pass through the root, its stay in a loop, or an element's in an each. Slots
/// and counters are by the layout of the region; a loop keeps one frame for all its turns.
///
/// Threads: a slot is written by the one call that sends it, before the arrivals that it causes; it is cleared by the
/// last of its readers. Counters order the two.
struct Frame {
  Frame(const Layout& layout, const Graph& graph, int region_index, ItemRun& item_run, Frame* parent_frame)
      : region(region_index),
        item(&item_run),
        parent(parent_frame),
        each_frame(parent ? parent->each_frame : nullptr),
        element(parent ? parent->element : std::vector<int>()),
        scope(parent ? parent->scope : ~Scope{0}),
        values(layout.regions[region].ports),
        forks(layout.regions[region].forks ? layout.regions[region].ports : 0),
        readers(layout.regions[region].ports),
        arrivals(graph.regions[region].nodes.size()),
        kept{std::vector<Slot>(graph.regions[region].nodes.size()),
             std::vector<std::vector<Kept>>(layout.regions[region].eaches)} {}

  /// Counters for the next turn (or the only pass). Called while nothing of the frame is running.
  void rewind(const Layout& layout, const Graph& graph) {
    const Layout::Region& plan = layout.regions[region];
    for (std::size_t i = 0; i < readers.size(); ++i) readers[i].store(plan.readers[i], std::memory_order_relaxed);
    const std::vector<int>& nodes = graph.regions[region].nodes;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      arrivals[i].store(layout.nodes[nodes[i]].arrivals, std::memory_order_relaxed);
    }
    leaves.store(static_cast<int>(plan.leaves.size()), std::memory_order_release);
  }

  /// Drops a value whose last reader is done with it, or all.
  void drop(int slot) {
    values[slot] = Value();
    if (!forks.empty()) forks[slot].clear();
  }
  void drop_values() {
    for (std::size_t slot = 0; slot < values.size(); ++slot) drop(static_cast<int>(slot));
  }

  const int region;
  ItemRun* const item;
  Frame* const parent;
  EachRun* each = nullptr;   ///< of an element: what it is an element of
  Frame* each_frame;         ///< the innermost frame of an element, this one included; null: none
  std::vector<int> element;  ///< the indices of the elements around it, itself included, the outermost first
  Scope scope;               ///< what all items agree in that this pass is for; of several in a loop's first turns
  std::vector<Value> values;
  std::vector<std::vector<Value>> forks;      ///< of values: see Environment::branch; empty where there are none
  std::vector<std::atomic<int>> readers;      ///< of each value, still to come
  std::vector<std::atomic<int>> arrivals;     ///< that each node still waits for
  std::atomic<int> leaves{0};                 ///< that have not ended in this turn
  Kept kept;                                  ///< the nodes' own state
  Turn turn;                                  ///< of an element: that of the loop around it
  std::vector<Value> lists;                   ///< that a loop walks
  std::vector<Value> last;                    ///< a loop's outputs so far
  std::vector<std::vector<Value>> collected;  ///< by collected output of a loop: a place for each turn
  std::atomic<bool> failed{false};            ///< a node of this loop failed, and not one elsewhere in the item
  std::vector<Pick> picks DECOUPAGE_GUARDED_BY(item->mutex);  ///< made in this pass, and in bodies that have ended
  /// Of a loop with checkpoints: what nodes inside have written, and stays in such loops inside that have ended since
  /// it was kept.
  std::vector<Output> files DECOUPAGE_GUARDED_BY(item->mutex);
  std::vector<LoopPlace> stays DECOUPAGE_GUARDED_BY(item->mutex);
};

}  // namespace graph
