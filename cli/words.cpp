// SPDX-License-Identifier: MIT
#include "cli/words.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <cstring>

#include "base/home.h"
#include "program/usage_error.h"

namespace cli {
namespace {

bool is_long(const std::string& word) {
  return word.size() > 2 && word[0] == '-' && word[1] == '-';
}

/// "-pt": a short flag of a graph. Of the command's own, -h is one letter.
bool is_short(const CLI::App& app, const std::string& word) {
  constexpr const char* kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const std::string name = word.substr(0, word.find('='));
  if (name.size() < 2 || name[0] != '-' || name.find_first_not_of(kLetters, 1) != std::string::npos) return false;
  return app.get_option_no_throw(name) == nullptr;
}

/// Whether the next word can be the value of a flag.
bool is_value(const CLI::App& app, const std::vector<std::string>& args, std::size_t next) {
  return next < args.size() && !is_long(args[next]) && !is_short(app, args[next]);
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
  // What an option of the command takes is its value whatever it looks like; a param's could be the next flag.
  const bool value = word.option ? i + 1 < args.size() && !is_long(args[i + 1]) : is_value(app, args, i + 1);
  if (!word.value && takes_value && value) word.value = args[++i];
  if (word.option && word.value) word.value = base::with_home(*word.value);
  if (word.option && word.option->get_items_expected_min() > 0 && (!word.value || word.value->empty())) {
    throw program::UsageError("--" + program::kebab(word.name) +
                              (word.value ? ": the value is empty, and " : ": there is no value, and ") +
                              word.option->get_type_name() + " is due");
  }
  return word;
}

/// Reads args[i], a short flag, and moves i to the last word that it took.
program::Flag read_short(const CLI::App& app, const std::vector<std::string>& args, std::size_t& i) {
  const std::size_t equals = args[i].find('=');
  program::Flag flag{args[i].substr(1, equals == std::string::npos ? equals : equals - 1), std::nullopt, true};
  if (equals != std::string::npos) flag.value = args[i].substr(equals + 1);
  else if (is_value(app, args, i + 1)) flag.value = args[++i];
  return flag;
}

}  // namespace

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back(name);
  }
  return names;
}

namespace {

/// "—seed": a dash that a word processor made of two hyphens, or a minus sign. What stands behind such; nothing when
/// the word begins with none.
std::optional<std::string> behind_dashes(const std::string& word) {
  // U+2010 to U+2015 and U+2212
  const bool dash = word.starts_with("\xE2\x80") && word.size() > 2 && word[2] >= '\x90' && word[2] <= '\x95';
  if (!dash && !word.starts_with("\xE2\x88\x92")) return std::nullopt;
  const std::string rest = word.substr(3);
  if (const std::optional<std::string> inner = behind_dashes(rest)) return inner;
  return rest.substr(std::min(rest.find_first_not_of('-'), rest.size()));
}

}  // namespace

std::string with_hyphens(const std::string& word) {
  const std::optional<std::string> name = behind_dashes(word);
  return name ? (name->size() == 1 ? "-" : "--") + *name : "";
}

namespace {

/// Throws UsageError for a word that nearly is an option, with what to write.
void refuse_near_option(const CLI::App& app, const std::string& word) {
  const auto refuse = [&](const std::string& what) { throw program::UsageError("'" + word + "' " + what); };
  if (const std::string meant = with_hyphens(word); !meant.empty())
    refuse("begins with a dash that is not '-': write " + meant);
  const std::string name = word.substr(0, word.find('='));
  if (is_long(word)) {
    if (name == "--") refuse("has no name in front of '='");
    const std::size_t space = name.find(' ');
    if (space != name.npos) refuse("is one word: write " + name.substr(0, space) + " and its value as two");
    return;
  }
  if (word.size() < 2 || word[0] != '-' || word == "--") return;
  const bool letter = std::isalpha(static_cast<unsigned char>(word[1])) != 0;
  if (!letter) refuse("belongs to no option: a number below zero stands behind one, such as --seed " + word);
  if (app.get_option_no_throw(name) == nullptr) refuse("begins with one dash: write --" + word.substr(1));
  if (name != word) refuse("gives " + name + " a value, and it takes none");
}

}  // namespace

Words split_words(const CLI::App& app, const std::vector<std::string>& args) {
  Words words;
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (is_short(app, args[i])) {
      words.flags.push_back(read_short(app, args, i));
      continue;
    }
    if (args[i] == "--") {  // what stands behind it are files, whatever they look like
      for (++i; i < args.size(); ++i) {
        if (is_long(args[i])) {
          throw program::UsageError("'" + args[i] +
                                    "' stands behind --, where every word is a file: write it in front");
        }
        words.fixed.push_back((args[i].starts_with('-') ? "./" : "") + base::with_home(args[i]));
      }
      break;
    }
    refuse_near_option(app, args[i]);
    if (!is_long(args[i])) {
      words.fixed.push_back(base::with_home(args[i]));
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
