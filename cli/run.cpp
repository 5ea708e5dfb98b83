// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <limits>
#include <optional>

#include "base/output_file.h"
#include "cli/command.h"
#include "cli/fresh_folders.h"
#include "cli/log.h"
#include "cli/params_help.h"
#include "cli/run_options.h"
#include "cli/source_options.h"
#include "cli/stop.h"
#include "graph/constants.h"
#include "observers/json_lines.h"
#include "observers/progress.h"
#include "observers/record/journal.h"
#include "observers/scalar_files.h"
#include "observers/summary.h"
#include "observers/trace.h"
#include "observers/wording.h"
#include "program/draws.h"
#include "program/loop_states.h"
#include "program/recipe.h"
#include "program/recorded_source.h"
#include "program/source.h"
#include "program/taps.h"
#include "program/version.h"

namespace cli {
namespace {

class Run final : public Command {
 public:
  Run() : Command("run", "Runs a graph: one item per point of the sweep of its params.") {
    add_source_options(app_, source_);
    engine_.add_to(app_);
    app_.add_option("--output-dir", output_dir_, "Where files go (default: outputs/<graph>-NNNN, the next free number)")
        ->type_name("DIR")
        ->group("Output");
    app_.add_flag("--resume", resume_, "Go on with the run in the output folder (default: the last one)")
        ->group("Output");
    app_.add_flag("--overwrite", overwrite_, "Forget the run that the output folder holds")->group("Output");
    app_.add_flag(
            "--append", append_,
            "Lie beside other runs in the output folder, and overwrite nothing of theirs (default: outputs/<graph>)")
        ->group("Output");
    app_.add_option("--shard", shard_, "Run the I-th of N parts of the items: 1/4 … 4/4")
        ->type_name("I/N")
        ->group("Output");
    app_.add_option("--max-items", max_items_, "Run no more than so many items")
        ->type_name("N")
        ->check(CLI::Range(std::int64_t{1}, std::numeric_limits<std::int64_t>::max()).description(""))
        ->group("Output");
    app_.add_option("--for", for_, "Start no more items after so long: 90s, 15m, 2h")
        ->type_name("TIME")
        ->group("Output");
    app_.add_option("--run-seed", run_seed_, "What `random` values are drawn by (default: another for each run)")
        ->type_name("N")
        ->group("Output");
    app_.add_option("--to", to_, "Run this node (or bin) and what it needs, and nothing else; may be repeated")
        ->type_name("NODE")
        ->group("Output");
    app_.add_option(
            "--tap", taps_,
            "Write what this port sends (last turn; behind it [i]: an element, @all: each turn) as .npz, .png or "
            ".json; may be repeated")
        ->type_name("NODE.PORT[=FILE]")
        ->allow_extra_args(false)
        ->group("Output");
    app_.add_option("--trace", trace_, "Write a Chrome trace, for ui.perfetto.dev")->type_name("FILE")->group("Output");
    app_.add_flag("--profile", profile_, "Tell at the end which of libtorch's operators took the hottest node's time")
        ->group("Output");
    app_.add_flag("--json", json_, "Print events as JSON lines (docs/events.md)")->group("Output");
    app_.add_flag("--quiet", quiet_, "Print errors alone")->group("Output");
    app_.add_flag("--verbose", verbose_, "Print what the engine opens and runs, too")->group("Output");
    app_.add_flag("--list-params", list_params_)->group("");
    app_.footer("Params of the graph are flags: decoupage run GRAPH --help lists them.");
  }

 private:
  bool takes_params() const override { return true; }

  void print_help() override {
    std::cout << app_.help();
    if (source_.file.empty()) return;
    const program::Source source = program::load_source(source_, {});
    if (!source.graph->about.empty()) std::cout << "\n" << source.graph->about << "\n";
    std::cout << "\n";
    print_params(std::cout, *source.graph);
  }

