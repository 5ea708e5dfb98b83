// SPDX-License-Identifier: MIT
/// The graphs in configs/ on the tiny model, against diffusers' pipelines: latents after every step, and the picture.
#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "graph/load.h"
#include "graph/run.h"
#include "nodes/picture_tensors.h"
#include "nodes/register.h"
#include "tensors/safetensors.h"
#include "tests/nodes/sampling/inpainting_data.h"
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

std::string config_text(const std::string& config) {
  std::ostringstream text;
  text << std::ifstream(std::filesystem::path(SOURCE_DIR) / "configs" / config).rdbuf();
  return text.str();
}

/// A config's text. A picture is read from an array, since a file of 8 bits is not what diffusers was given.
std::string text_of(const std::string& config) {
  std::string graph = config_text(config);
  const auto replace = [&](const std::string& from, const std::string& to) {
    const std::size_t at = graph.find(from);
    if (at != std::string::npos) graph.replace(at, from.size(), to);
  };
  replace("{type: load-image, path: $image}", "{type: load-tensor, path: $image, key: init_image, as: image}");
  replace("photo.image", "photo.value");
  return graph;
}

/// `latents`: the output that is looked at turn by turn.
Seen run_text(const std::string& text, const std::string& name, const Settings& settings,
              const std::vector<graph::Override>& overrides = {}, const std::string& latents = "denoise.step.latents") {
  graph::Registry registry;
  register_all(registry, std::make_shared<Services>());
  const graph::GraphSpec spec = graph::load_text(text, name);
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
  options.taps.push_back({latents, [&](const graph::Item&, const graph::Value& value) {
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

Seen run(const std::string& config, const Settings& settings, const std::vector<graph::Override>& overrides = {}) {
  return run_text(text_of(config), config, settings, overrides);
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

/// With the tiny model, 96 pixels high: few-step schedulers, and perturbed-attention guidance.
const std::vector<Case> kFewSteps{
    {"txt2img_lcm_g1", {{"scheduler", std::string("lcm")}, {"guidance_scale", 1.0}}},
    {"txt2img_lcm_g2", {{"scheduler", std::string("lcm")}, {"guidance_scale", 2.0}}},
    {"txt2img_tcd_g1_eta03",
     {{"scheduler", std::string("tcd")}, {"guidance_scale", 1.0}},
     {{"schedule", "eta", "0.3"}}},
    {"txt2img_tcd_g2_eta0", {{"scheduler", std::string("tcd")}, {"guidance_scale", 2.0}}},
    {"pag_cfg", {{"steps", std::int64_t{3}}, {"guidance_scale", 5.0}}, {{"denoise.step", "pag_scale", "3"}}},
    {"pag_nocfg", {{"steps", std::int64_t{3}}, {"guidance_scale", 1.0}}, {{"denoise.step", "pag_scale", "3"}}},
    {"pag_adaptive",
     {{"steps", std::int64_t{3}}, {"guidance_scale", 5.0}},
     {{"denoise.step", "pag_scale", "3"}, {"denoise.step", "pag_adaptive_scale", "0.005"}}},
};

Settings few_steps_settings(const Case& one) {
  Settings settings = prompts("mini");
  settings["height"] = std::int64_t{96};
  settings["steps"] = std::int64_t{4};
  for (const auto& [name, value] : one.settings) settings[name] = value;
  return settings;
}

class FewStepsAndGuidance : public ::testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Pipelines, FewStepsAndGuidance, ::testing::ValuesIn(kFewSteps));

TEST_P(FewStepsAndGuidance, EqualsDiffusersAfterEveryStep) {
  expect_equal(run("txt2img.yaml", few_steps_settings(GetParam()), GetParam().overrides),
               reference::Vectors(reference::control() / (GetParam().vectors + ".npz")));
}

/// The tiny model with a UNet of half precision that takes the guidance scale as an embedding.
class DistilledModel {
 public:
  DistilledModel() {
    const std::filesystem::path from = reference::sdxl("mini") / "model";
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ / "unet");
    for (const auto& entry : std::filesystem::directory_iterator(from))
      if (entry.path().filename() != "unet")
        std::filesystem::create_symlink(entry.path(), folder_ / entry.path().filename());
    auto config = nlohmann::json::parse(std::ifstream(from / "unet/config.json"));
    config["time_cond_proj_dim"] = 16;
    std::ofstream(folder_ / "unet/config.json") << config;
    std::vector<std::pair<std::string, at::Tensor>> all;
    for (const auto& file :
         {from / "unet/diffusion_pytorch_model.safetensors", reference::control() / "cond_proj.safetensors"}) {
      const tensors::SafetensorsFile tensors(file);
      for (const auto& entry : tensors.entries())
        all.emplace_back(entry.name, tensors.tensor(entry).to(at::kHalf, false, true));
    }
    tensors::write_safetensors(folder_ / "unet/diffusion_pytorch_model.safetensors", all, {});
  }
  ~DistilledModel() { std::filesystem::remove_all(folder_); }
  DistilledModel(const DistilledModel&) = delete;
  DistilledModel& operator=(const DistilledModel&) = delete;
  graph::Path path() const { return {folder_.string()}; }

 private:
  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("decoupage_distilled_" + std::to_string(::getpid()));
};

/// Never two predictions, whatever the scale.
TEST(Pipelines, AGuidanceEmbeddingEqualsDiffusersAfterEveryStep) {
  const DistilledModel model;
  for (const auto& [vectors, scale] : {std::pair("txt2img_lcm_unet_g1", 1.0), std::pair("txt2img_lcm_unet_g8", 8.0)}) {
    SCOPED_TRACE(vectors);
    Settings settings = few_steps_settings({vectors});
    settings["model"] = model.path();
    settings["scheduler"] = std::string("lcm");
    settings["guidance_scale"] = scale;
    expect_equal(run("txt2img.yaml", settings),
                 reference::Vectors(reference::control() / (std::string(vectors) + ".npz")));
  }
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

/// Latents that another program begins with, as a file that load-tensor reads.
class Start {
 public:
  explicit Start(const at::Tensor& latents) {
    tensors::Npz npz;
    npz.arrays["latents"] = latents;
    const std::vector<std::byte> bytes = tensors::npz_bytes(npz);
    std::ofstream(path_, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  ~Start() { std::filesystem::remove(path_); }
  Start(const Start&) = delete;
  Start& operator=(const Start&) = delete;
  graph::Path path() const { return {path_.string()}; }

 private:
  const std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("decoupage_start_" + std::to_string(::getpid()) + ".npz");
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

/// The second half of configs/refine.yaml, with latents from a file in the place of the base model's.
std::string second_half() {
  std::string text = text_of("refine.yaml");
  const std::size_t from = text.find("  text:\n"), to = text.find("  refined_text:\n");
  text.replace(from, to - from, "  start: {type: load-tensor, path: $start}\n  drawn: {type: noise, seed: $seed}\n");
  text = replaced(text, "base.latents", "start.value");
  text = replaced(text, "base.generator", "drawn.generator");
  return replaced(text, "  model:             {type: path, about:", "  start:             {type: path, about:");
}

const std::vector<Case> kHandover{
    {"denoising_start_euler"},
    {"denoising_start_dpmpp_2m_karras", {{"scheduler", std::string("dpmpp-2m")}}, {{"rest", "karras", "true"}}},
};

class Handover : public ::testing::TestWithParam<std::tuple<std::string, Case>> {};
INSTANTIATE_TEST_SUITE_P(Pipelines, Handover,
                         ::testing::Combine(::testing::Values(std::string("mini"), std::string("full")),
                                            ::testing::ValuesIn(kHandover)));

TEST_P(Handover, EqualsDiffusersAfterEveryStep) {
  const auto& [set, one] = GetParam();
  REQUIRE_REFERENCE(set);
  const reference::Vectors base(set, "denoising_end" + one.vectors.substr(std::string("denoising_start").size()));
  const Start start(base["handover"]);
  Settings settings = prompts(set);
  for (const auto& [name, value] : one.settings) settings[name] = value;
  settings["refiner"] = settings["model"];
  settings["start"] = start.path();
  settings.erase("model");
  expect_equal(run_text(second_half(), "refine.yaml", settings, one.overrides), reference::Vectors(set, one.vectors));
}

TEST(Refiner, TakesTheLastStepsAsDiffusersDoes) {
  REQUIRE_REFERENCE("refiner");
  const reference::Vectors vectors("refiner", "refiner_denoising_start");
  const Start start(vectors["input_latents"]);
  Settings settings = prompts("refiner");
  settings["refiner"] = settings["model"];
  settings["start"] = start.path();
  settings.erase("model");
  expect_equal(run_text(second_half(), "refine.yaml", settings), vectors);
}

TEST(Refiner, DrawsOverAPictureAsDiffusersDoes) {
  REQUIRE_REFERENCE("refiner");
  const Start picture(reference::Vectors("refiner", "img2img_euler")["init_image"]);
  Settings settings = prompts("refiner");
  settings["image"] = picture.path();
  settings["strength"] = 0.6;
  const std::string text = replaced(text_of("img2img.yaml"), "key: init_image", "key: latents");
  expect_equal(run_text(text, "img2img.yaml", settings), reference::Vectors("refiner", "img2img_euler"));
}

/// Both models in one graph: the base's steps are what the first half does alone.
TEST(Refine, RunsFromThePromptToThePicture) {
  REQUIRE_REFERENCE("refiner");
  REQUIRE_REFERENCE("full");
  Settings settings = prompts("full");
  settings["refiner"] = graph::Path{(reference::sdxl("refiner") / "model").string()};
  const Seen seen = run("refine.yaml", settings);
  EXPECT_EQ(seen.latents.size(), 2u);
  EXPECT_EQ(seen.picture.sizes(), (std::vector<std::int64_t>{1, 3, 128, 128}));
}

/// diffusers draws two pictures in one batch, whose time ids it orders otherwise than their embeddings: the first
/// picture is given the negative's ids for prompt and negative alike, the second the prompt's.
class MicroConditioning : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Pipelines, MicroConditioning, ::testing::Values(0, 1));

TEST_P(MicroConditioning, EqualsDiffusersAfterEveryStep) {
  REQUIRE_REFERENCE("full");
  const reference::Vectors vectors("full", "txt2img_euler_micro");
  Settings settings = prompts("full");
  settings["steps"] = std::int64_t{6};
  settings["height"] = std::int64_t{192};
  std::vector<graph::Override> overrides{{"text", "prompt_2", "neon city"},
                                         {"text", "negative_prompt_2", "ugly"},
                                         {"text", "clip_skip", "1"},
                                         {"denoise.step", "guidance_rescale", "0.7"}};
  const std::vector<std::pair<std::string, std::string>> first{{"original_height", "256"}, {"original_width", "512"},
                                                               {"crop_top", "8"},          {"crop_left", "4"},
                                                               {"height", "1024"},         {"width", "1024"}};
  const std::vector<std::pair<std::string, std::string>> second{
      {"original_height", "768"}, {"original_width", "1024"}, {"crop_top", "16"}, {"crop_left", "32"}};
  for (const auto& [name, value] : GetParam() == 0 ? first : second) overrides.push_back({"text", name, value});
  const std::string text = replaced(text_of("txt2img.yaml"), "{latents: noise.latents, generator: noise.generator}",
                                    "{latents: scaled.value, generator: noise.generator}");
  const at::Tensor drawn = vectors["noise"].narrow(0, GetParam(), 1);
  const Start start(drawn * schedulers::Schedule(schedulers::Config::read(reference::sdxl("full") /
                                                                          "model/scheduler/scheduler_config.json"),
                                                 {.steps = 6})
                                .init_noise_sigma());
  const Seen seen =
      run_text(replaced(text, "  denoise:\n",
                        "  scaled: {type: load-tensor, path: \"" + start.path().text + "\"}\n  denoise:\n"),
               "txt2img.yaml", settings, overrides);
  ASSERT_EQ(seen.latents.size(), 6u);
  for (std::int64_t i = 0; i < 6; ++i) {
    EXPECT_LT(reference::difference(seen.latents[static_cast<std::size_t>(i)],
                                    vectors["latents"][i].narrow(0, GetParam(), 1)),
              kLatentTolerance)
        << "after step " << i;
  }
  EXPECT_LT(reference::difference(seen.picture, vectors["image"].narrow(0, GetParam(), 1)), kPictureTolerance);
}

/// Hints and pictures of these are bytes, which diffusers was given, too.
Settings of_control_data(std::int64_t steps) {
  Settings settings = prompts("mini");
  settings["height"] = std::int64_t{96};
  settings["steps"] = steps;
  return settings;
}

void expect_latents(const Seen& seen, const tensors::Npz& vectors) {
  const at::Tensor& latents = vectors.arrays.at("latents");
  ASSERT_EQ(static_cast<std::int64_t>(seen.latents.size()), latents.size(0));
  for (std::int64_t i = 0; i < latents.size(0); ++i) {
    EXPECT_LT(reference::difference(seen.latents[static_cast<std::size_t>(i)], latents[i]), 7e-4) << "after step " << i;
  }
  const auto image = vectors.arrays.find("image");
  if (image == vectors.arrays.end()) return;
  EXPECT_LT(reference::difference(seen.picture, image->second), kPictureTolerance);
}

const std::vector<Case> kControlCases{
    {"ctrl_scale10", {{"steps", std::int64_t{4}}}},
    {"ctrl_scale04", {{"steps", std::int64_t{4}}, {"scheduler", std::string("dpmpp-2m")}, {"conditioning_scale", 0.4}}},
    {"ctrl_window",
     {{"steps", std::int64_t{8}}, {"conditioning_scale", 0.9}, {"control_start", 0.25}, {"control_end", 0.7}}},
    {"ctrl_guess", {{"steps", std::int64_t{4}}, {"conditioning_scale", 0.8}, {"guess_mode", true}}},
    {"ctrl_guess_nocfg",
     {{"steps", std::int64_t{2}}, {"conditioning_scale", 0.8}, {"guess_mode", true}, {"guidance_scale", 1.0}}},
};

class Control : public ::testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Pipelines, Control, ::testing::ValuesIn(kControlCases));

TEST_P(Control, EqualsDiffusersAfterEveryStep) {
  Settings settings = of_control_data(4);
  settings["image"] = graph::Path{inpaint_data::file("pictures/control_a.png").string()};
  settings["controlnet"] = graph::Path{inpaint_data::file("controlnet").string()};
  settings["preprocess"] = std::string("none");
  for (const auto& [name, value] : GetParam().settings) settings[name] = value;
  expect_latents(run_text(config_text("control.yaml"), "control.yaml", settings),
                 inpaint_data::vectors(GetParam().vectors));
}

/// The same of models that are in the larger set of reference numbers alone: by folder below it, ControlNet, hint.
struct LargerControl {
  std::string vectors, model, controlnet, hint;
  Settings settings;
};

void PrintTo(const LargerControl& one, std::ostream* out) {
  *out << one.vectors;
}

const std::vector<LargerControl> kLargerControl{
    {"ctrl_full",
     "sdxl/full/model",
     "sdxl/full/controlnet",
     "control_a",
     {{"steps", std::int64_t{3}}, {"conditioning_scale", 0.7}}},
    {"sd1_ctrl",
     "mixture_of_diffusers/model",
     "control/sd1_controlnet",
     "sd1_control",
     {{"scheduler", std::string("ddim")}, {"guidance_scale", 7.0}, {"conditioning_scale", 0.8}}},
    {"sd1_ctrl",
     "mixture_of_diffusers/model",
     "control/files/sd1_control_model.safetensors",
     "sd1_control",
     {{"scheduler", std::string("ddim")}, {"guidance_scale", 7.0}, {"conditioning_scale", 0.8}}},
    {"sd1_ctrl_guess",
     "mixture_of_diffusers/model",
     "control/sd1_controlnet",
     "sd1_control",
     {{"scheduler", std::string("pndm")}, {"guidance_scale", 3.0}, {"guess_mode", true}, {"control_end", 0.5}}},
};

class LargerControlRun : public ::testing::TestWithParam<LargerControl> {};
INSTANTIATE_TEST_SUITE_P(Pipelines, LargerControlRun, ::testing::ValuesIn(kLargerControl));

TEST_P(LargerControlRun, EqualsDiffusersAfterEveryStep) {
  const LargerControl& one = GetParam();
  const std::filesystem::path root = reference::root(), hint = root / ("control/pictures/" + one.hint + ".png"),
                              vectors = root / ("control/vectors/" + one.vectors + ".npz");
  for (const std::filesystem::path& path : {root / one.model, root / one.controlnet, hint, vectors})
    if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is in the larger set alone";
  Settings settings = of_control_data(4);
  settings.erase("width");  // as the hint has it
  settings.erase("height");
  settings["model"] = graph::Path{(root / one.model).string()};
  settings["controlnet"] = graph::Path{(root / one.controlnet).string()};
  settings["image"] = graph::Path{hint.string()};
  settings["preprocess"] = std::string("none");
  for (const auto& [name, value] : one.settings) settings[name] = value;
  expect_latents(run_text(config_text("control.yaml"), "control.yaml", settings), tensors::read_npz(vectors));
}

TEST(ControlGraph, TakesThePicturesOwnSizeAndItsEdges) {
  Settings settings = of_control_data(2);
  settings.erase("width");
  settings.erase("height");
  settings["image"] = graph::Path{inpaint_data::file("pictures/mask_other_size.png").string()};
  settings["controlnet"] = graph::Path{inpaint_data::file("controlnet").string()};
  const Seen seen = run_text(config_text("control.yaml"), "control.yaml", settings);
  EXPECT_EQ(seen.picture.sizes(), (std::vector<std::int64_t>{1, 3, 56, 48}));
}

struct InpaintCase {
  std::string vectors, mask, scheduler;
  std::int64_t steps;
  double strength;
  bool nine;
};

void PrintTo(const InpaintCase& one, std::ostream* out) {
  *out << one.vectors;
}

const std::vector<InpaintCase> kInpaintCases{
    {"inpaint_strength06", "mask_soft", "ddim", 6, 0.6, false},
    {"inpaint_strength10", "mask_hard", "euler", 5, 1.0, false},
    {"inpaint_euler_a", "mask_hard", "euler-ancestral", 6, 0.5, false},
    {"inpaint9_strength07", "mask_soft", "euler", 5, 0.7, true},
    {"inpaint9_strength10", "mask_hard", "euler", 5, 1.0, true},
};

class Inpaint : public ::testing::TestWithParam<InpaintCase> {};
INSTANTIATE_TEST_SUITE_P(Pipelines, Inpaint, ::testing::ValuesIn(kInpaintCases));

TEST_P(Inpaint, EqualsDiffusersAfterEveryStep) {
  const InpaintCase& one = GetParam();
  const inpaint_data::InpaintingModel nine;
  Settings settings = of_control_data(one.steps);
  if (one.nine) settings["model"] = graph::Path{nine.path()};
  settings["image"] = graph::Path{inpaint_data::file("pictures/init_image.png").string()};
  settings["mask"] = graph::Path{inpaint_data::file("pictures/" + one.mask + ".png").string()};
  settings["scheduler"] = one.scheduler;
  settings["strength"] = one.strength;
  settings["paste"] = false;
  expect_latents(run_text(config_text("inpaint.yaml"), "inpaint.yaml", settings, {},
                          one.nine ? "denoise.step.latents" : "denoise.hold.latents"),
                 inpaint_data::vectors(one.vectors));
}

/// What the mask does not cover is the picture's own, bit for bit, at its full resolution.
TEST(InpaintGraph, PastesAPartAtFullResolution) {
  const inpaint_data::InpaintingModel nine;
  for (const std::string& model : {inpaint_data::mini(), nine.path()}) {
    Settings settings = of_control_data(2);
    settings["model"] = graph::Path{model};
    settings["width"] = settings["height"] = std::int64_t{64};
    settings["image"] = graph::Path{inpaint_data::file("pictures/init_image.png").string()};
    settings["mask"] = graph::Path{inpaint_data::file("pictures/mask_hard.png").string()};
    settings["padding"] = std::int64_t{4};
    settings["feather"] = 0.0;
    std::string text =
        replaced(config_text("inpaint.yaml"), "  image: {type: vae-decode", "  drawn-part: {type: vae-decode");
    text = replaced(text, "patch: image.image", "patch: drawn-part.image");
    text = replaced(text, "[whole.image, image.image]", "[whole.image, drawn-part.image]");
    text = replaced(text, "  whole:\n", "  image:\n");
    text = replaced(text, "whole.image", "image.image");
    const Seen seen = run_text(text, "inpaint.yaml", settings);
    const at::Tensor before = to_tensor(inpaint_data::picture("init_image")),
                     mask = to_tensor(inpaint_data::mask("mask_hard"));
    ASSERT_EQ(seen.picture.sizes(), before.sizes());
    EXPECT_EQ(reference::difference(seen.picture * (1 - mask), before * (1 - mask)), 0);
    EXPECT_GT(reference::difference(seen.picture * mask, before * mask), 0.01);
  }
}

}  // namespace
}  // namespace nodes
