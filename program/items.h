// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "graph/load.h"
#include "graph/plan.h"

/// Items from a table: a row is an item, a column a param.
namespace program {

/// What a table needs to know of the run.
struct ItemsOptions {
  std::function<std::uint64_t()> run_seed;  ///< asked where a cell says random
  std::string output_dir;                   ///< "": the run has none yet
  /// What the run was told of the params beside the table, by index; for `items:` of a graph.
  std::function<graph::Scalar(int param)> param;
};

/// A table that was read: its columns, all of one length, and none when it has no rows.
struct ItemsTable {
  std::vector<graph::Assignment> columns;
  std::size_t rows = 0;
  std::size_t skipped = 0;  ///< by `skip`
};

/// Reads a file, by its ending:
///   .csv          a header of names and a row a line (RFC 4180, UTF-8); an empty cell is the param's default
///   .jsonl        an object a line; objects within it reach by dotted names
///   .yaml, .yml   a list of maps, likewise
///   .json         an object, or a list of objects; with wildcards: each file a row, by name
///   .txt          a line each is the param `prompt`, or the one that is a text
/// Values have the types that the graph declares. Throws graph::Faults with all that is wrong, as file:row:cell (.csv)
/// or file:line:column: no such file, another form, a column that names no param, a value that is not one, no rows.
ItemsTable read_items(const graph::Graph& graph, const std::string& path, const ItemsOptions& options);

/// The same, by the graph's `items:`. No rows at all when its `if` says so. REQUIRES: graph.items.
ItemsTable read_graph_items(const graph::Graph& graph, const ItemsOptions& options);

}  // namespace program
