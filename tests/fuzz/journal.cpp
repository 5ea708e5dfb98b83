// SPDX-License-Identifier: MIT
// The lines of items.jsonl. What can be read is written and read again, and becomes the history of a run.
#include <stdexcept>

#include "graph/load.h"
#include "observers/record/history.h"
#include "observers/record/item_records.h"
#include "tests/fuzz/input.h"
#include "tests/graph/fake_nodes.h"

namespace {

constexpr const char* kGraph = R"(graph: sums
params:
  seed: {type: int, default: 0}
nodes:
  number: {type: number, number: $seed}
  write:  {type: write, in: {value: number.value}}
  all:    {type: gather, in: {values: number.value}}
  sum:    {type: write, file: sum.txt, in: {value: all.sum}}
)";

graph::Plan plan_of_three() {
  const auto graph = std::make_shared<const graph::Graph>(graph::check(graph::load_text(kGraph), fake::registry()));
  using Int = std::int64_t;
  return {graph, {{"seed", {graph::Scalar(Int{0}), graph::Scalar(Int{1}), graph::Scalar(Int{2})}, {}}}};
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const graph::Plan plan = plan_of_three();
  static const fuzz::File file;
  observers::ItemRecords read = observers::read_item_records(file.write(fuzz::text_of(data, size)));
  std::string lines;
  for (const observers::ItemRecord& record : read.records) lines += observers::to_line(record);
  const observers::ItemRecords again = observers::read_item_records(file.write(lines));
  fuzz::require(again.records.size() == read.records.size() && again.notes.empty() && !again.torn,
                "records that were written can be read");
  observers::History history(plan, "/nonexistent");
  history.add(std::move(read.records), {});
  for (int node = 0; node < static_cast<int>(plan.graph().nodes.size()); ++node) {
    for (int item = 0; item < plan.items(); ++item) {
      history.whole(node, item);
      history.file_of(node, item);
      history.gap(node, item);
    }
  }
  return 0;
}
