// SPDX-License-Identifier: MIT
// Params files, as `run --params FILE` reads them, and the texts of a --sweep and of a flag with a place behind them.
#include "program/params.h"

#include "graph/load.h"
#include "graph/plan.h"
#include "tests/fuzz/input.h"
#include "tests/graph/fake_nodes.h"

namespace {

constexpr const char* kGraph = R"(graph: all
params:
  seed:  {type: int, default: 0}
  count: {type: int, default: 1, min: 0, max: 1000}
  share: {type: float, default: 0.5, min: 0}
  trim:  {type: bool, default: false}
  words: {type: string, default: none, nullable: true}
  style: {type: string, default: plain, choices: [plain, loud, soft]}
  file:  {type: path, default: here.txt}
  deep:  {type: int, default: $count, key: a.b.deep, flag: d, unused: true}
  by:    {type: float, section: a, default: {by: style, plain: 1, loud: 2, soft: 3}, unused: true}
  records: {type: data, alias: recordList, default: [{name: a}]}
nodes:
  plot:   {type: plot, records: $records}
  number: {type: number, number: $seed}
  nudged: {type: nudge, by: $share, in: {value: number.value}}
  range:  {type: range, count: $count}
  text:   {type: text, words: $words, style: $style, trim: $trim}
  read:   {type: read, file: $file}
  write:  {type: write, file: "{seed}-{count}-{share}-{trim}-{words}-{style}-{file}.txt", in: {value: read.value}}
)";

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto graph =
      std::make_shared<const graph::Graph>(graph::check(graph::load_text(kGraph), fake::registry()));
  static const fuzz::File file;
  const auto [params, sweep, place, value] = fuzz::parts_of<4>(fuzz::text_of(data, size));
  program::ParamSources sources{.file = file.write(params)};
  if (!sweep.empty()) sources.sweeps.emplace_back(sweep);
  if (!place.empty() && !value.starts_with("@")) sources.flags.push_back({std::string(place), std::string(value)});
  try {
    const graph::Plan plan(graph, program::read_params(*graph, sources).assignments);
    for (const std::int64_t item : {std::int64_t{0}, plan.items() / 2, plan.items() - 1}) {
      plan.label(item);
      for (int node = 0; node < static_cast<int>(graph->nodes.size()); ++node) plan.props(node, item);
    }
  } catch (const graph::Faults&) {
  }
  return 0;
}
