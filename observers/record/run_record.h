// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "graph/plan.h"
#include "observers/record/journal.h"

/// run.json: what a run runs.
namespace observers {

std::string run_record(const graph::Plan& plan, const JournalOptions& options);

/// A record that was read back.
struct RecordedRun {
  std::string graph, version;
  int items = 0, shards = 1;
  std::vector<std::pair<std::string, std::string>> files;                ///< path and text, the main one first
  std::vector<std::pair<std::string, std::vector<std::string>>> params;  ///< by id: the texts of its values
  std::vector<graph::Override> overrides;
  std::vector<std::string> plugins;
  RunWords words;
};

/// Throws std::runtime_error when `text` is not a record of a run.
RecordedRun parse_run_record(const std::string& text);

struct RunComparison {
  std::vector<std::string> differences;  ///< "param steps was 30, is 20": these make it another run
  std::vector<std::string> notes;        ///< differences that may change pixels, or nothing
  bool same_version = true;              ///< of the program that made the records
  std::string what_differs() const;      ///< the differences in one line
};

/// Throws std::runtime_error when `was` is not a record of a run.
RunComparison compare_runs(const std::string& was, const std::string& is);

}  // namespace observers
