// SPDX-License-Identifier: MIT
// A checkpoint of a loop; its checksum is put right first. What can be read is written and read again.
#include <stdexcept>

#include "graph/load.h"
#include "observers/record/loop_state_file.h"
#include "tests/fuzz/input.h"
#include "tests/graph/fake_nodes.h"

namespace {

constexpr const char* kGraph = R"(graph: counting
nodes:
  start: {type: number, number: 1}
  loop:
    type: loop
    steps: 4
    checkpoint: {every: 2}
    state: {sum: start.value}
    nodes: {count: {type: count, in: {value: state.sum}}}
    next: {sum: count.count}
    out: {sum: count.count}
  write: {type: write, in: {value: loop.sum}}
)";

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const graph::Graph graph = graph::check(graph::load_text(kGraph), fake::registry());
  static const observers::StateKey key{{"graph", "a"}};
  std::string text(fuzz::text_of(data, size));
  const std::uint32_t sum = observers::crc32_of(text);
  text.append(reinterpret_cast<const char*>(&sum), sizeof sum);
  try {
    observers::StateFile state = observers::read_state(text, key, graph, fake::registry());
    state.key = key;
    const std::string again = observers::write_state(state, graph, fake::registry());
    fuzz::require(observers::read_state(again, key, graph, fake::registry()).loop.turn == state.loop.turn,
                  "a state that was written can be read");
  } catch (const std::runtime_error&) {
  }
  return 0;
}
