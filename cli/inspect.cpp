// SPDX-License-Identifier: MIT
#include <iostream>

#include "base/names.h"
#include "cli/command.h"
#include "cli/source_options.h"
#include "program/descriptions.h"
#include "program/source.h"

namespace cli {
namespace {

class Inspect final : public Command {
 public:
  Inspect() : Command("inspect", "Lists the node types by family, or tells all about one.") {
    app_.add_option("NODE", type_, "A node type")->type_name("TYPE");
    app_.add_flag("--json", json_, "Print JSON, for tools");
    app_.add_flag("--markdown", markdown_, "Print the page docs/nodes.md");
    add_plugin_option(app_, options_);
  }

 private:
  int run() override {
    const auto registry = program::make_registry(options_.plugins);
    if (markdown_) return std::cout << program::markdown_page(*registry), kDone;
    if (type_.empty()) {
      if (!json_) return std::cout << program::list_types(*registry), kDone;
      nlohmann::ordered_json all = nlohmann::ordered_json::array();
      for (const graph::NodeType* type : registry->types()) all.push_back(program::type_json(*type));
      return std::cout << all.dump(2) << "\n", kDone;
    }
    const graph::NodeType* type = registry->find(type_);
    if (!type) {
      throw program::UsageError("no node type '" + type_ + "'" + base::did_you_mean(type_, registry->type_names()) +
                                "; decoupage inspect lists them");
    }
    if (json_) std::cout << program::type_json(*type).dump(2) << "\n";
    else std::cout << program::describe_type(*type);
    return kDone;
  }

  std::string type_;
  bool json_ = false, markdown_ = false;
  program::SourceOptions options_;
};

}  // namespace

std::unique_ptr<Command> make_inspect() {
  return std::make_unique<Inspect>();
}

}  // namespace cli
