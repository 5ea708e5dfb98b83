// SPDX-License-Identifier: MIT
#include <iostream>

#include "cli/command.h"
#include "cli/describe.h"
#include "cli/source.h"

namespace cli {
namespace {

class Inspect final : public Command {
 public:
  Inspect() : Command("inspect", "Lists the node types by family, or tells all about one.") {
    app_.add_option("NODE", type_, "A node type")->type_name("TYPE");
    app_.add_flag("--json", json_, "Print JSON, for tools");
    app_.add_flag("--markdown", markdown_, "Print the page docs/nodes.md");
    options_.add_plugins(app_);
  }

 private:
  int run() override {
    const auto registry = make_registry(options_.plugins);
    if (markdown_) return std::cout << markdown_page(*registry), kDone;
    if (type_.empty()) {
      if (!json_) return std::cout << list_types(*registry), kDone;
      nlohmann::ordered_json all = nlohmann::ordered_json::array();
      for (const graph::NodeType* type : registry->types()) all.push_back(type_json(*type));
      return std::cout << all.dump(2) << "\n", kDone;
    }
    const graph::NodeType* type = registry->find(type_);
    if (!type) {
      throw UsageError("no node type '" + type_ + "'" + graph::did_you_mean(type_, registry->type_names()) +
                       "; decoupage inspect lists them");
    }
    if (json_) std::cout << type_json(*type).dump(2) << "\n";
    else std::cout << describe_type(*type);
    return kDone;
  }

  std::string type_;
  bool json_ = false, markdown_ = false;
  SourceOptions options_;
};

}  // namespace

std::unique_ptr<Command> make_inspect() {
  return std::make_unique<Inspect>();
}

}  // namespace cli
