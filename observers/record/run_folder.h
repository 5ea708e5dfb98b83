// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "graph/plan.h"
#include "observers/record/files.h"
#include "observers/record/history.h"
#include "observers/record/journal.h"

namespace observers {

/// An output folder that a journal has taken: its file open for appending and locked, the earlier records read.
struct RunFolder {
  std::string items_path;
  base::Descriptor items;
  int session = 0;
  History history;
  std::vector<std::string> notes;
};

/// See Journal's constructor.
RunFolder open_run_folder(const graph::Plan& plan, const JournalOptions& options);

}  // namespace observers
