// SPDX-License-Identifier: MIT
/// The same pictures on a GPU as on a CPU, whatever the lanes and batches. Without a GPU these say so and pass.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <mutex>

#include "graph/graph.h"
#include "graph/load.h"
#include "graph/plan.h"
#include "graph/registry.h"
#include "graph/run.h"
#include "nodes/lanes.h"
#include "nodes/register.h"
#include "nodes/services.h"
#include "nodes/values.h"

namespace nodes {
namespace {

struct Drawing {
  std::string device, dtype = "fp32";
  int lanes = 1, batch = 1;
  std::string file = "txt2img.yaml";
};

/// By item: the latents that the loop ends with, in host memory.
std::map<int, at::Tensor> latents_of(const Drawing& run) {
  const auto services = std::make_shared<Services>(models::ModelPlaces::from_environment(SOURCE_DIR "/assets/model"));
  services->set_device(run.device);
  services->set_dtype(run.dtype);
  graph::Registry registry;
  register_all(registry, services);
  const auto graph = std::make_shared<const graph::Graph>(
      graph::check(graph::load_file(std::string(SOURCE_DIR "/configs/") + run.file), registry));
  const graph::ScalarList seeds{std::int64_t{1}, std::int64_t{2}, std::int64_t{3}, std::int64_t{4}};
  std::vector<graph::Assignment> assignments{{"seed", seeds, {}},
                                             {"prompt", {std::string("a red house on a meadow, painted")}, {}}};
  if (graph->find_param("source_images") >= 0)
    assignments.push_back({"source_images", {graph::Path{SOURCE_DIR "/assets/papers"}}, {}});
  const graph::Plan plan(graph, assignments);
  std::mutex mutex;
  std::map<int, at::Tensor> latents;
  graph::RunOptions options;
  options.lanes = run.lanes;
  options.max_batch = run.batch;
  const Lanes lanes(options, *services, plan);
  options.output_dir = ::testing::TempDir() + "cuda_test";
  options.taps.push_back({"denoise.latents", [&](const graph::Item& item, const graph::Value& value) {
                            const at::Tensor host = value.as<Latents>().tensor.to(at::kCPU);
                            const std::lock_guard lock(mutex);
                            latents[item.index] = host;
                          }});
  const graph::RunReport report = graph::run(plan, options);
  EXPECT_EQ(report.done, 4);
  for (const auto& failure : report.failures) ADD_FAILURE() << failure.node << ": " << failure.what;
  std::filesystem::remove_all(options.output_dir);
  return latents;
}

double difference(const std::map<int, at::Tensor>& a, const std::map<int, at::Tensor>& b) {
  double most = 0;
  for (const auto& [item, tensor] : a) most = std::max(most, (tensor - b.at(item)).abs().max().item<double>());
  return most;
}

class Cuda : public ::testing::Test {
 protected:
  void SetUp() override {
    if (tensors::cuda_devices() == 0) GTEST_SKIP() << "there is no CUDA device here";
    at::globalContext().setAllowTF32CuDNN(false);
  }
};

TEST_F(Cuda, DrawsWhatACpuDraws) {
  const auto cpu = latents_of({.device = "cpu"});
  EXPECT_LT(difference(cpu, latents_of({.device = "cuda"})), 2e-3);
  EXPECT_LT(difference(cpu, latents_of({.device = "cuda", .lanes = 4, .batch = 4})), 2e-3);
}

TEST_F(Cuda, HalfIsNearTheWhole) {
  const auto whole = latents_of({.device = "cuda"});
  const auto half = latents_of({.device = "cuda", .dtype = "fp16", .lanes = 2, .batch = 2});
  EXPECT_LT(difference(whole, half), 0.5) << "latents go from about -4 to 4";
  EXPECT_GT(difference(whole, half), 0);
}

TEST_F(Cuda, TheSameRunGivesTheSameBits) {
  const Drawing run{.device = "cuda", .dtype = "fp16", .lanes = 3, .batch = 1};
  EXPECT_EQ(difference(latents_of(run), latents_of(run)), 0);
}

TEST_F(Cuda, CollagesAreMadeBesideIt) {
  const Drawing one{.device = "cuda", .file = "collagenet.yaml"};
  const Drawing many{.device = "cuda", .lanes = 4, .batch = 1, .file = "collagenet.yaml"};
  EXPECT_EQ(difference(latents_of(one), latents_of(many)), 0) << "whatever the lanes";
}

}  // namespace
}  // namespace nodes
