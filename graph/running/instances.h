// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/mutex.h"
#include "graph/running/admission.h"
#include "graph/running/frame.h"

namespace graph {

class FaultsByText;
struct Refusal;

/// The node objects of a run. A node without swept properties is made and opened once, before the first item; one with
/// swept properties once per distinct value, when first called, and dropped when the last item that uses it has ended;
/// one with properties that links feed once per distinct value that comes.
/// Thread-safe.
class Instances {
 public:
  /// Opens what has no swept properties, and asks it what it foresees. Throws Faults: every node that cannot be made or
  /// opened, or that refuses what is to come, at its place; of what is swept, too, where a value cannot be made a node
  /// of. Nothing is opened where something cannot be made.
  Instances(const Plan& plan, const Admission& admission, const RunOptions& options);

  /// Throws what the node's constructor or open() throws.
  const Node& get(int node, ItemRun& item);
  /// The node with these values in the properties that links feed, in the order of GraphNode::fed. Kept for the values
  /// that were used last, and as long as a call has it. Throws what is wrong with a value, too.
  std::shared_ptr<const Node> bind(int node, ItemRun& item, const std::vector<Value>& fed);
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
  /// A node for one set of fed values; made by the first who needs it while the others wait.
  struct BoundNode {
    base::Mutex mutex;  ///< held while the node is made, and no other one with it
    std::shared_ptr<const Node> node DECOUPAGE_GUARDED_BY(mutex);
  };
  /// Those of one node, the last used in front.
  struct Bound {
    using Entry = std::pair<std::string, std::shared_ptr<BoundNode>>;
    base::Mutex mutex;  ///< nothing else is locked while it is held
    std::list<Entry> order DECOUPAGE_GUARDED_BY(mutex);
    std::unordered_map<std::string, std::list<Entry>::iterator> by_key DECOUPAGE_GUARDED_BY(mutex);

    std::shared_ptr<BoundNode> find(const std::string& key);
  };
  bool is_off(int node) const;
  void make_fixed(std::vector<std::unique_ptr<Node>>& made) const;
  void place(const GraphNode& node, Refusal& refusal) const;
  void try_swept(int node, FaultsByText& faults) const;
  void open_fixed(const RunOptions& options);
  void foresee() const;
  std::shared_ptr<const Node> make(int node, const Props& props) const;
  Props fed_props(int node, std::int64_t item, const std::vector<Value>& fed) const;
  std::string key_of(int node, std::int64_t item, const std::vector<Scalar>& values) const;

  const Plan& plan_;
  const Admission& admission_;
  std::vector<std::shared_ptr<const Node>> fixed_;  ///< by node
  std::vector<int> swept_of_;                       ///< by node: index into swept_, or -1
  std::vector<std::unique_ptr<Swept>> swept_;
  std::vector<std::unique_ptr<Bound>> bound_;  ///< by node; null: no link feeds it
};

}  // namespace graph
