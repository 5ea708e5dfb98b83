// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <span>

#include "graph/running/call_guard.h"
#include "graph/running/ends.h"
#include "graph/running/flights.h"
#include "graph/running/flow.h"
#include "graph/running/memory_guard.h"
#include "graph/running/tally.h"
#include "graph/running/watchdog.h"

namespace graph {

/// Makes the calls of nodes: with what the lane carries on the thread, under the guard, told to the bus and the tally,
/// and ended where they end. What a row made is then passed on by NodeEnds. Thread-safe.
class CallMaker {
 public:
  struct Parts {
    const Environment& environment;
    const CallGuard& guard;
    MemoryGuard& memory;
    Flow& flow;
    Flights& flights;
    Pulse& pulse;
    Tally& tally;
    NodeEnds& ends;
  };
  explicit CallMaker(const Parts& parts) : run_(parts) {}

  /// A call of one row that ends when process() returns.
  void call_here(Call& row);
  /// One call for these rows. True when it is over; otherwise its node or its device goes on, and land() ends it.
  bool call(Rows rows);
  /// What went on with the call has ended.
  void land(Flight& flight);

 private:
  int start(std::span<Call* const> rows);
  void make(std::span<Call* const> rows);
  void process_row(Call& row);
  void process_together(std::span<Call* const> rows);
  std::shared_ptr<Flight> take_off(Rows& rows, int number, Clock::time_point start);
  bool goes_on(Flight& flight, int lane);
  void hand_over(Flight& flight);
  void end(std::span<Call* const> rows, int number, Clock::time_point start);
  void end_row(Call& row);

  const Parts run_;
};

}  // namespace graph
