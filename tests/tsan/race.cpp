// SPDX-License-Identifier: MIT
/// Two calls of a flow graph's node that race: ThreadSanitizer must say so in spite of tbb_edges.cpp.
#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include <array>
#include <atomic>
#include <cstdio>

int main() {
  const tbb::global_control control(tbb::global_control::max_allowed_parallelism, 2);
  tbb::task_arena arena(2);
  // Many cells: ThreadSanitizer misses a race on one when both threads look at its shadow before either notes its
  // write.
  std::array<int, 1000> raced{};
  std::atomic<int> arrived{0};
  arena.execute([&] {
    tbb::flow::graph graph;
    tbb::flow::function_node<int> node(graph, tbb::flow::unlimited, [&](int) {
      // Both are there before either writes; relaxed, so that this orders nothing.
      arrived.fetch_add(1, std::memory_order_relaxed);
      while (arrived.load(std::memory_order_relaxed) < 2) {
      }
      for (int& cell : raced) ++cell;
      return tbb::flow::continue_msg();
    });
    node.try_put(0);
    node.try_put(1);
    graph.wait_for_all();
  });
  std::printf("%d\n", raced[0]);
}
