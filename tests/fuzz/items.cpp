// SPDX-License-Identifier: MIT
// Tables of items, as `run --items FILE` reads them: the ending of the file's name, then the file.
#include "program/items.h"

#include "graph/plan.h"
#include "tests/fuzz/input.h"
#include "tests/graph/fake_nodes.h"

namespace {

constexpr const char* kGraph = R"(graph: all
params:
  seed:   {type: int, default: 0}
  count:  {type: int, default: 1, min: 0, max: 1000}
  share:  {type: float, default: 0.5, min: 0, max: 9}
  trim:   {type: bool, default: false}
  prompt: {type: string, default: none}
  file:   {type: path, default: here.txt}
nodes:
  number: {type: number, number: $seed}
  nudged: {type: nudge, by: $share, in: {value: number.value}}
  range:  {type: range, count: $count}
  text:   {type: text, words: $prompt, trim: $trim}
  read:   {type: read, file: $file}
)";

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto graph =
      std::make_shared<const graph::Graph>(graph::check(graph::load_text(kGraph), fake::registry()));
  static const fuzz::Folder folder;
  const auto [ending, text] = fuzz::parts_of<2>(fuzz::text_of(data, size));
  for (const char* known : {"csv", "json", "jsonl", "txt", "yaml"}) {
    if (ending != known) continue;
    const std::string name = std::string("rows.") + known;
    folder.write(name, text);
    const program::ItemsOptions options{[] { return std::uint64_t{7}; }, "",
                                        [](int param) { return graph::Scalar(std::int64_t{param}); }};
    try {
      const program::ItemsTable table = program::read_items(*graph, folder.path() / name, options);
      fuzz::require(table.rows > 0, "a table without rows is a fault");
      for (const graph::Assignment& column : table.columns)
        fuzz::require(column.values.size() == table.rows, "a column has a value in each row");
      const graph::Plan plan(graph, table.columns);
      const auto rows = static_cast<std::int64_t>(table.rows);
      fuzz::require(plan.items() == (table.columns.empty() ? 1 : rows), "a row is an item");
      for (const std::int64_t item : {std::int64_t{0}, plan.items() / 2, plan.items() - 1}) plan.label(item);
    } catch (const graph::Faults& faults) {
      for (const graph::Fault& fault : faults.list()) fuzz::require(!fault.mark.file.empty(), "a fault has a place");
    }
  }
  return 0;
}
