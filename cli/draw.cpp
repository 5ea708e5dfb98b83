// SPDX-License-Identifier: MIT
#include <graphviz/gvc.h>

#include <algorithm>
#include <iostream>

#include "base/atomic_file.h"
#include "cli/command.h"
#include "cli/source_options.h"
#include "graph/drawing.h"
#include "program/source.h"

namespace cli {
namespace {

/// Lays a DOT text out and draws it. Throws std::runtime_error when Graphviz cannot.
std::string svg_of(const std::string& dot) {
  const auto fail = [](const char* what) -> void {
    throw std::runtime_error(std::string("Graphviz cannot ") + what + " the graph; write DOT instead: -o graph.dot");
  };
  const std::unique_ptr<GVC_t, int (*)(GVC_t*)> context(gvContext(), gvFreeContext);
  const std::unique_ptr<Agraph_t, int (*)(Agraph_t*)> graph(agmemread(dot.c_str()), agclose);
  if (!context || !graph) fail("read");
  if (gvLayout(context.get(), graph.get(), "dot") != 0) fail("lay out");
  char* data = nullptr;
  unsigned int size = 0;
  const int failed = gvRenderData(context.get(), graph.get(), "svg", &data, &size);
  const std::string svg = failed ? "" : std::string(data, size);
  if (data) gvFreeRenderData(data);
  gvFreeLayout(context.get(), graph.get());
  if (failed) fail("draw");
  return svg;
}

class Draw final : public Command {
 public:
  Draw() : Command("draw", "Draws a graph: bins and loops as boxes, the type that travels on each arrow.") {
    add_source_options(app_, source_);
    app_.add_option("-o,--output", output_, "Write to FILE: .svg or .dot (default: DOT on the standard output)")
        ->type_name("FILE");
    app_.footer(
        "Params are flags as for decoupage run. When they sweep, colours say which node runs how often:\n"
        "  decoupage draw graph.yaml --seed 0..7 -o graph.svg");
  }

 private:
  bool takes_params() const override { return true; }

  int run() override {
    const bool svg = output_.ends_with(".svg");
    if (!output_.empty() && !svg && !output_.ends_with(".dot") && !output_.ends_with(".gv")) {
      throw program::UsageError("-o: expected a file that ends in .svg or .dot, got '" + output_ + "'");
    }
    const program::Source source = program::load_source(source_, flags_);
    const program::ParamSettings settings = source.settings(source_, flags_, option_names(app_));
    const std::string dot = draw(source, settings);
    if (output_.empty()) return std::cout << dot, kDone;
    const std::string drawing = svg ? svg_of(dot) : dot;
    try {
      base::write_atomically(output_, drawing);
    } catch (const std::runtime_error& e) {
      throw program::UsageError(e.what());
    }
    return kDone;
  }

  /// A graph can be drawn before its params are given.
  static std::string draw(const program::Source& source, const program::ParamSettings& settings) {
    const auto is_open = [&](const graph::Param& param) {
      return !param.bound && !param.value &&
             std::none_of(settings.assignments.begin(), settings.assignments.end(),
                          [&](const graph::Assignment& given) { return given.name == param.id; });
    };
    const auto& params = source.graph->params;
    if (std::any_of(params.begin(), params.end(), is_open)) return graph::to_dot(*source.graph);
    const graph::Plan plan(source.graph, settings.assignments);
    return graph::to_dot(*source.graph, &plan);
  }

  program::SourceOptions source_;
  std::string output_;
};

}  // namespace

std::unique_ptr<Command> make_draw() {
  return std::make_unique<Draw>();
}

}  // namespace cli
