// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "graph/plan.h"
#include "observers/record/journal.h"

/// run.json: what a run runs.
namespace observers {

std::string run_record(const graph::Plan& plan, const JournalOptions& options);

/// What the values of a sweep step along with, for records: "table", "zip", "endless", "drawn"; "" for themselves.
std::string along_word(const graph::Plan::Sweep& sweep);
/// The values that say all of them: two of a range without end, none of what is drawn.
std::vector<graph::Scalar> telling_values(const graph::Plan& plan, int sweep);

/// A param in a record.
struct RecordedParam {
  std::string id;
  std::vector<std::string> values;  ///< texts of telling_values()
  std::string along{};              ///< along_word()
};

/// A record that was read back.
struct RecordedRun {
  std::string graph, version;
  std::int64_t items = 0;  ///< 0: without end
  int shards = 1;
  std::int64_t max_items = 0;                              ///< see graph::Plan
  std::optional<std::uint64_t> run_seed;                   ///< where something is drawn
  std::vector<std::pair<std::string, std::string>> files;  ///< path and text, the main one first
  std::vector<RecordedParam> params;
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

/// The record `was` with what a resumed run may say anew, as `is` has it: how many items there are, and the words that
/// told it. Throws std::runtime_error when either is not a record.
std::string updated_record(const std::string& was, const std::string& is);

/// Throws std::runtime_error when `was` is not a record of a run.
RunComparison compare_runs(const std::string& was, const std::string& is);

}  // namespace observers
