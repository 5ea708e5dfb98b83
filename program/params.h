// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "graph/run.h"

namespace program {

/// A flag that is not an option of the command, so it must be a param of the graph: --NAME, --NAME VALUE or
/// --NAME=VALUE.
struct Flag {
  std::string name;  ///< without the dashes, as written
  std::optional<std::string> value;
  bool is_short = false;  ///< with one dash: -pt VALUE
};

/// Words as a shell reads them back, in single quotes where they need them.
std::string shell_text(const std::vector<std::string>& words);

/// Everything that sets params on one command line.
struct ParamSources {
  std::string file;                  ///< --params FILE, or ""
  std::vector<Flag> flags;           ///< --NAME VALUE
  std::vector<std::string> named;    ///< --param NAME=VALUE
  std::vector<std::string> sweeps;   ///< --sweep NAME=V,V
  std::vector<std::string> options;  ///< names of the command's own options, for "did you mean"
  /// What places inside of data params (`--layers[2].noise 0.8`) are places of, when nothing else says it: of a rerun,
  /// the recipe's.
  std::vector<graph::Assignment> recorded{};
};

struct ParamSettings {
  std::vector<graph::Assignment> assignments;  ///< one per param
  std::string output_dir;                      ///< the params file's, or ""
  std::vector<graph::GivenSetting> given;      ///< what the command line named, in the graph's order
};

/// Reads the sources. A param that the command line names forgets what the file said; what the command line says of one
/// param several times is one list (of a param that is a list: one value). A place in a data param (`regions[2].x`) is
/// set in what else says it, or the default; several values of it make as many documents. `num_seeds` and `seed_offset`
/// turn a seed into seed+offset … seed+offset+num−1 for a graph that has an int param `seed` and declares neither
/// itself. Throws graph::Faults: everything that is wrong.
ParamSettings read_params(const graph::Graph& graph, const ParamSources& sources);

/// One --set node.property=value. Throws graph::Faults when it has another form.
std::vector<graph::Override> read_overrides(const std::vector<std::string>& sets);

/// "felzenszwalb_scale" as people type it: "felzenszwalb-scale".
std::string kebab(std::string name);

}  // namespace program
