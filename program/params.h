// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
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
  std::vector<std::string> zips{};   ///< --zip NAME=V,V
  std::string items{};               ///< --items FILE, or ""
  std::string output_dir{};          ///< --output-dir DIR, or ""
  bool begins_run = false;           ///< a graph's own `items:` count, and a seed that it says is random
  /// What values are drawn by (draws.h), asked at the first that is; `output_dir` is where the run goes, or "". Empty:
  /// 0, for what runs nothing.
  std::function<std::uint64_t(const std::string& output_dir)> run_seed{};
  /// What places inside of data params (`--layers[2].noise 0.8`) are places of, when nothing else says it: of a rerun,
  /// the recipe's.
  std::vector<graph::Assignment> recorded{};
};

struct ParamSettings {
  std::vector<graph::Assignment> assignments;  ///< one per param
  std::string output_dir;                      ///< the params file's, or ""
  std::vector<graph::GivenSetting> given;      ///< what the command line named, in the graph's order
  std::optional<std::uint64_t> run_seed;       ///< where something is drawn
  bool nothing_left = false;                   ///< the graph's `items:` leave no row: all is there
};

/// Reads the sources. A param that the command line names forgets what the file said; what the command line says of one
/// param several times is one list (of a param that is a list: one value). A place in a data param (`regions[2].x`) is
/// set in what else says it, or the default; several values of it make as many documents. `num_seeds` and `seed_offset`
/// turn a seed into seed+offset … seed+offset+num−1 for a graph that has an int param `seed` and declares neither
/// itself.
///
/// Of an int `0..` counts without end and `random` is drawn (`random..` counts from what is drawn); either is all that
/// a param is given. An int named seed takes -1 for random, and 2^63 to 2^64−1 as the same 64 bits. The columns of
/// `items`, or else of the graph's `items:`, forget what the file said of their params. Throws graph::Faults:
/// everything that is wrong.
ParamSettings read_params(const graph::Graph& graph, const ParamSources& sources);

/// One --set node.property=value. Throws graph::Faults when it has another form.
std::vector<graph::Override> read_overrides(const std::vector<std::string>& sets);

/// "felzenszwalb_scale" as people type it: "felzenszwalb-scale".
std::string kebab(std::string name);

}  // namespace program
