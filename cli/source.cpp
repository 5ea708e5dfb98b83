// SPDX-License-Identifier: MIT
#include "cli/source.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "cli/command.h"
#include "graph/load.h"
#include "nodes/register.h"
#include "nodes/services.h"

namespace cli {
namespace {

namespace fs = std::filesystem;

/// Every .so of a folder on DECOUPAGE_PLUGIN_PATH, by name.
std::vector<std::string> plugins_in(const std::string& folder) {
  std::error_code error;
  std::vector<std::string> files;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() == ".so") files.push_back(entry->path().string());
  }
  if (error) throw UsageError("DECOUPAGE_PLUGIN_PATH: cannot list the folder '" + folder + "': " + error.message());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::vector<std::string> plugin_files(const std::vector<std::string>& plugins) {
  std::vector<std::string> files;
  const auto add = [&](const std::string& file) {
    std::error_code error;
    const fs::path path = fs::weakly_canonical(file, error);
    const std::string text = error ? file : path.string();
    if (std::find(files.begin(), files.end(), text) == files.end()) files.push_back(text);
  };
  if (const char* folders = std::getenv("DECOUPAGE_PLUGIN_PATH")) {
    std::istringstream stream(folders);
    for (std::string folder; std::getline(stream, folder, ':');) {
      if (folder.empty()) continue;
      for (const std::string& file : plugins_in(folder)) add(file);
    }
  }
  for (const std::string& file : plugins) add(file);
  return files;
}

std::shared_ptr<nodes::Services> make_services() {
  std::error_code error;
  const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  fs::path embedded = folder.parent_path() / "share/decoupage/assets/model";
  if (!fs::exists(embedded, error)) embedded = folder.parent_path() / "assets/model";
  return std::make_shared<nodes::Services>(models::ModelPlaces::from_environment(embedded));
}

std::unique_ptr<graph::Registry> make_registry(const std::vector<std::string>& plugins,
                                               std::shared_ptr<nodes::Services> services) {
  auto registry = std::make_unique<graph::Registry>();
  nodes::register_all(*registry, std::move(services));
  for (const std::string& file : plugin_files(plugins)) {
    try {
      registry->load_plugin(file);
    } catch (const std::exception& e) {
      throw UsageError(e.what());
    }
  }
  return registry;
}

void SourceOptions::add_plugins(CLI::App& app) {
  app.add_option("--plugin", plugins, "A shared library with more node types; also: folders on DECOUPAGE_PLUGIN_PATH")
      ->type_name("FILE")
      ->allow_extra_args(false)
      ->group("Graph");
}

void SourceOptions::add_to(CLI::App& app) {
  const auto add_list = [&](const std::string& name, std::vector<std::string>& list, const std::string& about,
                            const std::string& type) {
    app.add_option(name, list, about)->type_name(type)->allow_extra_args(false)->group("Graph");
  };
  app.add_option("GRAPH", file, "The graph file")->type_name("FILE");
  app.add_option("--params,--config", params, "Set params from a YAML file; sections are flattened, a list sweeps")
      ->type_name("FILE")
      ->group("Graph");
  add_list("--sweep", sweeps, "Several values for a param: p=1,2,4, p=0..7, p='\"a, b\",c'", "NAME=V,V");
  add_list("--param", named, "Set a param whose name is also an option's", "NAME=VALUE");
  add_list("--set", sets, "Set a property of one node, past the params", "NODE.PROPERTY=VALUE");
  add_plugins(app);
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
    throw UsageError("no graph file given: decoupage COMMAND GRAPH …");
  }
  Source source;
  source.overrides = read_overrides(options.sets);
  source.plugins = plugin_files(options.plugins);
  source.services = make_services();
  source.registry = make_registry(options.plugins, source.services);
  source.graph =
      std::make_shared<graph::Graph>(graph::check(graph::load_file(options.file), *source.registry, source.overrides));
  return source;
}

ParamSettings Source::settings(const SourceOptions& options, const std::vector<Flag>& flags,
                               const CLI::App& app) const {
  return read_params(*graph, {options.params, flags, options.named, options.sweeps, option_names(app)});
}

}  // namespace cli
