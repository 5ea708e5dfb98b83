// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "graph/plan.h"
#include "observers/record/files.h"
#include "observers/record/history.h"
#include "observers/record/journal.h"
#include "observers/record/name_registry.h"
#include "observers/record/run_places.h"

namespace observers {

/// An output folder that a journal has taken: its file open for appending and locked, the earlier records read.
struct RunFolder {
  RunPlaces places;
  std::unique_ptr<NameRegistry> names;  ///< of a shared folder
  std::string items_path;
  base::Descriptor items;
  int session = 0;
  History history;
  std::vector<std::string> notes;
};

/// See Journal's constructor.
RunFolder open_run_folder(const graph::Plan& plan, const JournalOptions& options);

}  // namespace observers
