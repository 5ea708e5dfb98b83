// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "graph/plan.h"
#include "observers/record/run_record.h"
#include "program/source.h"

namespace program {

/// A run as its run.json tells it, ready to be looked at or gone on with.
struct RecordedSource {
  observers::RecordedRun record;
  Source source;
  std::vector<graph::Assignment> assignments;
  std::unique_ptr<const graph::Plan> plan;

  /// Plans the run anew, with so many items at most.
  void end_at(std::int64_t max_items);
};

/// What the run in an output folder draws by; none where it holds no run yet, or one that draws nothing. Throws
/// UsageError: a record that cannot be read.
std::optional<std::uint64_t> recorded_run_seed(const std::string& folder);

/// Reads the record in an output folder. Plugins that the run used are never loaded because a file says so: `plugins`
/// must name them. Throws UsageError naming the folder: no record, a plugin not given, a
/// graph or params that do not give what the record says.
RecordedSource load_recorded(const std::string& folder, const std::vector<std::string>& plugins);

}  // namespace program
