// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "graph/plan.h"

/// What the paths of a run mean, for its records: one file that was named in two ways is one, and two files that were
/// named in one way, in two folders, are two.
namespace observers {

/// Values of params as records keep them: the paths in them are absolute (graph::resolved), also those in data and in
/// texts of which the contract says that they name files. Immutable and thread-safe.
class RecordedPaths {
 public:
  explicit RecordedPaths(const graph::Graph& graph);

  /// `value` of the param, by index.
  graph::Scalar of(int param, const graph::Scalar& value) const;

 private:
  const graph::Graph& graph_;
  std::vector<bool> files_;  ///< by param: whether its text names files
};

/// The texts that --set gives, by "node.property", with their paths absolute.
nlohmann::ordered_json recorded_overrides(const graph::Graph& graph, const std::vector<graph::Override>& overrides);

/// What the nodes of a run read, as far as that is known before it: of every property that names files, in the order of
/// items, {"of": "load.path", "place": "/photos/a.png", "files": 1, "bytes": 703, "modified": 1764…}. A place has its
/// links followed; of a folder and a pattern, `files` are those in it, and `modified` is the newest (in ns since 1970).
/// A name of no file has only itself. What lies below `output_folder` does not count.
nlohmann::ordered_json recorded_inputs(const graph::Plan& plan, const std::string& output_folder);

/// Of two such lists, where a property reads from another place: "load.path was '/a/x.png', is '/b/x.png'".
/// `folder`: the working folder of the former.
std::vector<std::string> moved_inputs(const nlohmann::ordered_json& was, const std::string& folder,
                                      const nlohmann::ordered_json& is);
/// And what changed in its place: "'/a/x.png' has changed since the run began".
std::vector<std::string> changed_inputs(const nlohmann::ordered_json& was, const nlohmann::ordered_json& is);

}  // namespace observers
