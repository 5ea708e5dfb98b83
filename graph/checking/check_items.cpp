// SPDX-License-Identifier: MIT
// items: which params the columns are, and what may be made of params.
#include <algorithm>

#include "graph/checking/check_state.h"

namespace graph::checking {
namespace {

void read_columns(State& state, const Sheet& sheet, const ItemsInput& input, ItemsSource& items) {
  std::vector<std::string> names;
  for (const ParamInput& param : sheet.spec->params) names.push_back(param.name);
  for (const auto& [param, from] : input.columns) {
    const auto found = sheet.params.find(param.text);
    if (found == sheet.params.end()) {
      state.faults.add(param.mark, "items: columns: the graph has no param '" + param.text + "'" +
                                       state.faults.suggest(param.text, names));
      continue;
    }
    static const std::vector<std::string> of_file{"file.stem", "file.name", "file.path"};
    const bool known = !from.text.starts_with("file.") || std::ranges::count(of_file, from.text) > 0;
    if (!known) {
      state.faults.add(from.mark, "items: columns: " + param.text + ": a file has no '" + from.text + "'" +
                                      state.faults.suggest(from.text, of_file) + "; it has " + base::joined(of_file));
    }
    items.columns.push_back({found->second, from.text, from.mark});
  }
}

}  // namespace

void read_items(State& state) {
  for (Sheet& sheet : state.sheets) {
    if (!sheet.spec->items) continue;
    const ItemsInput& input = *sheet.spec->items;
    if (sheet.bin) {
      state.faults.add(input.mark, State::owner(sheet) + "items: are of a graph that is run, and not of a bin");
      continue;
    }
    ItemsSource items{input.mark, sheet.spec->folder, {}, false, {}, {}, {}};
    const auto site = [&](const char* key) {
      return ValueSite{state, sheet, std::string("items: ") + key + ": ", sheet.spec->folder};
    };
    if (input.files) items.files = read_expr(site("files"), *input.files, Kind::kString, {}).value_or(Expr{});
    if (input.below) {
      items.below_output = input.below->text == "output";
      if (!items.below_output)
        state.faults.add(input.below->mark,
                         "items: below: expected output, the run's folder, got '" + input.below->text + "'");
    }
    if (input.skip) items.skip = read_expr(site("skip"), *input.skip, Kind::kPattern, {});
    if (input.only_if) items.only_if = read_expr(site("if"), *input.only_if, Kind::kBool, {});
    read_columns(state, sheet, input, items);
    state.graph.items = std::move(items);
  }
}

}  // namespace graph::checking
