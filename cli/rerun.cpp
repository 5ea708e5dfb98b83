// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <set>

#include "base/reading.h"
#include "cli/command.h"
#include "cli/run_options.h"
#include "cli/source_options.h"
#include "cli/stop.h"
#include "observers/progress.h"
#include "observers/record/run_places.h"
#include "observers/summary.h"
#include "program/dependence.h"
#include "program/draws.h"
#include "program/param_values.h"
#include "program/recipe.h"
#include "program/recorded_values.h"
#include "program/source.h"
#include "program/variation.h"
#include "program/version.h"
#include "program/written_files.h"

namespace cli {
namespace {

namespace fs = std::filesystem;

class Rerun final : public Command {
 public:
  Rerun() : Command("rerun", "Makes a picture again from the recipe inside it: the same bytes.") {
    app_.add_option("PICTURE", file_, "The picture: .png, .jpg or .webp")->type_name("FILE");
    app_.add_option("--output-dir", output_dir_, "Where it goes (default: outputs/<graph>-NNNN, the next free number)")
        ->type_name("DIR");
    app_.add_flag("--overwrite", overwrite_, "Write into a folder that holds a run");
    app_.add_flag("--quiet", quiet_, "Print errors alone");
    app_.add_option("--sweep", source_.sweeps)->allow_extra_args(false)->group("");
    app_.add_option("--param", source_.named, "Set a param whose name is also an option's")
        ->type_name("NAME=VALUE")
        ->allow_extra_args(false);
    add_plugin_option(app_, source_);
    app_.add_option("--allow-read", source_.allow_read,
                    "A file or folder that the recipe may read: pictures, latents, models, LoRAs")
        ->type_name("PATH")
        ->allow_extra_args(false)
        ->group("Graph");
    engine_.add_to(app_);
    app_.footer(
        "Params of the graph are flags, to make a picture that differs: decoupage rerun cat.png --seed 7\n\n"
        "A recipe may be anybody's: it reads only what --allow-read or a param's flag names, what comes with\n"
        "the program and the caches of models and latents, and it loads only plugins that --plugin names.");
  }

 private:
  bool takes_params() const override { return true; }

  int run() override {
    if (file_.empty()) throw program::UsageError("no picture given: decoupage rerun PICTURE");
    graph::StopSignal stop;
    SignalWatch watch(stop, quiet_);
    const program::Recipe recipe = read_recipe();
    const program::Source source = load(recipe);
    program::ParamSources sources = program::Source::param_sources(source_, flags_, option_names(app_));
    sources.recorded = recorded(recipe, source);
    sources.run_seed = [](const std::string&) { return program::new_run_seed(); };
    program::ParamSettings settings = program::read_params(*source.graph, sources);
    confine(settings, sources.recorded, source);
    const std::vector<graph::Assignment> given = settings.assignments;
    add_recorded(settings, sources.recorded);
    const graph::Plan plan(source.graph, settings.assignments, recipe.max_items);
    const int node = source.graph->find_node(recipe.node);
    if (node < 0) throw program::UsageError(file_ + ": the recipe's node '" + recipe.node + "' is not in its graph");
    if (!quiet_) tell_variation(plan, node, given, sources.recorded);
    graph::RunOptions options = engine_.read();
    const bool deterministic = recipe.deterministic || engine_.deterministic();
    watch.opening("what the graph needs", options.stall_after);
    options.opening = watch.opening(*source.graph, options.stall_after);
    const auto lanes = engine_.set_up(source.modules, plan, options, deterministic);
    aim(options, plan, recipe, node);
    options.stop = &stop;
    options.picks = picks_of(recipe, plan, given);
    options.recipe = program::recipe_maker(plan, {settings.assignments, source.overrides, source.plugins, deterministic,
                                                  settings.run_seed ? settings.run_seed : recipe.run_seed});
    FreshFolders fresh;
    options.output_dir = choose_folder(*source.graph, fresh);
    return execute(plan, options);
  }

  program::Recipe read_recipe() const {
    const std::string text = program::picture_text(file_, program::kRecipeKeyword);
    try {
      return program::parse_recipe(text, file_);
    } catch (const std::runtime_error& e) {
      throw program::UsageError(e.what());
    }
  }

  program::Source load(const program::Recipe& recipe) const {
    if (recipe.version != program::version()) {
      std::cerr << "warning: " << file_ << " was made by decoupage " << recipe.version << ", this is "
                << program::version() << ": the picture may differ\n";
    }
    program::Source source;
    source.plugins = program::plugin_files(source_.plugins);
    program::check_plugins_given(recipe.plugins, source.plugins, file_ + ": the recipe");
    source.overrides = recipe.overrides;
    source.modules = std::make_shared<program::Modules>();
    source.registry = program::make_registry(source_.plugins, source.modules);
    source.graph = std::make_shared<graph::Graph>(
        graph::check(graph::load_files(recipe.files), *source.registry, source.overrides));
    return source;
  }

