// SPDX-License-Identifier: MIT
#include "program/source.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "base/names.h"
#include "graph/elements.h"
#include "program/usage_error.h"

namespace program {
namespace {

namespace fs = std::filesystem;

/// The folders on DECOUPAGE_PLUGIN_PATH.
std::vector<fs::path> plugin_folders() {
  std::vector<fs::path> folders;
  const char* const path = std::getenv("DECOUPAGE_PLUGIN_PATH");
  std::istringstream stream(path == nullptr ? "" : path);
  for (std::string folder; std::getline(stream, folder, ':');) {
    if (!folder.empty()) folders.emplace_back(folder);
  }
  return folders;
}

/// The file that --plugin means: one that is there, or NAME or NAME.so in one of those folders.
fs::path plugin_file(const std::string& name) {
  std::error_code error;
  if (name.find('/') != std::string::npos || fs::exists(name, error)) return name;
  std::string looked;
  for (const fs::path& folder : plugin_folders()) {
    for (const fs::path& file : {folder / name, folder / (name + ".so")}) {
      if (fs::exists(file, error)) return file;
    }
    looked += (looked.empty() ? "" : ", ") + folder.string();
  }
  throw UsageError("plugin '" + name + "': no such file" +
                   (looked.empty()
                        ? "; a name alone is looked for in the folders on DECOUPAGE_PLUGIN_PATH"
                        : ", and none of that name in the folders on DECOUPAGE_PLUGIN_PATH (" + looked + ")"));
}

}  // namespace

std::vector<std::string> plugin_files(const std::vector<std::string>& plugins) {
  std::vector<std::string> files;
  for (const std::string& name : plugins) {
    const fs::path file = plugin_file(name);
    std::error_code error;
    const fs::path path = fs::weakly_canonical(file, error);
    const std::string text = error ? file.string() : path.string();
    if (std::ranges::find(files, text) == files.end()) files.push_back(text);
  }
  return files;
}

void check_plugins_given(const std::vector<std::string>& recorded, const std::vector<std::string>& given,
                         const std::string& record) {
  const auto name = [](const std::string& file) { return fs::path(file).filename(); };
  for (const std::string& plugin : recorded) {
    const auto same = [&](const std::string& file) { return name(file) == name(plugin); };
    if (std::ranges::any_of(given, same)) continue;
    throw UsageError(record + " uses the plugin '" + plugin +
                     "', which is code and runs only when you name it: add --plugin " + plugin +
                     " if you know what it is");
  }
}

std::unique_ptr<graph::Registry> make_registry(const std::vector<std::string>& plugins,
                                               const std::shared_ptr<Modules>& modules) {
  auto registry = std::make_unique<graph::Registry>();
  graph::add_elements(*registry);
  Modules::add_types(modules, *registry);
  for (const std::string& file : plugin_files(plugins)) {
    try {
      registry->load_plugin(file);
    } catch (const std::exception& e) {
      throw UsageError(e.what());
    }
  }
  return registry;
}

std::vector<int> nodes_named(const graph::Graph& graph, const std::vector<std::string>& names) {
  std::vector<int> found;
  for (const std::string& name : names) {
    const std::size_t before = found.size();
    std::vector<std::string> known;
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
      if (graph.nodes[n].sort == graph::GraphNode::Sort::kHead) continue;
      known.push_back(graph.nodes[n].id);
      if (graph.nodes[n].id == name) found.push_back(static_cast<int>(n));
    }
    for (const graph::Bin& bin : graph.bins) {
      known.push_back(bin.id);
      for (std::size_t n = 0; bin.id == name && n < graph.nodes.size(); ++n) {
        const graph::GraphNode& node = graph.nodes[n];
        if (node.sort != graph::GraphNode::Sort::kHead && node.id.starts_with(name + "."))
          found.push_back(static_cast<int>(n));
      }
    }
    if (found.size() == before) throw UsageError("--to " + name + ": no such node" + base::did_you_mean(name, known));
  }
  return found;
}

graph::LoadLimits SourceOptions::load_limits() const {
  graph::LoadLimits limits;
  limits.include_from = allow_read;
  return limits;
}

Source load_source(const SourceOptions& options, const std::vector<Flag>& flags) {
  if (options.file.empty()) {
    // A flag in front of GRAPH has taken it for its value.
    for (const Flag& flag : flags) {
      if (flag.value && fs::is_regular_file(*flag.value)) {
        throw UsageError("no graph file: --" + flag.name + " has taken '" + *flag.value +
                         "' as its value; params come behind GRAPH: " + *flag.value + " --" + flag.name);
      }
    }
    throw UsageError("no graph file given: decoupage run GRAPH, such as decoupage run configs/demo.yaml");
  }
  Source source;
  source.overrides = read_overrides(options.sets);
  source.plugins = plugin_files(options.plugins);
  source.modules = std::make_shared<Modules>();
  source.registry = make_registry(options.plugins, source.modules);
  source.graph = std::make_shared<graph::Graph>(
      graph::check(graph::load_file(options.file, options.load_limits()), *source.registry, source.overrides));
  return source;
}

}  // namespace program
