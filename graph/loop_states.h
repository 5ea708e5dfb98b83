// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "graph/bus.h"
#include "graph/node.h"

/// Checkpoints of loops (`checkpoint: {every: N}`): what the engine hands to the program to keep, and gets back.
namespace graph {

/// Which stay in a loop: for which items, and where.
struct LoopPlace {
  int loop = -1;             ///< index into Graph::nodes
  Item item;                 ///< as the loop sees it: the first of its group, with the params that it depends on
  std::vector<int> turns;    ///< of the loops around it, the outermost first
  std::vector<int> element;  ///< in the eaches around it, the outermost first
};

/// What a node in the loop's body keeps from turn to turn.
struct KeptSlot {
  int node = -1;             ///< index into Graph::nodes
  std::vector<int> element;  ///< in the eaches of the body, the outermost first
  Value value;
};

/// What a loop carries from one turn to the next.
struct KeptLoop {
  int turn = 0;                               ///< the next one; `turns` when all are done
  int turns = 0;                              ///< of the loop
  std::vector<Value> states;                  ///< by state
  std::vector<Value> last;                    ///< by output: the last value that was sent
  std::vector<std::vector<Value>> collected;  ///< by collected output: a place for each turn
  std::vector<KeptSlot> slots;
  std::vector<Pick> picks;
  std::vector<Output> files;  ///< that the body has written
};

/// Keeps them. Thread-safe: stays of several items and elements come at once.
class LoopStates {
 public:
  virtual ~LoopStates() = default;

  /// In the place of what there was, whole or not at all. Throws std::runtime_error.
  virtual void save(const LoopPlace& place, const KeptLoop& state) = 0;
  /// Nothing where nothing was kept. Throws std::runtime_error: there is something, and why it cannot be gone on with.
  /// What it gives may be of any types and lengths: who asks checks.
  virtual std::optional<KeptLoop> load(const LoopPlace& place) = 0;
  /// Forgets it.
  virtual void drop(const LoopPlace& place) = 0;
  /// Forgets all stays in the loop for these items.
  virtual void drop_all(int loop, std::int64_t first_item) = 0;
};

}  // namespace graph
