// SPDX-License-Identifier: MIT
// run.json, and the comparison with that of another run.
#include "observers/record/run_record.h"

#include <stdexcept>

#include "tests/fuzz/input.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto [was, is] = fuzz::parts_of<2>(fuzz::text_of(data, size));
  try {
    const observers::RecordedRun run = observers::parse_run_record(std::string(was));
    fuzz::require(run.items >= 0 && run.shards > 0 && !run.files.empty(), "a run has shards and a graph");
  } catch (const std::runtime_error&) {
  }
  try {
    observers::compare_runs(std::string(was), std::string(is)).what_differs();
  } catch (const std::runtime_error&) {
  }
  return 0;
}
