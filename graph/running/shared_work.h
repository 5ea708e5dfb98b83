// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/mutex.h"
#include "graph/running/admission.h"
#include "graph/running/ends.h"
#include "graph/running/environment.h"

namespace graph {

/// What several items share at nodes of the root: one item of a group runs the node, and the others take what it made;
/// at a node that gathers, all leave what they have, and the last one runs it. Groups live from their first item to
/// their last. Thread-safe.
class SharedWork {
 public:
  SharedWork(const Environment& environment, const Admission& admission);

  /// Whether items share the node, or it gathers.
  bool has(int node) const { return nodes_[node] != nullptr; }

  /// What a frame that comes to a shared node is to do.
  struct Place {
    enum class Part {
      kRun,   ///< run the node for its group
      kWait,  ///< nothing: finish() of the one that runs it gives the frame back
      kTake,  ///< go on with `outputs`
      kFail,  ///< fail for `error`
    };
    Part part = Part::kRun;
    std::vector<Value> outputs{};
    std::vector<Pick> picks{};  ///< that they are made of
    std::string error{};
  };
  Place join(Frame* frame, int node);
  /// The node has ended for a frame. When that ran it for its group: the frames that waited, which are to join again.
  /// Where it was done they share the result, where it failed the failure; where it was given up, because the item
  /// failed elsewhere, the next one runs it.
  std::vector<Frame*> finish(const Frame* frame, int node, const std::vector<Value>& outputs, Outcome outcome);
  /// The frame has passed the node: its group is dropped with the last.
  void leave(const Frame* frame, int node);

  /// An item leaves its value at a gathering node. All of the group's, in the order of items, for the one that comes
  /// last; none for the others.
  struct Gathering {
    std::vector<Gathered> values;
    std::vector<Pick> picks;  ///< that they are made of, with the items whose they are
  };
  Gathering gather(const Frame* frame, int node, Gathered mine);

  /// Throws EngineError: a group is still there at the end. After a run that was cut short some may be, if nobody
  /// waits.
  void check(bool cut_short) const;

 private:
  struct Group {
    enum class State { kNew, kRunning, kDone, kFailed } state = State::kNew;
    std::vector<Value> outputs;
    std::vector<Pick> picks;
    std::string error;
    const Frame* owner = nullptr;    ///< runs it
    std::vector<Frame*> waiting;     ///< came while it was running
    std::int64_t left = 0;           ///< items that have not passed
    std::vector<Gathered> gathered;  ///< of a gathering node: what it keeps of each value
  };
  struct Shared {
    base::Mutex mutex;  ///< nothing else is locked while it is held
    std::unordered_map<std::int64_t, Group> groups DECOUPAGE_GUARDED_BY(mutex);
  };
  std::int64_t key(const Frame* frame, int node) const;
  Group& group_at(Shared& shared, const Frame* frame, int node) DECOUPAGE_REQUIRES(shared.mutex);

  const Environment& environment_;
  const Admission& admission_;
  std::vector<std::unique_ptr<Shared>> nodes_;  ///< by node; null where an item has a node for itself
};

}  // namespace graph
