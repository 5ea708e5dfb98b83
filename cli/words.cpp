// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <algorithm>

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
    const std::size_t equals = args[i].find('=');
    const std::string written = args[i].substr(2, equals == std::string::npos ? equals : equals - 2);
    std::optional<std::string> value;
    if (equals != std::string::npos) value = args[i].substr(equals + 1);
    const CLI::Option* option = app.get_option_no_throw("--" + kebab(written));
    const bool takes_value = !option || option->get_items_expected_max() > 0;
    if (!value && takes_value && is_value(args, i + 1)) value = args[++i];
    if (option) words.fixed.push_back("--" + kebab(written) + (value ? "=" + *value : ""));
    else words.flags.push_back({written, value});
  }
  return words;
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
