// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <cstring>

#include "cli/flags.h"

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
  word.option = app.get_option_no_throw("--" + kebab(word.name));
  const bool takes_value = !word.option || word.option->get_items_expected_max() > 0;
  if (!word.value && takes_value && is_value(args, i + 1)) word.value = args[++i];
  return word;
}

bool is_plain(const std::string& word) {
  const auto plain = [](unsigned char c) { return std::isalnum(c) || c >= 0x80 || std::strchr("_-./,:=+@%", c); };
  return !word.empty() && std::all_of(word.begin(), word.end(), plain);
}

}  // namespace

std::string kebab(std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

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
    if (word.option) words.fixed.push_back("--" + kebab(word.name) + (word.value ? "=" + *word.value : ""));
    else words.flags.push_back({word.name, word.value});
  }
  return words;
}

std::vector<std::string> without_options(const CLI::App& app, const std::vector<std::string>& args,
                                         const std::vector<std::string>& names) {
  std::vector<std::string> kept;
  for (std::size_t i = 0; i < args.size(); ++i) {
    const std::size_t first = i;
    const bool drop = is_long(args[i]) && std::ranges::count(names, kebab(read_long(app, args, i).name)) > 0;
    for (std::size_t k = first; k <= i && !drop; ++k) kept.push_back(args[k]);
  }
  return kept;
}

std::string shell_text(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ' ';
    if (is_plain(word)) {
      text += word;
      continue;
    }
    text += '\'';
    for (const char c : word) text += c == '\'' ? "'\\''" : std::string(1, c);
    text += '\'';
  }
  return text;
}

std::vector<graph::Override> read_overrides(const std::vector<std::string>& sets) {
  std::vector<graph::Override> overrides;
  std::vector<graph::Fault> faults;
  for (const std::string& text : sets) {
    const std::size_t equals = text.find('=');
    const std::size_t dot = equals == std::string::npos ? equals : text.rfind('.', equals);
    if (dot == std::string::npos || dot == 0 || dot + 1 == equals) {
      faults.push_back({graph::Mark{"--set " + text, 0, 0}, "expected --set NODE.PROPERTY=VALUE"});
    } else {
      overrides.push_back({text.substr(0, dot), text.substr(dot + 1, equals - dot - 1), text.substr(equals + 1)});
    }
  }
  if (!faults.empty()) throw graph::Faults(std::move(faults));
  return overrides;
}

}  // namespace cli
