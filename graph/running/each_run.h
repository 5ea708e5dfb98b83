// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "graph/value.h"

namespace graph {

struct Frame;

/// What failed, and where: the node, and the element in the eaches around it, the outermost first.
struct Failing {
  int node = -1;
  std::vector<int> element;
  std::string what;
};

/// An each at work for one frame: which of its elements have begun, what they have sent, and how they have failed.
/// Elements begin in their order, at most `at_once` at a time. Thread-safe.
class EachRun {
 public:
  EachRun(Frame& around, int each, std::vector<Value> walked, int elements, int outs)
      : frame(around),
        node(each),
        lists(std::move(walked)),
        count(elements),
        sent_(outs, std::vector<Value>(elements)) {}

  /// The element has sent this at an output port. Each has its own place: nothing is locked.
  void send(int port, int element, const Value& value) { sent_[port][element] = value; }
  /// What all sent, by port. At the end.
  std::vector<std::vector<Value>> take_sent() { return std::move(sent_); }

  /// The next element that is to begin, or -1: all have, or one before it has failed, so that none is wanted.
  int begin_next();
  /// An element has ended: how many have, and whether it was the last of those that have begun.
  struct Ended {
    int count;
    bool all;
  };
  Ended end_element();
  /// Those that could begin at once have: true when there were none, or all have ended since. To be called once.
  bool release();
  /// Stops beginning elements, since nobody will take the results.
  void give_up();

  /// Keeps it when no lower element has failed; the first of an element is its reason.
  void fail(int element, Failing failing);
  /// Whether this element, or one before it, has failed: those behind are given up, those before it go on, so that it
  /// is always the same one that is told.
  bool dead(int element) const { return failed_.load(std::memory_order_acquire) <= element; }
  bool has_failed() const { return failed_.load(std::memory_order_acquire) != kNone; }
  Failing failing() const;

  Frame& frame;  ///< of the region in which the each stands
  const int node;
  const std::vector<Value> lists;  ///< that are walked
  const int count;

 private:
  static constexpr int kNone = std::numeric_limits<int>::max();

  std::vector<std::vector<Value>> sent_;  ///< by port and element
  std::atomic<int> failed_{kNone};        ///< the lowest element that has
  mutable base::Mutex mutex_;             ///< nothing else is locked while it is held
  Failing failing_ DECOUPAGE_GUARDED_BY(mutex_);
  int next_ DECOUPAGE_GUARDED_BY(mutex_) = 0;
  int running_ DECOUPAGE_GUARDED_BY(mutex_) = 1;  ///< and one for the beginning, until release()
  int ended_ DECOUPAGE_GUARDED_BY(mutex_) = 0;
  bool given_up_ DECOUPAGE_GUARDED_BY(mutex_) = false;
};

}  // namespace graph
