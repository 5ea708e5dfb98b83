// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <set>

#include "cli/command.h"
#include "cli/fresh_folders.h"
#include "cli/run_options.h"
#include "cli/source_options.h"
#include "cli/stop.h"
#include "observers/progress.h"
#include "observers/record/join_folders.h"
#include "observers/record/journal.h"
#include "observers/record/run_places.h"
#include "observers/record/run_state.h"
#include "observers/summary.h"
#include "observers/wording.h"
#include "program/recipe.h"
#include "program/recorded_source.h"
#include "program/saved_pictures.h"
#include "program/version.h"
#include "program/written_files.h"

namespace cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostShown = 20;

class Merge final : public Command {
 public:
  Merge()
      : Command("merge",
                "Joins the shards of a run: brings their folders together, makes what gathers over the whole "
                "run (a contact sheet), and says what is missing and which command runs it.") {
    app_.add_option("DIR", folders_, "Output folders of the shards; one, when the shards shared it")->type_name("DIR");
    app_.add_option("-o,--output-dir", output_dir_, "The folder to join several into (may hold an earlier merge)")
        ->type_name("DIR");
    app_.add_flag("--copy", copy_, "Copy files that could be hard links");
    app_.add_flag("--recompute", recompute_,
                  "Compute the items again for what gathers them, in the place of reading their saved pictures");
    app_.add_flag("--quiet", quiet_, "Print errors and what is missing alone");
    add_plugin_option(app_, source_);
    engine_.add_to(app_);
    app_.footer(
        "Examples:\n"
        "  decoupage merge outputs/all\n"
        "      the shards wrote into one folder\n"
        "  decoupage merge /scratch/shard-1 /scratch/shard-2 -o outputs/all\n"
        "      each shard wrote into a folder of its own\n\n"
        "Exit codes: 0 everything is there, 1 something is missing (what, and how to run it, is printed), 2 the "
        "folders "
        "do not belong to one run, 130 interrupted. Merging again changes nothing that is whole.");
  }

 private:
  int run() override {
    if (folders_.empty()) throw program::UsageError("no folder given: decoupage merge DIR… [-o DIR]");
    if (folders_.size() > 1 && output_dir_.empty()) {
      throw program::UsageError("several folders are joined into one: say which by -o DIR");
    }
    graph::StopSignal stop;
    SignalWatch watch(stop, quiet_);
    watch.running();  // what is joined is joined to the end
    watch_ = &watch;
    const bool joins = !output_dir_.empty();
    folder_ = joins ? output_dir_ : folders_.front();
    FreshFolders fresh;
    if (joins) fresh.expect(output_dir_);
    if (joins) join();
    program::RecordedSource run = program::load_recorded(folder_, source_.plugins);
    std::vector<std::string> notes;
    // A run without end is looked at as far as anybody went.
    if (run.plan->endless()) run.end_at(std::max<std::int64_t>(1, read(run, notes).last_item() + 1));
    notes.clear();
    const observers::History history = read(run, notes);
    const observers::RunState state = observers::state_of(*run.plan, history);
    for (const std::string& note : notes) warn(note);
    const observers::RunPlaces places = observers::places_of(folder_);
    shared_ = places.number > 0;
    shards_ = observers::shards_of(folder_);
    folder_ = places.files;
    const int code = make_gathered(run, history, state, stop);
    const bool complete = report(run, state);
    if (code == kInterrupted) return code;
    return complete ? code : kSomeFailed;
  }

  static void warn(const std::string& note) { std::cerr << "warning: " << note << "\n"; }

  void join() const {
    try {
      const observers::JoinReport joined = observers::join_folders({folders_, output_dir_, copy_});
      for (const std::string& note : joined.notes) warn(note);
      if (quiet_) return;
      std::cout << "joined " << observers::counted(static_cast<std::int64_t>(folders_.size()), "folder") << " into "
                << output_dir_ << ": " << observers::counted(joined.linked, "file") << " linked, " << joined.copied
                << " copied\n";
    } catch (const observers::NotOneRun& e) {
      throw program::UsageError(e.what());
    }
  }

  observers::History read(const program::RecordedSource& run, std::vector<std::string>& notes) const {
    return observers::read_history(*run.plan, folder_, notes);
  }

  /// Makes what gathers over items and is not there, where all of the items are. Returns the exit code.
  int make_gathered(const program::RecordedSource& run, const observers::History& history,
                    const observers::RunState& state, graph::StopSignal& stop) {
    std::set<std::pair<int, std::int64_t>> due;
    std::set<int> sinks;
    std::set<std::int64_t> items;
    for (const observers::MissingResult& result : state.gathered) {
      if (!observers::can_be_gathered(*run.plan, state, result)) {
        waiting_.push_back(result);
        continue;
      }
      due.insert({result.node, result.item});
      sinks.insert(result.node);
      const std::vector<std::int64_t> members = run.plan->members(run.plan->scope(result.node), result.item);
      items.insert(members.begin(), members.end());
    }
    if (due.empty()) return kDone;
    graph::RunOptions options = engine_.read();
    options.only = {sinks.begin(), sinks.end()};
    options.whole = [&](int node, std::int64_t first) {
      return due.count({node, run.plan->first_item(run.plan->scope(node), first)}) == 0;
    };
    options.output_dir = folder_;
    options.stop = &stop;
    options.given = run.record.words.given;
    options.recipe = program::recipe_maker(*run.plan, {run.assignments, run.source.overrides, run.source.plugins,
                                                       engine_.deterministic(), run.record.run_seed});
    if (recompute_) return execute(run, *run.plan, options, true);
    const program::SavedPictures saved(run.source.modules->pictures(), *run.plan, history, folder_, options.only,
                                       {items.begin(), items.end()});
    options.recipe = [make = std::move(options.recipe), &saved](int node, const graph::Item& item,
                                                                std::vector<graph::Pick> picks) {
      picks.insert(picks.end(), saved.picks().begin(), saved.picks().end());
      return make(node, item, picks);
    };
    if (saved.computes() && !quiet_) {
      std::cout << "not all that is gathered was saved as .png: "
                << observers::counted(static_cast<std::int64_t>(items.size()), "item")
                << " must be computed once more\n";
    }
    return execute(run, graph::Plan(saved.graph(), run.assignments, run.plan->max_items()), options, saved.computes());
  }

