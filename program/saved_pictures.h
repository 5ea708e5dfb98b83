// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "graph/plan.h"
#include "graph/registry.h"
#include "observers/record/history.h"
#include "program/picture_nodes.h"

namespace program {

/// A graph of which some pictures are read from the files that a run saved of them, in the place of being made again:
/// what gathers pictures then needs no model, and seconds where the run took hours. Its nodes have the indices that
/// they have in the original, since the new ones stand behind them.
///
/// A picture can be read when a `save-image` of the same scope, without `when`, writes it as .png. It is then what was
/// saved: rounded to 8 bits.
class SavedPictures {
 public:
  /// What the nodes `sinks` need for `items`, as far back as files go. `folder` is the run's.
  SavedPictures(const PictureNodes& pictures, const graph::Plan& plan, const observers::History& history,
                const std::string& folder, const std::vector<int>& sinks, const std::vector<std::int64_t>& items);

  std::shared_ptr<const graph::Graph> graph() const { return graph_; }
  /// Whether nodes of single items run all the same, since not all that is needed was saved.
  bool computes() const { return computes_; }
  /// What was picked for the items' pictures, as their recipes say.
  const std::vector<graph::Pick>& picks() const { return picks_; }

 private:
  graph::Registry registry_;  ///< the graph points into it
  std::shared_ptr<const graph::Graph> graph_;
  bool computes_ = false;
  std::vector<graph::Pick> picks_;
};

}  // namespace program
