// SPDX-License-Identifier: MIT
#include <iostream>

#include "cli/command.h"
#include "cli/source_options.h"
#include "program/graph_schema.h"
#include "program/source.h"

namespace cli {
namespace {

class Schema final : public Command {
 public:
  Schema() : Command("schema", "Prints the JSON Schema of graph files, for editors.") {
    add_plugin_option(app_, options_);
    app_.footer(
        "With yaml-language-server: decoupage schema > graph.schema.json, and as first line of a graph file\n"
        "  # yaml-language-server: $schema=graph.schema.json");
  }

 private:
  int run() override {
    std::cout << program::graph_schema(*program::make_registry(options_.plugins)).dump(2) << "\n";
    return kDone;
  }

  program::SourceOptions options_;
};

}  // namespace

std::unique_ptr<Command> make_schema() {
  return std::make_unique<Schema>();
}

}  // namespace cli
