// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "graph/plan.h"
#include "readers/journal.h"

/// run.json: what a run runs.
namespace readers {

std::string run_record(const graph::Plan& plan, const JournalOptions& options);

struct RunComparison {
  std::vector<std::string> differences;  ///< "param steps was 30, is 20": these make it another run
  std::vector<std::string> notes;        ///< differences that may change pixels, or nothing
  std::string what_differs() const;      ///< the differences in one line
};

/// Throws std::runtime_error when `was` is no record of a run.
RunComparison compare_runs(const std::string& was, const std::string& is);

}  // namespace readers
