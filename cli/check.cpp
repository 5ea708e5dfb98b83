// SPDX-License-Identifier: MIT
#include <algorithm>
#include <iostream>

#include "cli/command.h"
#include "cli/params_help.h"
#include "cli/source_options.h"
#include "graph/constants.h"
#include "program/descriptions.h"
#include "program/source.h"

namespace cli {
namespace {

class Check final : public Command {
 public:
  Check() : Command("check", "Says everything that is wrong with graph files. Runs nothing.") {
    app_.add_option("GRAPH", files_, "Graph files")->type_name("FILE");
    add_plugin_option(app_, options_);
    add_allow_read_option(app_, options_);
    app_.add_flag("--ports", ports_, "Print every node's ports, what they are linked to, and their types");
    app_.add_flag("--json", json_, "With --ports: as JSON, for tools");
    app_.footer("Prints a line per file: ok, or the faults as file:line:col: error: …");
  }

 private:
  int run() override {
    if (json_ && !ports_) throw program::UsageError("--json says how ports are printed: add --ports");
    if (files_.empty()) throw program::UsageError("no graph file given: decoupage check GRAPH…");
    const auto registry = program::make_registry(options_.plugins);
    std::size_t errors = 0;
    for (const std::string& file : files_) {
      try {
        check(file, *registry);
      } catch (const graph::Faults& faults) {
        for (const graph::Fault& fault : faults.list()) std::cerr << fault.text() << "\n";
        errors += faults.list().size();
      }
    }
    if (errors > 0) std::cerr << errors << (errors == 1 ? " error\n" : " errors\n");
    return errors > 0 ? kWrong : kDone;
  }

  void check(const std::string& file, const graph::Registry& registry) const {
    const graph::GraphSpec spec = graph::load_file(file, options_.load_limits());
    const auto graph = std::make_shared<graph::Graph>(graph::check(spec, registry));
    const auto is_open = [](const graph::Param& param) { return !param.bound && !param.value; };
    // What a run must still give cannot be checked yet.
    if (std::none_of(graph->params.begin(), graph->params.end(), is_open)) graph::Plan(graph, {});
    graph::check_constants(*graph);
    warn_of_collisions(*graph);
    for (const graph::Fault& notice : graph::unread(*graph)) std::cerr << notice.text("warning") << "\n";
    const auto nodes = std::count_if(graph->nodes.begin(), graph->nodes.end(), [](const graph::GraphNode& node) {
      return node.sort != graph::GraphNode::Sort::kHead;
    });
    if (json_) {
      std::cout << program::ports_json(*graph).dump(2) << "\n";
      return;
    }
    std::cout << file << ": ok: " << graph->name << ", " << nodes << (nodes == 1 ? " node" : " nodes")
              << ", params: " << param_names(*graph) << "\n";
    if (ports_) std::cout << program::ports_text(*graph);
  }

  static void warn_of_collisions(const graph::Graph& graph) {
    const std::vector<std::string> options = option_names(make_run()->app());
    for (const graph::Param& param : graph.params) {
      if (param.bound || std::find(options.begin(), options.end(), program::kebab(param.id)) == options.end()) continue;
      const graph::Fault notice{param.mark, "param '" + param.id +
                                                "' has the name of an option of decoupage run; a run " +
                                                "sets it by --param " + param.id + "=VALUE"};
      std::cerr << notice.text("warning") << "\n";
    }
  }

  std::vector<std::string> files_;
  bool ports_ = false, json_ = false;
  program::SourceOptions options_;
};

}  // namespace

std::unique_ptr<Command> make_check() {
  return std::make_unique<Check>();
}

}  // namespace cli
