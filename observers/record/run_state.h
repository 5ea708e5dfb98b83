// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "graph/plan.h"
#include "observers/record/history.h"

/// What an output folder has of a run: for those who look at it from outside.
namespace observers {

/// A result that is not there: a node without readers, and the items that share what it makes.
struct MissingResult {
  int node = -1;
  std::int64_t item = 0;  ///< the first of the items
  std::string why;        ///< "not run", "failed: …", "'a.png' is gone"
};

struct RunState {
  std::vector<MissingResult> missing;   ///< of single items or of few that share it, by item
  std::vector<MissingResult> gathered;  ///< of nodes that gather over items, and of those behind them
  std::vector<bool> lacking;            ///< by item: something of it is missing
  std::int64_t whole_items = 0;         ///< the others
};

/// The journals of a folder. Notes on lines that are no records are added to `notes`. Throws std::runtime_error: a file
/// cannot be read. `plan` must outlive it.
History read_history(const graph::Plan& plan, const std::string& folder, std::vector<std::string>& notes);

RunState state_of(const graph::Plan& plan, const History& history);

/// Whether everything is there of the items that a gathered result is made from.
bool can_be_gathered(const graph::Plan& plan, const RunState& state, const MissingResult& result);

/// Into how many shards the journals of a folder divide the run; the largest number when they differ, 1 without any.
int shards_of(const std::string& folder);

}  // namespace observers
