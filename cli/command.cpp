// SPDX-License-Identifier: MIT
#include "cli/command.h"

#include <algorithm>
#include <iostream>

#include "base/limits.h"
#include "base/names.h"
#include "graph/mark.h"

namespace cli {

namespace {

/// Words that are no options, no values and no files that are due: mostly a value with spaces, or a param as
/// NAME=VALUE.
std::string about_extra(const std::vector<std::string>& words) {
  const std::string& word = words.front();
  if (word.empty()) return "an empty word belongs to nothing before it: is a variable empty that stands in quotes?";
  if (word == "-") return "'-' belongs to nothing before it, and the standard input is not read; name a file";
  const std::size_t equals = word.find('=');
  if (equals != std::string::npos && equals > 0)
    return "'" + word + "' is not an option: a param is set by --" + program::kebab(word.substr(0, equals)) + " " +
           program::shell_text({word.substr(equals + 1)});
  return "'" + word +
         "' belongs to nothing before it: a value with spaces stands in quotes, such as --prompt 'a cat' or " +
         "--sweep 'prompt=\"a cat, sitting\",a dog'";
}

}  // namespace

Command::Command(const std::string& name, const std::string& about) : app_(about, "decoupage " + name) {
  app_.set_help_flag();
  app_.add_flag("-h,--help", help_, "Print this help and leave");
  app_.add_option("--max", max_, "Set another limit of what a file may ask for; decoupage limits lists them")
      ->type_name("NAME=N")
      ->allow_extra_args(false);
  app_.get_formatter()->column_width(34);
}

int Command::execute(const std::vector<std::string>& args) {
  args_ = args;
  Words words = split_words(app_, args);
  flags_ = std::move(words.flags);
  std::reverse(words.fixed.begin(), words.fixed.end());  // CLI11 takes them from the back
  try {
    app_.parse(std::move(words.fixed));
  } catch (const CLI::ExtrasError&) {
    throw program::UsageError(about_extra(app_.remaining()) + "\nsee: " + app_.get_name() + " --help");
  } catch (const CLI::ParseError& e) {
    throw program::UsageError(std::string(e.what()) + "\nsee: " + app_.get_name() + " --help");
  }
  set_limits();
  if (help_) {
    print_help();
    return kDone;
  }
  if (!takes_params() && !flags_.empty()) {
    std::vector<std::string> names;
    for (const std::string& name : option_names(app_)) names.push_back("--" + name);
    std::vector<graph::Fault> faults;
    for (const program::Flag& flag : flags_) {
      const std::string meant = "--" + program::kebab(flag.name), word = (flag.is_short ? "-" : "--") + flag.name;
      const bool one_dash = flag.is_short && std::ranges::count(names, meant) > 0;
      faults.push_back({graph::Mark{word, 0, 0},
                        "no such option" + (one_dash ? "; write " + meant : base::did_you_mean(meant, names))});
    }
    throw graph::Faults(std::move(faults));
  }
  return run();
}

void Command::set_limits() const {
  for (const std::string& text : max_) {
    const std::size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    std::vector<std::string> names;
    for (const base::LimitRow& row : base::kLimits) names.emplace_back(row.name);
    if (equals == std::string::npos)
      throw program::UsageError("--max: expected NAME=N, such as picture-pixels=400M, got '" + text + "'");
    if (std::ranges::count(names, name) == 0) {
      throw program::UsageError("--max: there is no limit '" + name + "'" + base::did_you_mean(name, names) +
                                "; decoupage limits lists them");
    }
    try {
      base::set_limit(name, text.substr(equals + 1));
    } catch (const std::invalid_argument& e) {
      throw program::UsageError(std::string("--max: ") + e.what());
    }
  }
}

void Command::print_help() {
  std::cout << app_.help();
}

const std::vector<CommandEntry>& commands() {
  static const std::vector<CommandEntry> entries{
      {"run", "Run a graph", make_run},
      {"check", "Say what is wrong with graph files, without running them", make_check},
      {"inspect", "List the node types, or tell all about one", make_inspect},
      {"limits", "List what a file may ask for before it is refused", make_limits},
      {"draw", "Draw a graph, as SVG or DOT", make_draw},
      {"encode", "Encode pictures into latent files, for patch banks", make_encode},
      {"merge", "Join the shards of a run, and say what is missing", make_merge},
      {"rerun", "Make a picture again from the recipe inside it", make_rerun},
      {"metadata", "Print the recipe inside a picture", make_metadata},
      {"schema", "Print the JSON Schema of graph files, for editors", make_schema},
  };
  return entries;
}

}  // namespace cli
