// SPDX-License-Identifier: MIT
/// examples/try_bank, a loop without a UNet, against two projections of CollageNet.
#include "graph/load.h"
#include "graph/run.h"
#include "tensors/npz.h"
#include "tests/methods/matching/collagenet.h"
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

graph::Assignment assigned(const std::string& name, graph::Scalar value) {
  graph::Assignment assignment{name, {}, {"--" + name, 0, 0}};
  assignment.values.emplace_back(std::move(value));
  return assignment;
}

class TryBank : public ::testing::TestWithParam<std::string> {};

TEST_P(TryBank, EqualsCollageNet) {
  const std::string method = GetParam();
  std::ifstream file(std::filesystem::path(SOURCE_DIR) / "examples/try_bank/try_bank.yaml");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  // The original's threshold settings are no params of the example.
  std::vector<graph::Override> overrides;
  if (method == "threshold") {
    for (const auto& [property, value] : {std::pair{"min_regions", "20"}, {"max_regions", "60"}, {"connectivity", "4"}})
      overrides.push_back({"project.regions", "threshold_" + std::string(property), value});
  }
  const auto graph = std::make_shared<const graph::Graph>(
      graph::check(graph::load_text(text, "try_bank.yaml"), built_in(), overrides));
  const nlohmann::json config = collagenet::settings("default")["config"];
  const graph::Plan plan(graph,
                         {assigned("latents", graph::Path{collagenet::data("expected/default.npz").string()}),
                          assigned("key", std::string("query")), assigned("region_method", method),
                          assigned("source_latents", graph::Path{collagenet::data("latents").string()}),
                          assigned("total_patches", config["total_patches"].get<std::int64_t>()),
                          assigned("region_candidate_count", config["region_candidate_count"].get<std::int64_t>()),
                          assigned("felzenszwalb_scale", config["felzenszwalb_scale"].get<double>()),
                          assigned("felzenszwalb_min_size", config["felzenszwalb_min_size"].get<std::int64_t>()),
                          assigned("random_seed", config["random_seed"].get<std::int64_t>())});
  const Folder folder;
  graph::RunOptions options;
  options.output_dir = folder.path();
  const graph::RunReport report = graph::run(plan, options);
  for (const auto& failure : report.failures) ADD_FAILURE() << failure.node << ": " << failure.what;

  const tensors::Npz expected = collagenet::arrays("default");
  const auto saved = [&](const std::string& name) { return tensors::read_npz(folder.path() + "/" + name).arrays; };
  const std::string name = method + "_1_";
  EXPECT_LT((saved("latents.npz").at("latents")[0] - expected.at(name + "latents", "")).abs().max().item<double>(),
            1e-5);
  EXPECT_TRUE(saved("labels.npz").at("labels").equal(expected.at(name + "labels", "")));
  const auto matches = saved("matches.npz");
  const at::Tensor assigned = expected.at(name + "assign", "");
  std::int64_t column = 0;
  for (const char* array : {"region_id", "source_record_index", "source_latent_y", "source_latent_x", "target_y0",
                            "target_x0", "bbox_h", "bbox_w"}) {
    EXPECT_TRUE(matches.at(array).equal(assigned.select(1, column++))) << array;
  }
  EXPECT_LT((matches.at("score") - expected.at(name + "score", "")).abs().max().item<double>(), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Examples, TryBank, ::testing::Values("felzenszwalb", "threshold"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace nodes