  int run() override {
    graph::StopSignal stop;
    SignalWatch watch(stop, quiet_ || json_);
    const program::Source source = program::load_source(source_, flags_);
    if (list_params_) return list_param_flags(std::cout, *source.graph), kDone;
    const program::ParamSettings settings = read_settings(source);
    if (settings.nothing_left) return say_nothing_left();
    std::optional<program::Taps> taps;
    if (!taps_.empty()) taps.emplace(source.graph, taps_, *source.modules);
    const graph::Plan plan(taps ? taps->graph() : source.graph, settings.assignments, max_items_);
    graph::RunOptions options = engine_.read();
    options.end_after = time_limit(for_);
    watch.opening("what the graph needs", options.stall_after);
    options.opening = watch.opening(plan.graph(), options.stall_after);
    const auto lanes = engine_.set_up(source.modules, plan, options, engine_.deterministic());
    read_shard(options);
    options.only = program::nodes_named(*source.graph, to_);
    if (taps && !to_.empty()) options.only.insert(options.only.end(), taps->nodes().begin(), taps->nodes().end());
    FreshFolders fresh;
    options.output_dir = choose_folder(*source.graph, settings, fresh);
    check_trace(options.output_dir);
    options.given = settings.given;
    options.stop = &stop;
    options.recipe = program::recipe_maker(
        plan, {settings.assignments, source.overrides, source.plugins, engine_.deterministic(), settings.run_seed});
    observers::Journal journal = open_journal(plan, options, source, settings);
    const std::string traced = trace_name(options.output_dir);
    options.may_write = [&journal, traced](const std::string& path) {
      if (!traced.empty() && base::file_key(path) == base::file_key(traced))
        throw std::runtime_error("'" + path + "' is the name of the run's trace, too: give one of them another");
      journal.claim(path);
    };
    const auto states = program::open_loop_states(
        plan, source, {options.output_dir, journal.record_folder(), resume_, options.shard_index, options.shard_count});
    options.loop_states = states.get();
    if (resume_) options.whole = [&](int node, std::int64_t first_item) { return journal.whole(node, first_item); };
    try {
      return execute(plan, *source.modules, options, journal);
    } catch (const graph::Faults&) {
      journal.forget();  // a node did not open: nothing ran
      throw;
    }
  }

  program::ParamSettings read_settings(const program::Source& source) const {
    program::ParamSources sources = program::Source::param_sources(source_, flags_, option_names(app_));
    sources.output_dir = output_dir_;
    sources.begins_run = true;
    sources.run_seed = [&](const std::string& folder) {
      if (run_seed_) return *run_seed_;
      const std::string name = source.graph->name;
      const std::string from = folder.empty() ? observers::last_output_dir(name).value_or("") : folder;
      if (const auto recorded = resume_ && !from.empty() ? program::recorded_run_seed(from) : std::nullopt)
        return *recorded;
      if (!shard_.empty())
        throw program::UsageError("--shard needs --run-seed N where values are random: all shards must draw the same");
      return program::new_run_seed();
    };
    return program::read_params(*source.graph, sources);
  }

  int say_nothing_left() const {
    if (!quiet_) std::cout << "nothing is left to do: everything that the graph's items would make is there\n";
    return kDone;
  }

  int execute(const graph::Plan& plan, program::Modules& modules, graph::RunOptions& options,
              observers::Journal& journal) {
    observers::ProgressOptions style = observers::progress_options_for(STDERR_FILENO);
    if (quiet_ || json_) style.style = observers::ProgressStyle::kQuiet;
    observers::Progress progress(std::cerr, plan, style);
    const LogTo log([&](const std::string& line) { progress.print(line); }, verbose_);
    std::optional<observers::Trace> trace;
    if (!trace_.empty()) trace.emplace(trace_, plan);
    std::optional<observers::JsonLines> json;
    if (json_) json.emplace(std::cout, plan);
    graph::Bus bus;
    observers::ScalarFiles scalars(plan, {journal.record_folder(), resume_});
    bus.attach(scalars);  // an item is on record when its tables and plots are there
    bus.attach(journal);
    bus.attach(progress);
    if (trace) bus.attach(*trace);
    if (json) bus.attach(*json);
    options.bus = &bus;
    for (const std::string& note : journal.notes()) progress.print("warning: " + note);
    if (to_.empty() && !quiet_) {
      for (const graph::Fault& notice : graph::unread(plan.graph())) progress.print(notice.text("warning"));
    }
    const bool models = modules.need_models(plan.graph());
    if (const std::string blas = models && uses_models(plan.graph()) ? modules.models().blas_complaint() : "";
        !blas.empty())
      progress.print("warning: " + blas);
    const auto profile = profile_ && models ? modules.models().watch_operators() : nullptr;
    options.calls = profile.get();
    const graph::RunReport report = graph::run(plan, options);
    const auto operators =
        profile ? profile->of_node(observers::hottest_node(report)) : std::vector<observers::OperatorTime>();
    if (json) json->write_report(report, operators, scalars.paths());
    else if (!quiet_) print_end(plan, report, journal, operators, trace && trace->whole(), scalars.paths().size());
    bus.flush();  // what an observer could not write is told after what became of the items
    if (report.interrupted) return kInterrupted;
    return report.failed > 0 ? kSomeFailed : kDone;
  }

  static bool uses_models(const graph::Graph& graph) {
    return std::ranges::any_of(graph.nodes, [](const graph::GraphNode& node) {
      return node.type != nullptr && node.type->contract.find_prop("model") >= 0;
    });
  }

