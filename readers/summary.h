// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <iosfwd>

#include "graph/plan.h"
#include "graph/run.h"

namespace readers {

struct SummaryOptions {
  int first_item = 0;          ///< RunOptions::first_item of the run
  std::size_t max_nodes = 40;  ///< rows of the table; the others share a line
  std::size_t max_failures = 10;
};

/// Writes what a run cost and how it ended: a table of its nodes by time (calls, packets, total, mean of a call, share
/// of the time in all calls), a line per failed item, and the counts.
void write_summary(std::ostream& out, const graph::Plan& plan, const graph::RunReport& report,
                   const SummaryOptions& options = {});

/// The failures and the counts alone.
void write_outcome(std::ostream& out, const graph::Plan& plan, const graph::RunReport& report,
                   const SummaryOptions& options = {});

}  // namespace readers
