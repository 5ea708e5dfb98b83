// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace observers {

/// Where the files of a run lie, and where its record (run.json and the journals). In a folder that runs share, each
/// has its record in a folder of its own: runs/0001, runs/0002, …
struct RunPlaces {
  std::string files, record;
  int number = 0;  ///< of a shared folder's run, from 1; 0: the folder is one run's
};

/// The run of an output folder, or of a record in a shared one ("out/runs/0003"). Of a shared folder: the newest.
RunPlaces places_of(const std::string& folder);

/// The runs that share a folder, the oldest first.
std::vector<RunPlaces> shared_runs(const std::string& folder);

/// Makes the place of one more. Throws std::runtime_error naming path and reason.
RunPlaces new_shared_run(const std::string& folder);

}  // namespace observers
