// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "graph/load.h"
#include "graph/plan.h"
#include "graph/registry.h"
#include "program/modules.h"
#include "program/params.h"

namespace program {

/// The built-in node types, which `modules` makes, and those of `plugins`, which are loaded when they are named here
/// and never because a file names them. Throws UsageError: a plugin that cannot be loaded, a built-in type that is not
/// described.
/// The nodes of these names; a bin's name stands for all in it. Throws UsageError: there is none, with the nearest.
std::vector<int> nodes_named(const graph::Graph& graph, const std::vector<std::string>& names);

std::unique_ptr<graph::Registry> make_registry(const std::vector<std::string>& plugins,
                                               const std::shared_ptr<Modules>& modules = std::make_shared<Modules>());

/// The files of plugins, in order and each once, as absolute paths. A name without a folder that is not a file is
/// looked for in the folders on DECOUPAGE_PLUGIN_PATH, as it stands and with .so behind it. Throws UsageError: not
/// there.
std::vector<std::string> plugin_files(const std::vector<std::string>& plugins);

/// Throws UsageError when a plugin that a record names (`record` says which: "cat.png: the recipe") was not given; its
/// folder may be another one.
void check_plugins_given(const std::vector<std::string>& recorded, const std::vector<std::string>& given,
                         const std::string& record);

/// The graph file and the options that set it up, as several commands have them.
struct SourceOptions {
  std::string file, params, items;
  std::vector<std::string> sets, sweeps, zips, named, plugins, allow_read;

  graph::LoadLimits load_limits() const;
};

/// A graph that was read and checked, with the settings of a run.
struct Source {
  std::shared_ptr<Modules> modules;           ///< that make the registry's built-in types
  std::unique_ptr<graph::Registry> registry;  ///< the graph points into it
  std::shared_ptr<const graph::Graph> graph;
  std::vector<graph::Override> overrides;
  std::vector<std::string> plugins;

  /// The params as `options` and `flags` set them. `own_options`: the command's own, for "did you mean". Throws
  /// graph::Faults.
  ParamSettings settings(const SourceOptions& options, const std::vector<Flag>& flags,
                         const std::vector<std::string>& own_options) const {
    return read_params(*graph, param_sources(options, flags, own_options));
  }
  static ParamSources param_sources(const SourceOptions& options, const std::vector<Flag>& flags,
                                    const std::vector<std::string>& own_options) {
    return {options.params, flags, options.named, options.sweeps, own_options, options.zips, options.items};
  }
};

/// Reads and checks the graph of `options`. Throws UsageError without a GRAPH, graph::Faults for what is wrong in it.
Source load_source(const SourceOptions& options, const std::vector<Flag>& flags);

}  // namespace program