  void print_end(const graph::Plan& plan, const graph::RunReport& report, const observers::Journal& journal,
                 const std::vector<observers::OperatorTime>& operators, bool traced, std::size_t scalars) const {
    observers::write_summary(std::cout, plan, report, {.list_uncalled = verbose_});
    if (profile_) {
      std::cout << "\n";
      observers::write_operators(std::cout, plan, report, operators);
      std::cout << "\n";
    }
    const std::string& folder = journal.folder();
    if (journal.deleted() > 0)
      std::cout << "not made again, since somebody deleted them: " << observers::counted(journal.deleted(), "file")
                << " of curated nodes\n";
    std::cout << "files: " << folder;
    if (journal.record_folder() != folder) std::cout << " (its record: " << journal.record_folder() << ")";
    std::cout << "\n";
    if (scalars > 0)
      std::cout << "scalars: " << (std::filesystem::path(journal.record_folder()) / observers::kScalarFolder).string()
                << " (" << observers::counted(static_cast<std::int64_t>(scalars / 2), "table")
                << ", each with a plot)\n";
    if (traced) std::cout << "trace: " << trace_ << " (open it with ui.perfetto.dev)\n";
    if (report.interrupted || report.time_is_up || report.failed > 0)
      std::cout << (report.interrupted || report.time_is_up ? "to go on" : "to try again what failed")
                << ": the same command with --resume --output-dir " << folder << "\n";
  }

  /// The trace's path from the output folder; "" without one.
  std::string trace_name(const std::string& folder) const {
    namespace fs = std::filesystem;
    if (trace_.empty()) return "";
    return fs::absolute(trace_).lexically_normal().lexically_relative(fs::absolute(folder).lexically_normal()).string();
  }

  /// A trace may lie in the output folder, but not over what the run keeps there.
  void check_trace(const std::string& folder) const {
    if (base::is_record_name(trace_name(folder)))
      throw program::UsageError("--trace: '" + trace_ + "' is a name under which the run keeps its own record");
  }

  void read_shard(graph::RunOptions& options) const {
    if (shard_.empty()) return;
    if (!parse_shard(shard_, options.shard_index, options.shard_count)) {
      throw program::UsageError("--shard: expected I/N with 1 <= I <= N, such as 1/4, got '" + shard_ + "'");
    }
    if (output_dir_.empty())
      throw program::UsageError("--shard needs --output-dir: the shards of a run share a folder");
  }

  bool shares(const graph::Graph& graph) const { return append_ || graph.shared_output; }

  std::string choose_folder(const graph::Graph& graph, const program::ParamSettings& settings,
                            FreshFolders& fresh) const {
    if (resume_ && overwrite_) throw program::UsageError("--resume and --overwrite exclude each other");
    std::string folder = output_dir_.empty() ? settings.output_dir : output_dir_;
    if (folder.empty() && shares(graph)) folder = (std::filesystem::path("outputs") / graph.name).string();
    if (!folder.empty()) return fresh.expect(folder), folder;
    if (!resume_) return claim_folder(graph.name, fresh);
    const std::optional<std::string> last = observers::last_output_dir(graph.name);
    if (!last)
      throw program::UsageError("--resume: no run of '" + graph.name + "' in outputs/ to go on with; see --output-dir");
    return *last;
  }

  /// What another process needs to run the rest: the words that say what runs, without those that say where and how.
  observers::RunWords run_words(const program::ParamSettings& settings) const {
    observers::RunWords words;
    words.command = without_options(
        app_, args_, {"output-dir", "resume", "overwrite", "shard", "for", "trace", "json", "quiet", "verbose"});
    words.command.insert(words.command.begin(), "run");
    std::error_code ignored;
    words.folder = std::filesystem::current_path(ignored).string();
    for (const graph::Assignment& assignment : settings.assignments) words.set.push_back(assignment.name);
    words.given = settings.given;
    return words;
  }

  observers::Journal open_journal(const graph::Plan& plan, const graph::RunOptions& options,
                                  const program::Source& source, const program::ParamSettings& settings) const {
    observers::JournalOptions journal;
    journal.folder = options.output_dir;
    journal.resume = journal.may_go_further = resume_;
    journal.run_seed = settings.run_seed;
    journal.overwrite = overwrite_;
    journal.shared = shares(plan.graph());
    journal.shard_index = options.shard_index;
    journal.shard_count = options.shard_count;
    journal.version = program::version();
    journal.plugins = source.plugins;
    journal.overrides = source.overrides;
    journal.words = run_words(settings);
    journal.stop = options.stop;
    try {
      return observers::Journal(plan, std::move(journal));
    } catch (const std::runtime_error& e) {
      throw program::UsageError(e.what());
    }
  }

  program::SourceOptions source_;
  EngineOptions engine_;
  std::string output_dir_, shard_, trace_;
  std::string for_;
  std::int64_t max_items_ = 0;
  std::optional<std::uint64_t> run_seed_;
  std::vector<std::string> to_, taps_;
  bool resume_ = false, overwrite_ = false, append_ = false, profile_ = false, json_ = false, quiet_ = false,
       verbose_ = false, list_params_ = false;
};

}  // namespace

std::unique_ptr<Command> make_run() {
  return std::make_unique<Run>();
}

}  // namespace cli
