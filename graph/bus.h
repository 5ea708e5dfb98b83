// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "graph/clock.h"
#include "graph/value.h"

namespace graph {

/// A file that a node wrote.
struct Output {
  std::string node;
  std::string path;  ///< relative to the output folder
  std::uint64_t bytes = 0;
};

enum class ItemStatus { kDone, kFailed, kCancelled };
const char* status_name(ItemStatus status);  ///< "done", "failed", "cancelled"

/// One thing that happened in a run. Which fields count depends on the kind.
struct Event {
  enum Kind : unsigned {
    kRunStarted = 1 << 0,    ///< count: items to run; -1: nobody knows, since they have no end
    kItemStarted = 1 << 1,   ///< item, lane, text: its label
    kItemFinished = 1 << 2,  ///< item, lane, status, text: its label, or why it failed; outputs; ran
    kNodeStarted = 1 << 3,   ///< item, lane, node, turn
    kNodeFinished =
        1 << 4,         ///< item, lane, node, turn, start, time (its end), rows, call, queued, copied, waited, backward
    kStep = 1 << 5,     ///< item, lane, node, turn (1-based: turns done), turns: a loop's turn, an each's elements that
                        ///< have ended, or a long call's step; of loops around, count, too
    kPreview = 1 << 6,  ///< item, node, value
    kOutput = 1 << 7,   ///< item, node, outputs (one): a file is whole
    kWarning = 1 << 8,  ///< item or -1, node or -1, text
    kError = 1 << 9,    ///< item, node, text: why the item failed
    kStalled = 1 << 10,   ///< text: where items stand still
    kStopping = 1 << 11,  ///< text: what the stop does
    kRunFinished = 1 << 12,
    kScalar = 1 << 13,  ///< item, lane, node, turn, turns, around, text: its name, number; count: the first item of
                        ///< those that the innermost loop runs for
  };
  Kind kind = kRunStarted;
  Clock::time_point time{};
  Clock::time_point start{};
  std::int64_t item = -1;
  int lane = -1;
  int node = -1;  ///< index into Graph::nodes; Graph::place_of() names it with `element`
  int turn = 0;
  int turns = 0;
  std::vector<int> element{};  ///< of `node`: the indices in the eaches around it, the outermost first
  int rows = 1;                ///< how many packets shared the call
  int call = 0;                ///< number of the call: rows of one batch have the same
  Clock::duration queued{};    ///< from being ready to the start
  Clock::duration copied{};    ///< of the call: data moved between memories
  Clock::duration waited{};    ///< of the call: its thread waited for something else
  Clock::duration backward{};  ///< of the call: it computed gradients
  double number = 0;           ///< of a scalar
  std::vector<int> around{};   ///< turns of the loops around the innermost one, the outermost first
  std::int64_t count = 0;
  ItemStatus status = ItemStatus::kDone;
  std::string text;
  Value value;
  std::vector<Output> outputs;
  std::vector<int> ran;  ///< of a finished item: nodes without readers that it ran to their end (sinks)
};

/// Listens to the bus. Called on one thread, one event at a time, in the order in which they were posted.
class BusObserver {
 public:
  virtual ~BusObserver() = default;
  /// The kinds it wants, or-ed. Asked once, when it is attached.
  virtual unsigned wants() const = 0;
  virtual void observe(const Event& event) = 0;
  /// Called between events at least every `tick()` while a run is on, for observers that redraw.
  virtual void idle() {}
};

/// Carries events from the engine's threads to its observers, on a thread of its own. Posting never waits for an
/// observer unless 65,536 events are waiting. Events that no observer wants cost one test.
class Bus {
 public:
  Bus();
  ~Bus();
  Bus(const Bus&) = delete;
  Bus& operator=(const Bus&) = delete;

  /// Before a run. The observer must outlive the bus.
  void attach(BusObserver& observer);

  bool wanted(unsigned kinds) const { return (wants_ & kinds) != 0; }
  void post(Event event);
  /// Waits until every event posted so far has been observed.
  void drain();
  /// Drains. An observer's exception is rethrown here, once.
  void flush();

 private:
  void loop();
  std::exception_ptr observe_all(const std::vector<Event>& batch);

  base::Mutex observers_mutex_;  ///< nothing else is locked while it is held, nor while mutex_ is
  std::vector<std::pair<unsigned, BusObserver*>> observers_ DECOUPAGE_GUARDED_BY(observers_mutex_);
  unsigned wants_ = 0;  ///< set before a run
  base::Mutex mutex_;
  base::Condition more_, less_;
  std::vector<Event> queue_ DECOUPAGE_GUARDED_BY(mutex_);
  std::uint64_t posted_ DECOUPAGE_GUARDED_BY(mutex_) = 0, observed_ DECOUPAGE_GUARDED_BY(mutex_) = 0;
  bool stop_ DECOUPAGE_GUARDED_BY(mutex_) = false;
  std::exception_ptr error_ DECOUPAGE_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace graph