  int execute(const program::RecordedSource& run, const graph::Plan& plan, graph::RunOptions& options, bool computes) {
    watch_->opening("what the graph needs", options.stall_after);
    options.opening = watch_->opening(plan.graph(), options.stall_after);
    const auto lanes = engine_.set_up(run.source.modules, plan, options, engine_.deterministic());
    observers::Journal journal = open_journal(run, *options.stop);
    observers::ProgressOptions style = observers::progress_options_for(STDERR_FILENO);
    // Reading files is worth a moving line, and no line for each.
    if (quiet_ || (!computes && style.style == observers::ProgressStyle::kPlain))
      style.style = observers::ProgressStyle::kQuiet;
    observers::Progress progress(std::cerr, plan, style);
    graph::Bus bus;
    bus.attach(journal);
    bus.attach(progress);
    program::WrittenFiles files;
    bus.attach(files);
    options.bus = &bus;
    options.may_write = [&journal](const std::string& path) { journal.claim(path); };
    for (const std::string& note : journal.notes()) progress.print("warning: " + note);
    const graph::RunReport report = graph::run(plan, options);
    for (const std::string& path : files.paths) {
      if (!quiet_) std::cout << "made: " << (fs::path(folder_) / path).string() << "\n";
    }
    if (report.failed > 0 || report.interrupted) observers::write_outcome(std::cout, plan, report);
    bus.flush();
    if (report.interrupted) return kInterrupted;
    return report.failed > 0 ? kSomeFailed : kDone;
  }

  observers::Journal open_journal(const program::RecordedSource& run, graph::StopSignal& stop) const {
    observers::JournalOptions options;
    options.folder = folder_;
    options.resume = true;
    options.shared = shared_;
    options.version = program::version();
    options.plugins = run.source.plugins;
    options.overrides = run.source.overrides;
    options.run_seed = run.record.run_seed;
    options.words = run.record.words;
    options.stop = &stop;
    try {
      return observers::Journal(*run.plan, std::move(options));
    } catch (const std::runtime_error& e) {
      throw program::UsageError(e.what());
    }
  }

  /// Returns whether everything is there.
  bool report(const program::RecordedSource& run, const observers::RunState& state) const {
    if (!quiet_ || !state.missing.empty()) {
      std::cout << folder_ << ": " << state.whole_items << " of " << observers::counted(run.plan->items(), "item")
                << " whole\n";
    }
    if (state.missing.empty()) return true;
    for (std::size_t i = 0; i < std::min(state.missing.size(), kMostShown); ++i) {
      std::cout << "missing: " << text_of(run, state.missing[i]) << "\n";
    }
    if (state.missing.size() > kMostShown) std::cout << "… and " << state.missing.size() - kMostShown << " more\n";
    for (const observers::MissingResult& result : waiting_) {
      std::cout << "waits for them: node '" << run.plan->graph().nodes[result.node].id << "'\n";
    }
    print_commands(run, state);
    return false;
  }

  static std::string text_of(const program::RecordedSource& run, const observers::MissingResult& missing) {
    return observers::item_text(missing.item, run.plan->label(missing.item)) + ", node '" +
           run.plan->graph().nodes[missing.node].id + "': " + missing.why;
  }

  void print_commands(const program::RecordedSource& run, const observers::RunState& state) const {
    const int shards = std::max(run.record.shards, shards_);
    std::map<int, int> lacking;  // by shard
    for (const observers::MissingResult& missing : state.missing) ++lacking[static_cast<int>(missing.item % shards)];
    std::error_code error;
    const fs::path here = fs::current_path(error);
    std::cout << "to run them";
    if (fs::path(run.record.words.folder) != here) std::cout << " (in " << run.record.words.folder << ")";
    std::cout << ":\n";
    const std::string folder = fs::absolute(folder_, error).lexically_normal().string();
    for (const auto& [shard, count] : lacking) {
      std::vector<std::string> words{"decoupage"};
      words.insert(words.end(), run.record.words.command.begin(), run.record.words.command.end());
      if (shards > 1) words.insert(words.end(), {"--shard", std::to_string(shard + 1) + "/" + std::to_string(shards)});
      words.insert(words.end(),
                   {"--resume", "--output-dir", fs::path(run.record.words.folder) == here ? folder_ : folder});
      std::cout << "  " << program::shell_text(words) << "\n";
    }
    if (shards > 1) std::cout << "then: " << program::shell_text({"decoupage", "merge", folder_}) << "\n";
  }

  std::vector<std::string> folders_;
  std::string output_dir_;
  bool copy_ = false, recompute_ = false, quiet_ = false;
  program::SourceOptions source_;
  SignalWatch* watch_ = nullptr;
  EngineOptions engine_;
  std::string folder_;                             ///< of the joined run
  bool shared_ = false;                            ///< with other runs
  int shards_ = 1;                                 ///< that its journals are of
  std::vector<observers::MissingResult> waiting_;  ///< gathered results whose items are not all there
};

}  // namespace

std::unique_ptr<Command> make_merge() {
  return std::make_unique<Merge>();
}

}  // namespace cli
