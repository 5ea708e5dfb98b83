// SPDX-License-Identifier: MIT
#pragma once

#include "graph/running/call.h"
#include "graph/running/memory_guard.h"

namespace graph {

/// Stands around every piece of a node's code, for plain, batched, deferred and outlasting calls alike: what it throws
/// becomes the outcome of its row and the failure of the row's item, and never gets further. A row that has not gone
/// well so far does nothing more. Thread-safe.
class CallGuard {
 public:
  CallGuard(const Environment& environment, const MemoryGuard& memory) : environment_(environment), memory_(memory) {}

  /// A piece that belongs to no call.
  template <class Body>
  void run(Call& row, Body&& body) const {
    run(row, body, false);
  }
  /// A piece of the row's call. When memory runs out, the row is starved: the call is made once more when no other one
  /// is going on. (Not where a node gathers: what it has gathered is used up.)
  template <class Body>
  void call(Call& row, Body&& body) const {
    run(row, body, true);
  }

 private:
  template <class Body>
  void run(Call& row, Body& body, bool may_starve) const {
    if (row.outcome() != Outcome::kDone || row.is_starved()) return;
    try {
      body();
    } catch (...) {
      note_thrown(row, may_starve);
    }
  }
  void note_thrown(Call& row, bool may_starve) const;
  void note_exception(Call& row, const std::exception& error, bool may_starve) const;
  void fail(Call& row, const std::string& what) const;

  const Environment& environment_;
  const MemoryGuard& memory_;
};

}  // namespace graph