  /// Paths that the command line gives are its user's own words; what else a recipe names is anybody's: also in data of
  /// which the command line sets a place.
  void confine(const program::ParamSettings& given, const std::vector<graph::Assignment>& recorded,
               const program::Source& source) const {
    std::vector<fs::path> places{program::embedded_model().parent_path()};
    if (source.modules->need_models(*source.graph))
      for (const fs::path& place : source.modules->models().places()) places.push_back(place);
    std::error_code error;
    for (const std::string& place : source_.allow_read) {
      if (!fs::exists(place, error)) throw program::UsageError("--allow-read: " + base::not_there(place));
      places.emplace_back(place);
    }
    std::set<std::string> others;
    for (const graph::Assignment& assignment : recorded) others.merge(program::paths_in(*source.graph, assignment));
    for (const graph::Assignment& assignment : given.assignments) {
      for (const std::string& path : program::paths_in(*source.graph, assignment)) {
        const fs::path place(path);
        const bool pattern = place.filename().string().find_first_of("*?[") != std::string::npos;
        if (!others.contains(path)) places.push_back(pattern ? fs::absolute(place).parent_path() : place);
      }
    }
    base::allow_reading_only(places);
  }

  std::vector<graph::Assignment> recorded(const program::Recipe& recipe, const program::Source& source) const {
    std::vector<graph::Assignment> assignments;
    for (const auto& [name, values, along] : recipe.params) {
      const int param = source.graph->find_param(name);
      if (param < 0) throw program::UsageError(file_ + ": the recipe's param '" + name + "' is not in its graph");
      try {
        assignments.push_back(
            program::recorded_assignment(source.graph->params[param], values, along, recipe.run_seed, file_));
      } catch (const std::invalid_argument& e) {
        throw program::UsageError(file_ + ": the recipe's param '" + name + "': " + e.what());
      }
    }
    return assignments;
  }

  /// Where the command line says nothing.
  static void add_recorded(program::ParamSettings& settings, const std::vector<graph::Assignment>& recorded) {
    for (const graph::Assignment& assignment : recorded) {
      const auto same = [&](const graph::Assignment& other) { return other.name == assignment.name; };
      if (std::ranges::none_of(settings.assignments, same)) settings.assignments.push_back(assignment);
    }
  }

  void tell_variation(const graph::Plan& plan, int node, const std::vector<graph::Assignment>& given,
                      const std::vector<graph::Assignment>& recorded) const {
    if (given.empty()) return;
    const std::vector<std::string> changes = program::changes(plan, node, given, recorded);
    std::cerr << file_ << (changes.empty() ? ": nothing differs from the recipe\n" : ": differs from the recipe\n");
    for (const std::string& change : changes) std::cerr << "  " << change << "\n";
  }

  /// Only this node runs to its end. A picture of one item keeps its number; one that gathered is made in a run of all
  /// items, of which only its own group counts.
  void aim(graph::RunOptions& options, const graph::Plan& plan, const program::Recipe& recipe, int node) const {
    options.only = {node};
    if (!plan.after_gather(node) || plan.items() <= recipe.item) {
      options.first_item = recipe.item;
    } else if (flags_.empty()) {
      options.whole = [item = recipe.item](int, std::int64_t first_item) { return first_item != item; };
    }
  }

  /// What was picked is picked again, but where that depends on a param that the command line gives. (What many items
  /// picked says nothing of the items of other params.)
  std::vector<graph::Pick> picks_of(const program::Recipe& recipe, const graph::Plan& plan,
                                    const std::vector<graph::Assignment>& given) const {
    std::vector<graph::Pick> picks;
    for (const auto& [node, recorded] : recipe.picks) {
      graph::Pick pick = recorded;
      pick.node = plan.graph().find_node(node);
      if (pick.node < 0) throw program::UsageError(file_ + ": the recipe's pick of '" + node + "' is not in its graph");
      const std::set<int> params = program::dependence_of(plan, pick.node).params;
      const bool changed = std::ranges::any_of(given, [&](const graph::Assignment& assignment) {
        return pick.item >= 0 || params.count(plan.graph().find_param(assignment.name)) > 0;
      });
      if (!changed) picks.push_back(std::move(pick));
    }
    return picks;
  }

  std::string choose_folder(const graph::Graph& graph, FreshFolders& fresh) const {
    if (output_dir_.empty()) return claim_folder(graph.name, fresh);
    fresh.expect(output_dir_);
    const bool held = fs::exists(fs::path(output_dir_) / "run.json") || !observers::shared_runs(output_dir_).empty();
    if (!overwrite_ && held) {
      throw program::UsageError("--output-dir: '" + output_dir_ +
                                "' holds a run; take another folder, or add --overwrite");
    }
    std::error_code error;
    fs::create_directories(output_dir_, error);
    if (error) throw program::UsageError("--output-dir: cannot make '" + output_dir_ + "': " + error.message());
    return output_dir_;
  }

  int execute(const graph::Plan& plan, graph::RunOptions& options) const {
    observers::ProgressOptions style = observers::progress_options_for(STDERR_FILENO);
    if (quiet_) style.style = observers::ProgressStyle::kQuiet;
    observers::Progress progress(std::cerr, plan, style);
    program::WrittenFiles files;
    graph::Bus bus;
    bus.attach(progress);
    bus.attach(files);
    options.bus = &bus;
    const graph::RunReport report = graph::run(plan, options);
    bus.flush();
    if (!quiet_) {
      if (report.failed > 0) observers::write_outcome(std::cout, plan, report, {.first_item = options.first_item});
      for (const std::string& path : files.paths) std::cout << (fs::path(options.output_dir) / path).string() << "\n";
    }
    if (report.interrupted) return kInterrupted;
    return report.failed > 0 ? kSomeFailed : kDone;
  }

  std::string file_, output_dir_;
  bool overwrite_ = false, quiet_ = false;
  program::SourceOptions source_;
  EngineOptions engine_;
};

}  // namespace

std::unique_ptr<Command> make_rerun() {
  return std::make_unique<Rerun>();
}

}  // namespace cli
