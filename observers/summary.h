// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "graph/plan.h"
#include "graph/run.h"

namespace observers {

struct SummaryOptions {
  std::int64_t first_item = 0;  ///< RunOptions::first_item of the run
  std::size_t max_nodes = 40;   ///< rows of the table; the others share a line
  std::size_t max_failures = 10;
  bool list_uncalled = false;  ///< names the nodes that were never called, which share a line otherwise
};

/// Writes what a run cost and how it ended: a table of the nodes that were called by time (calls, packets, total, mean
/// of a call, share of the time in all calls; where calls noted any, what of the total was computing, copying and
/// waiting; and the time that packets were ready and in a queue before their calls), how many were never called, a line
/// per failed item, and the counts.
void write_summary(std::ostream& out, const graph::Plan& plan, const graph::RunReport& report,
                   const SummaryOptions& options = {});

/// The failures and the counts alone.
void write_outcome(std::ostream& out, const graph::Plan& plan, const graph::RunReport& report,
                   const SummaryOptions& options = {});

/// What was spent in one operator of a library, without those that it calls itself.
struct OperatorTime {
  std::string name{};
  std::int64_t calls = 0;
  graph::Clock::duration time{};
};

/// The node that computed most, -1 when none was called.
int hottest_node(const graph::RunReport& report);

/// Writes where the hottest node's time for computing went: a table of `operators` by time, in which those beyond
/// `most` share a line. Nothing when no node was called.
void write_operators(std::ostream& out, const graph::Plan& plan, const graph::RunReport& report,
                     std::vector<OperatorTime> operators, std::size_t most = 15);

}  // namespace observers
