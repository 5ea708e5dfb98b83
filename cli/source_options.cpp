// SPDX-License-Identifier: MIT
#include "cli/source_options.h"

#include <CLI/CLI.hpp>

namespace cli {

void add_plugin_option(CLI::App& app, program::SourceOptions& options) {
  app.add_option("--plugin", options.plugins,
                 "A shared library with more node types; a name alone is looked for on DECOUPAGE_PLUGIN_PATH")
      ->type_name("FILE|NAME")
      ->allow_extra_args(false)
      ->group("Graph");
}

void add_allow_read_option(CLI::App& app, program::SourceOptions& options) {
  app.add_option("--allow-read", options.allow_read,
                 "A folder that included files may lie in, beside the graph file's own")
      ->type_name("DIR")
      ->allow_extra_args(false)
      ->group("Graph");
}

void add_source_options(CLI::App& app, program::SourceOptions& options) {
  const auto add_list = [&](const std::string& name, std::vector<std::string>& list, const std::string& about,
                            const std::string& type) {
    app.add_option(name, list, about)->type_name(type)->allow_extra_args(false)->group("Graph");
  };
  app.add_option("GRAPH", options.file, "The graph file")->type_name("FILE");
  app.add_option("--params,--config", options.params,
                 "Set params from a YAML or JSON file, with sections or without; a list sweeps")
      ->type_name("FILE")
      ->group("Graph");
  add_list("--sweep", options.sweeps, "Several values for a param: p=1,2,4, p=0..7, p='\"a, b\",c'", "NAME=V,V");
  add_list("--zip", options.zips, "Values for a param that step together with those of every other --zip", "NAME=V,V");
  app.add_option("--items", options.items,
                 "A table: a row is an item, a column a param (.csv .jsonl .yaml .txt, or '*.json')")
      ->type_name("FILE")
      ->group("Graph");
  add_list("--param", options.named, "Set a param whose name is also an option's", "NAME=VALUE");
  add_list("--set", options.sets, "Set a property of one node, past the params", "NODE.PROPERTY=VALUE");
  add_plugin_option(app, options);
  add_allow_read_option(app, options);
}

}  // namespace cli
