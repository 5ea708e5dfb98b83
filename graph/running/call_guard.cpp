// SPDX-License-Identifier: MIT
#include "graph/running/call_guard.h"

#include <new>

namespace graph {
namespace {
constexpr const char* kLessMemory = "fewer lanes (--lanes), a memory budget (--memory) or a smaller size need less";
}

/// In the handler of what was thrown.
void CallGuard::note_thrown(Call& row, bool may_starve) const {
  try {
    throw;
  } catch (const Cancelled&) {
    row.set_outcome(Outcome::kAbandoned);
    row.frame().item->cancelled = true;
  } catch (const std::exception& error) {
    note_exception(row, error, may_starve);
  } catch (...) {
    fail(row, "an unknown exception");
  }
  row.clear();
}

void CallGuard::note_exception(Call& row, const std::exception& error, bool may_starve) const {
  if (!may_starve || !memory_.ran_out(error)) {
    return fail(row, dynamic_cast<const std::bad_alloc*>(&error) != nullptr ? "out of memory" : error.what());
  }
  if (row.is_alone()) return fail(row, std::string("out of memory, even with no other call running: ") + kLessMemory);
  if (environment_.graph.nodes[row.index()].gathers) return fail(row, std::string("out of memory: ") + kLessMemory);
  row.set_starved();
}

void CallGuard::fail(Call& row, const std::string& what) const {
  row.set_outcome(Outcome::kFailed);
  environment_.fail(row.frame(), row.index(), what);
}

}  // namespace graph
