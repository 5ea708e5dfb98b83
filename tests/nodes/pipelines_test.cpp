// SPDX-License-Identifier: MIT
/// The graphs in configs/ on the tiny model, against diffusers' pipelines: latents after every step, and the picture.
#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "graph/load.h"
#include "graph/run.h"
#include "nodes/model_nodes.h"
#include "nodes/register.h"
#include "tests/reference.h"

namespace nodes {
namespace {

// The noise floor of ten steps in float32 is 8e-5 (the network in float64 against itself in float32).
constexpr double kLatentTolerance = 1e-3, kPictureTolerance = 1e-3;

using Settings = std::map<std::string, graph::Scalar>;

/// What a run of one item sent: latents turn by turn, and the picture.
struct Seen {
  std::vector<at::Tensor> latents;
  at::Tensor picture;
};

/// A config's text. A picture is read from an array, since a file of 8 bits is not what diffusers was given.
std::string text_of(const std::string& config) {
  std::ostringstream text;
  text << std::ifstream(std::filesystem::path(SOURCE_DIR) / "configs" / config).rdbuf();
  std::string graph = text.str();
  const auto replace = [&](const std::string& from, const std::string& to) {
    const std::size_t at = graph.find(from);
    if (at != std::string::npos) graph.replace(at, from.size(), to);
  };
  replace("{type: load-image, path: $image}", "{type: load-tensor, path: $image, key: init_image, as: image}");
  replace("photo.image", "photo.value");
  return graph;
}

Seen run(const std::string& config, const Settings& settings, const std::vector<graph::Override>& overrides = {}) {
  graph::Registry registry;
  register_all(registry, std::make_shared<Services>());
  const graph::GraphSpec spec = graph::load_text(text_of(config), config);
  auto graph = std::make_shared<const graph::Graph>(graph::check(spec, registry, overrides));
  std::vector<graph::Assignment> assignments;
  for (const auto& [name, value] : settings) {
    graph::Assignment assignment{name, {}, {"--" + name, 0, 0}};
    assignment.values.emplace_back(value);
    assignments.push_back(std::move(assignment));
  }
  const graph::Plan plan(graph, assignments);
  Seen seen;
  graph::RunOptions options;
  options.lanes = 1;
  options.output_dir =
      (std::filesystem::temp_directory_path() / (std::string("decoupage_") + std::to_string(::getpid()))).string();
  options.taps.push_back({"denoise.step.latents", [&](const graph::Item&, const graph::Value& value) {
                            seen.latents.push_back(value.as<Latents>().tensor);
                          }});
  options.taps.push_back({"image.image", [&](const graph::Item&, const graph::Value& value) {
                            seen.picture = to_tensor(value.as<Image>());
                          }});
  const graph::RunReport report = graph::run(plan, options);
  std::filesystem::remove_all(options.output_dir);
  for (const auto& failure : report.failures) ADD_FAILURE() << failure.node << ": " << failure.what;
  return seen;
}

Settings prompts(const std::string& set) {
  return {{"model", graph::Path{(reference::sdxl(set) / "model").string()}},
          {"prompt", std::string("a small red cat sitting on a wooden table, oil painting")},
          {"negative_prompt", std::string("blurry, low quality, watermark")},
          {"seed", std::int64_t{7}},
          {"width", std::int64_t{128}},
          {"height", std::int64_t{128}},
          {"guidance_scale", 6.5},
          {"steps", std::int64_t{10}}};
}

/// `vectors` has a row of latents for each step; schedulers with more than one evaluation a step send more.
void expect_equal(const Seen& seen, const reference::Vectors& vectors) {
  const at::Tensor& latents = vectors["latents"];
  ASSERT_EQ(static_cast<std::int64_t>(seen.latents.size()), latents.size(0));
  for (std::int64_t i = 0; i < latents.size(0); ++i) {
    EXPECT_LT(reference::difference(seen.latents[static_cast<std::size_t>(i)], latents[i]), kLatentTolerance)
        << "after step " << i;
  }
  if (!vectors.has("image")) return;
  EXPECT_LT(reference::difference(seen.picture, vectors["image"]), kPictureTolerance);
}

struct Case {
  std::string vectors;
  Settings settings{};
  std::vector<graph::Override> overrides{};
};

void PrintTo(const Case& one, std::ostream* out) {
  *out << one.vectors;
}

const std::vector<Case> kText2Image{
    {"txt2img_euler"},
    {"txt2img_euler_karras", {{"scheduler", std::string("euler")}, {"karras", std::string("true")}}},
    {"txt2img_euler_a", {{"scheduler", std::string("euler-ancestral")}}},
    {"txt2img_ddim", {{"scheduler", std::string("ddim")}}},
    {"txt2img_ddim_eta",
     {{"scheduler", std::string("ddim")}, {"steps", std::int64_t{6}}},
     {{"schedule", "eta", "0.5"}}},
    {"txt2img_dpmpp_2m", {{"scheduler", std::string("dpmpp-2m")}}},
    {"txt2img_dpmpp_2m_karras", {{"scheduler", std::string("dpmpp-2m")}, {"karras", std::string("true")}}},
    {"txt2img_lms", {{"scheduler", std::string("lms")}}},
    {"txt2img_unipc_v030", {{"scheduler", std::string("unipc")}}},
    {"txt2img_unipc", {{"scheduler", std::string("unipc")}}, {{"schedule", "final_sigmas_type", "sigma_min"}}},
    {"txt2img_euler_nocfg", {{"guidance_scale", 1.0}, {"steps", std::int64_t{4}}}},
    {"txt2img_euler_noneg",
     {{"negative_prompt", std::string()}, {"steps", std::int64_t{4}}},
     {{"text", "force_zeros_for_empty_prompt", "true"}}},
    {"denoising_end_euler", {}, {{"schedule", "denoising_end", "0.8"}}},
    {"denoising_end_dpmpp_2m_karras",
     {{"scheduler", std::string("dpmpp-2m")}, {"karras", std::string("true")}},
     {{"schedule", "denoising_end", "0.8"}}},
};

class Text2Image : public ::testing::TestWithParam<std::tuple<std::string, Case>> {};
INSTANTIATE_TEST_SUITE_P(Pipelines, Text2Image,
                         ::testing::Combine(::testing::Values(std::string("mini"), std::string("full")),
                                            ::testing::ValuesIn(kText2Image)));

TEST_P(Text2Image, EqualsDiffusersAfterEveryStep) {
  const auto& [set, one] = GetParam();
  REQUIRE_REFERENCE(set);
  if (!std::filesystem::exists(reference::sdxl(set) / "vectors" / (one.vectors + ".npz")))
    GTEST_SKIP() << one.vectors << " is in the larger set alone";
  Settings settings = prompts(set);
  for (const auto& [name, value] : one.settings) settings[name] = value;
  expect_equal(run("txt2img.yaml", settings, one.overrides), reference::Vectors(set, one.vectors));
}

class WithLora : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Pipelines, WithLora, ::testing::Values(std::string("mini"), std::string("full")));

TEST_P(WithLora, EqualsDiffusersAfterEveryStep) {
  REQUIRE_REFERENCE(GetParam());
  Settings settings = prompts(GetParam());
  settings["steps"] = std::int64_t{4};
  settings["lora"] = (reference::sdxl(GetParam()) / "lora/lora_kohya_sgm.safetensors").string() + "=0.7";
  expect_equal(run("txt2img.yaml", settings), reference::Vectors(GetParam(), "txt2img_euler_lora"));
}

const std::vector<Case> kImage2Image{
    {"img2img_euler"},
    {"img2img_euler_a", {{"scheduler", std::string("euler-ancestral")}}},
    {"img2img_ddim", {{"scheduler", std::string("ddim")}}},
    {"img2img_dpmpp_2m", {{"scheduler", std::string("dpmpp-2m")}}},
};

class Image2Image : public ::testing::TestWithParam<std::tuple<std::string, Case>> {};
INSTANTIATE_TEST_SUITE_P(Pipelines, Image2Image,
                         ::testing::Combine(::testing::Values(std::string("mini"), std::string("full")),
                                            ::testing::ValuesIn(kImage2Image)));

TEST_P(Image2Image, EqualsDiffusersAfterEveryStep) {
  const auto& [set, one] = GetParam();
  REQUIRE_REFERENCE(set);
  Settings settings = prompts(set);
  for (const auto& [name, value] : one.settings) settings[name] = value;
  settings["image"] = graph::Path{(reference::sdxl(set) / "vectors/images.npz").string()};
  settings["strength"] = 0.6;
  expect_equal(run("img2img.yaml", settings), reference::Vectors(set, one.vectors));
}

}  // namespace
}  // namespace nodes
