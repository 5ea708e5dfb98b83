// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "program/modules.h"

namespace program {

/// `--tap NODE.PORT[=FILE]`: what ports send, as files. Nodes that write it are put behind a graph's own, so that
/// names, shared items, records and resuming are as with any node that saves.
///
/// What a port in a loop sent last, or what ports in eaches sent as a list, is led out of these; `@all` behind the port
/// writes in the loop, at each turn.
class Taps {
 public:
  /// `texts`: as they stand behind --tap. Throws UsageError: a port that is not there, with the nearest; an index, or
  /// `@all`, where there is nothing to choose from; a type that cannot be kept, with those that can; a file with
  /// another ending, or that two write; a port that is tapped twice.
  Taps(std::shared_ptr<const graph::Graph> graph, const std::vector<std::string>& texts, Modules& modules);

  /// With the nodes that write. It points into this.
  std::shared_ptr<const graph::Graph> graph() const { return graph_; }
  /// Those nodes.
  const std::vector<int>& nodes() const { return nodes_; }

 private:
  graph::Registry registry_;
  std::shared_ptr<const graph::Graph> graph_;
  std::vector<int> nodes_;
};

}  // namespace program
