// SPDX-License-Identifier: MIT
// A program that builds a graph, runs it for four seeds, and looks at what a port sends.
#include <cinttypes>
#include <cstdio>
#include <map>
#include <mutex>

#include "graph/builder.h"
#include "graph/plan.h"
#include "graph/run.h"
#include "nodes/register.h"
#include "nodes/values.h"

namespace {

graph::Graph build(const graph::Registry& registry) {
  graph::Builder builder("papers");
  builder.param("seed", std::int64_t{0});
  builder.node("paper", "draw-noise", {{"seed", "$seed"}, {"palette", "teal"}, {"width", "256"}, {"height", "256"}});
  builder.node("small", "resize", {{"width", "64"}}, {{"image", "paper.image"}});
  return builder.check(registry);  // throws graph::Faults: everything that is wrong, with the nearest valid names
}

int run() {
  graph::Registry registry;  // outlives the graph
  nodes::register_all(registry);

  // Four values of a param are four items.
  const graph::Assignment seeds{"seed", {std::int64_t{0}, std::int64_t{1}, std::int64_t{2}, std::int64_t{3}}, {}};
  const graph::Plan plan(std::make_shared<const graph::Graph>(build(registry)), {seeds});

  std::mutex mutex;
  std::map<std::int64_t, std::string> lines;  // items end in any order
  graph::RunOptions options;
  options.lanes = 2;
  options.taps.push_back({"small.image", [&](const graph::Item& item, const graph::Value& value) {
                            const cv::Mat& pixels = value.as<nodes::Image>().pixels;
                            const cv::Scalar mean = cv::mean(pixels);
                            char line[100];
                            std::snprintf(line, sizeof line, "%s: %dx%d, mean colour %.2f %.2f %.2f",
                                          item.label.c_str(), pixels.cols, pixels.rows, mean[0], mean[1], mean[2]);
                            const std::lock_guard lock(mutex);  // called on the engine's threads
                            lines[item.index] = line;
                          }});
  const graph::RunReport report = graph::run(plan, options);

  for (const auto& [item, line] : lines) std::puts(line.c_str());
  for (const auto& failure : report.failures) std::printf("item %" PRId64 ": %s\n", failure.item, failure.what.c_str());
  std::printf("%" PRId64 " done, %" PRId64 " failed\n", report.done, report.failed);
  return report.failed == 0 ? 0 : 1;
}

}  // namespace

int main() {
  try {
    return run();
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 2;
  }
}
