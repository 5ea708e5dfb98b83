// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "graph/graph.h"

namespace program {

/// What a params file says of one param, or of a name that is none.
struct FileSetting {
  int param = -1;      ///< index into Graph::params; -1: none
  std::string name;    ///< the key, as written
  std::string joined;  ///< with its sections in front: "output_dir"
  graph::Data value;   ///< a leaf, a list of leaves, or the data of a data param
  graph::Mark mark;    ///< of the key
};

/// Reads a params file (`--params`) for a graph. Its sections are kept: a value is that of
///   the param that declares its place, `key: generation.stage2.steps` (or the end of it: the longest one),
///   else of the param that is called as its section and it are together (`lora: {scale: …}` is lora_scale), or that
///     stands under that `section`,
///   else of the param of its own name.
/// Names are the same with '-', '_' and in camelCase. A param of type data takes the whole of what stands at its place.
/// A list of one map is that map. A null leaves the default alone, unless the param may be null.
/// Throws graph::Faults: not YAML, no map, a place that is another param's or the wrong one, a param twice.
std::vector<FileSetting> read_params_file(const graph::Graph& graph, const std::string& path);

}  // namespace program
