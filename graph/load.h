// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>

#include "base/limits.h"
#include "graph/spec.h"

namespace graph {

/// What a loader refuses beyond. Each message names the limit.
struct LoadLimits {
  static constexpr base::Limit kFileBytes{"graph-bytes"}, kValueBytes{"graph-value-bytes"}, kDepth{"graph-depth"},
      kNodes{"graph-values"}, kIncludeDepth{"graph-includes"};

  std::size_t file_bytes = kFileBytes.most();    ///< of one file
  std::size_t value_bytes = kValueBytes.most();  ///< of one value, and of a map or list in braces or brackets
  std::size_t depth = kDepth.most();             ///< nested lists and maps
  std::size_t nodes = kNodes.most();             ///< YAML nodes after aliases are followed, all files together
  std::size_t include_depth = kIncludeDepth.most();
  /// Folders that included files may lie in, beside the one of the graph file itself.
  std::vector<std::string> include_from{};
};

/// Reads a graph file and those that it includes. Runs nothing. Throws Faults: everything that is wrong with the form
/// (not YAML, unknown or repeated keys, lists where maps are due, …) at once.
GraphSpec load_file(const std::string& path, const LoadLimits& limits = {});

/// The same from text; `name` stands for the file in messages, `folder` is where its includes and paths count from.
GraphSpec load_text(const std::string& text, const std::string& name = "graph.yaml", const std::string& folder = "",
                    const LoadLimits& limits = {});

/// A graph whose files are given (path and text, the main one first), as a recipe keeps them: nothing is read from
/// disk.
GraphSpec load_files(const std::vector<std::pair<std::string, std::string>>& files, const LoadLimits& limits = {});

/// A value in a row of a table.
struct RowCell {
  std::string column;  ///< of maps in each other: their keys, joined by dots
  Mark mark;
  std::vector<Written> values;  ///< several, or none, of a list
  bool is_list = false;
  std::optional<Data> tree{};  ///< a list with maps or lists in it
};

/// Reads a YAML file of rows: a list of maps. Throws Faults: not YAML, another form, a map or a list within a list.
std::vector<std::vector<RowCell>> load_rows(const std::string& path, const LoadLimits& limits = {});

}  // namespace graph
