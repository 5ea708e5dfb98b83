// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "graph/bus.h"
#include "graph/plan.h"

namespace observers {

struct ScalarOptions {
  std::string folder;   ///< the files are in its folder `scalars`
  bool resume = false;  ///< a loop that goes on from a checkpoint goes on with its table
};

/// Numbers that nodes tell from turn to turn of a loop (Context::scalar), as a table and a plot for each stay in a
/// loop: scalars/ITEM-LOOP.csv, which grows turn by turn, and .svg beside it when the item has ended. Of loops in loops
/// and in eaches the names have their places, too. Nothing is kept in memory of turns that have ended.
///
/// A row is in the file when the event of the turn's end has been observed, so that what is kept of a loop after that
/// never lacks rows; those behind the turn that a resumed run goes on from are cut off.
class ScalarFiles final : public graph::BusObserver {
 public:
  /// `plan` must outlive it.
  ScalarFiles(const graph::Plan& plan, ScalarOptions options);
  ~ScalarFiles() override;

  unsigned wants() const override;
  /// Throws std::runtime_error that names the path and the reason: a file cannot be written.
  void observe(const graph::Event& event) override;

  /// Paths below the folder of what was written, the first thousand. After the run.
  const std::vector<std::string>& paths() const { return paths_; }

 private:
  class Series;
  std::string name_of(const graph::Event& event, int loop) const;
  Series* series_at(const graph::Event& event, int loop, int turn, bool make);
  void end_item(std::int64_t item);

  const graph::Plan& plan_;
  const ScalarOptions options_;
  std::map<std::string, std::unique_ptr<Series>> series_;  ///< by name, of items in flight
  std::map<std::int64_t, std::set<std::string>> nothing_;  ///< by item in flight: stays of which there is no table
  std::vector<std::string> paths_;
};

/// The name of the folder.
inline constexpr const char* kScalarFolder = "scalars";

}  // namespace observers
