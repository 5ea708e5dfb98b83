// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/mutex.h"
#include "graph/running/admission.h"
#include "graph/running/frame.h"

namespace graph {

/// The node objects of a run. A node without swept properties is made and opened once, before the first item; one with
/// swept properties once per distinct value, when first called, and dropped when the last item that uses it has ended.
/// Thread-safe.
class Instances {
 public:
  /// Opens what has no swept properties. Throws Faults: every node that cannot be made or opened, at its place.
  Instances(const Plan& plan, const Admission& admission);

  /// Throws what the node's constructor or open() throws.
  const Node& get(int node, ItemRun& item);
  /// The item has ended.
  void drop(ItemRun& item);

 private:
  struct Made {
    std::shared_ptr<const Node> node;
    std::int64_t users = 0;  ///< items that have not ended
  };
  struct Swept {
    int node;
    Scope scope;
    bool per_item;      ///< every item has its own
    base::Mutex mutex;  ///< held while a node opens, and no other one with it
    std::unordered_map<std::int64_t, Made> made DECOUPAGE_GUARDED_BY(mutex);
  };
  void open_fixed();
  std::shared_ptr<const Node> make(int node, int item) const;

  const Plan& plan_;
  const Admission& admission_;
  std::vector<std::shared_ptr<const Node>> fixed_;  ///< by node
  std::vector<int> swept_of_;                       ///< by node: index into swept_, or -1
  std::vector<std::unique_ptr<Swept>> swept_;
};

}  // namespace graph
