// SPDX-License-Identifier: MIT
/// How many calls of the network a grid's tiles make.
#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "graph/load.h"
#include "graph/run.h"
#include "tests/nodes/fixtures.h"
#include "tests/nodes/regions/mixture_data.h"

namespace nodes {
namespace {

/// Calls of a node, and packets in them, of a grid of one row.
graph::NodeStats calls_of(const std::string& node, int columns, int seeds, int steps, const graph::RunOptions& given) {
  std::ostringstream text;
  text << std::ifstream(std::filesystem::path(SOURCE_DIR) / "configs/mixture_grid.yaml").rdbuf();
  const auto graph =
      std::make_shared<const graph::Graph>(graph::check(graph::load_text(text.str(), "grid.yaml"), built_in(), {}));
  std::string prompts = "[[a";
  for (int i = 1; i < columns; ++i) prompts += ", a";
  std::vector<graph::Assignment> assignments;
  const auto set = [&](const std::string& name, std::vector<graph::Scalar> values) {
    assignments.push_back({name, graph::ScalarList(std::move(values)), {"--" + name, 0, 0}});
  };
  set("model", {graph::Path{reference::mixture("model").string()}});
  set("prompt", {graph::parse_data(prompts + "]]", "--prompt")});
  set("scheduler", {graph::parse_data("lms", "--scheduler")});
  set("num_inference_steps", {std::int64_t{steps}});
  for (const auto& [name, value] : {std::pair("tile_height", 48), std::pair("tile_width", 32),
                                    std::pair("tile_row_overlap", 0), std::pair("tile_col_overlap", 8)})
    set(name, {std::int64_t{value}});
  std::vector<graph::Scalar> all;
  for (int seed = 1; seed <= seeds; ++seed) all.emplace_back(std::int64_t{seed});
  set("seed", std::move(all));
  graph::RunOptions options = given;
  options.output_dir =
      (std::filesystem::temp_directory_path() / ("decoupage_batches_" + std::to_string(::getpid()))).string();
  const graph::RunReport report = graph::run(graph::Plan(graph, assignments), options);
  std::filesystem::remove_all(options.output_dir);
  EXPECT_EQ(report.failed, 0);
  for (std::size_t n = 0; n < graph->nodes.size(); ++n)
    if (graph->nodes[n].id == node) return report.nodes[n];
  throw std::logic_error("no node " + node);
}

/// As on a device that makes one call at a time: while it does, the other items' tiles become ready.
TEST(MixtureBatches, TilesOfAllSeedsShareCalls) {
  graph::RunOptions options;
  options.lanes = 4;
  options.limits = {{"gpu", 1}};
  const graph::NodeStats few = calls_of("denoise.tiles.predict", 10, 4, 4, options),
                         many = calls_of("denoise.tiles.predict", 10, 4, 14, options);
  EXPECT_EQ(many.packets, 14 * 4 * 10);
  // Two a step, but that an item may come late; each tile alone would be 40.
  EXPECT_LE(many.calls - few.calls, 10 * 4);
}

TEST(MixtureBatches, TextsAreEncodedOnceForAllSeeds) {
  graph::RunOptions options;
  options.lanes = 1;
  EXPECT_EQ(calls_of("texts.text", 3, 4, 2, options).packets, 3);
}

/// What a call takes is bounded, however many tiles there are.
TEST(MixtureBatches, AreOfNoMoreTilesThanAllowed) {
  graph::RunOptions options;
  options.lanes = 1;
  options.limits = {{"gpu", 1}};
  options.max_batch = 8;
  const graph::NodeStats stats = calls_of("denoise.tiles.predict", 10, 1, 2, options);
  EXPECT_GE(stats.calls, 2 * 3) << "of 4 tiles each: prompt and negative prompt are rows of their own";
}

}  // namespace
}  // namespace nodes
