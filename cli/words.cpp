// SPDX-License-Identifier: MIT
#include "cli/words.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <cstring>

namespace cli {
namespace {

bool is_long(const std::string& word) {
  return word.size() > 2 && word[0] == '-' && word[1] == '-';
}

/// Whether the next word can be the value of a flag.
bool is_value(const std::vector<std::string>& args, std::size_t next) {
  return next < args.size() && !is_long(args[next]);
}

/// A word that begins with "--", and the word behind it that is its value.
struct LongWord {
  std::string name;  ///< as written, without the dashes
  std::optional<std::string> value;
  const CLI::Option* option = nullptr;  ///< null: none of the command's
};

/// Reads args[i], and moves i to the last word that it took.
LongWord read_long(const CLI::App& app, const std::vector<std::string>& args, std::size_t& i) {
  LongWord word;
  const std::size_t equals = args[i].find('=');
  word.name = args[i].substr(2, equals == std::string::npos ? equals : equals - 2);
  if (equals != std::string::npos) word.value = args[i].substr(equals + 1);
  word.option = app.get_option_no_throw("--" + program::kebab(word.name));
  const bool takes_value = !word.option || word.option->get_items_expected_max() > 0;
  if (!word.value && takes_value && is_value(args, i + 1)) word.value = args[++i];
  return word;
}

}  // namespace

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back(name);
  }
  return names;
}

Words split_words(const CLI::App& app, const std::vector<std::string>& args) {
  Words words;
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (!is_long(args[i])) {
      words.fixed.push_back(args[i]);
      continue;
    }
    const LongWord word = read_long(app, args, i);
    if (word.option) words.fixed.push_back("--" + program::kebab(word.name) + (word.value ? "=" + *word.value : ""));
    else words.flags.push_back({word.name, word.value});
  }
  return words;
}

std::vector<std::string> without_options(const CLI::App& app, const std::vector<std::string>& args,
                                         const std::vector<std::string>& names) {
  std::vector<std::string> kept;
  for (std::size_t i = 0; i < args.size(); ++i) {
    const std::size_t first = i;
    const bool drop = is_long(args[i]) && std::ranges::count(names, program::kebab(read_long(app, args, i).name)) > 0;
    for (std::size_t k = first; k <= i && !drop; ++k) kept.push_back(args[k]);
  }
  return kept;
}

}  // namespace cli
