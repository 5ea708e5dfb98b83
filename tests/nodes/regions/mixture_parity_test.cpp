// SPDX-License-Identifier: MIT
/// configs/mixture_grid.yaml and mixture_canvas.yaml on tiny models, against the original's numbers.
#include <gmock/gmock.h>
#include <unistd.h>

#include <opencv2/imgcodecs.hpp>
#include <sstream>

#include "graph/load.h"
#include "graph/run.h"
#include "methods/tiling/mix.h"
#include "nodes/picture_tensors.h"
#include "schedulers/solver.h"
#include "tests/nodes/fixtures.h"
#include "tests/nodes/regions/mixture_data.h"

namespace nodes {
namespace {

using nlohmann::json;

// Largest differences that rounding makes: step by step, from latents that are given, and from end to end.
constexpr double kStepTolerance = 2e-4, kEndTolerance = 1e-2, kPixelTolerance = 5e-3;

/// A run of the original, and what is to be set for it beside what its file says.
struct MixtureCase {
  std::string name;
  json settings = json::object();
  std::string latents = "latents";      ///< the array that latents are compared with
  std::string start = "latents_start";  ///< and what they begin with
  double tolerance = kEndTolerance;     ///< of latents
  std::size_t compared = 1000;          ///< how many steps are compared from end to end
  bool as_original = true;              ///< everything else is, too: predictions, the mix, the picture
};

void PrintTo(const MixtureCase& one, std::ostream* out) {
  *out << one.name << " " << one.settings.dump() << " " << one.latents;
}

bool is_canvas(const MixtureCase& one) {
  return one.name.starts_with("canvas");
}
bool is_sdxl(const MixtureCase& one) {
  return one.name.starts_with("sdxl");
}

/// What the file of a case says, by the params' names.
json settings_of(const MixtureCase& one) {
  json settings;
  if (is_sdxl(one)) {
    const json file = reference::mixture_json("sdxl/" + one.name + ".json");
    settings = file["args"];
    settings["seed"] = file["generator_seed"];
    if (file["scheduler"].is_object()) settings["scheduler"] = file["scheduler"];
    settings["model"] = (reference::sdxl("mini") / "model").string();
    settings["pass_eta"] = true;
  } else {
    const std::string folder = one.name.ends_with("lowguidance") ? "grids_fix/"
                               : is_canvas(one)                  ? "canvases/"
                                                                 : "grids/";
    settings = reference::mixture_json(folder + one.name + ".json");
    settings["model"] = (reference::mixture("model")).string();
    for (std::size_t i = 0; is_canvas(one) && i < settings["regions"].size(); ++i) {
      json& region = settings["regions"][i];
      if (region.contains("reference_image"))
        region["reference_image"] = reference::mixture(region["reference_image"]).string();
    }
    for (const auto& [own, name] : {std::pair("gc", "guidance_scale"), std::pair("gc_tiles", "guidance_scale_tiles"),
                                    std::pair("steps", "num_inference_steps")}) {
      if (!settings.contains(own)) continue;
      settings[name] = settings[own];
      settings.erase(own);
    }
  }
  settings["compat"] = "ref";
  settings.update(one.settings);
  return settings;
}

/// What a run of one item sent: turn by turn, and once.
struct MixtureSeen {
  at::Tensor noise, start, picture;
  std::vector<at::Tensor> mixed, stepped, latents;
  std::vector<std::vector<at::Tensor>> tiles;
  std::vector<Conditioning> conditionings;
  std::vector<std::shared_ptr<const tiling::Region>> regions;
  std::vector<at::Tensor> references;
  std::optional<schedulers::Schedule> schedule;
};

std::vector<graph::Assignment> assignments_of(const graph::Graph& graph, const json& settings) {
  std::vector<graph::Assignment> assignments;
  for (const auto& [name, value] : settings.items()) {
    const int param = graph.find_param(name);
    if (param < 0) throw std::logic_error("no param " + name);
    graph::Assignment assignment{name, {}, {"--" + name, 0, 0}};
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    if (graph.params[static_cast<std::size_t>(param)].kind == graph::Kind::kData)
      assignment.values.emplace_back(graph::parse_data(value.dump(), "--" + name));
    else assignment.values.emplace_back(graph::parse_scalar(graph.params[static_cast<std::size_t>(param)].kind, text));
    assignments.push_back(std::move(assignment));
  }
  return assignments;
}

std::string mixture_config(const std::string& name) {
  std::ostringstream text;
  text << std::ifstream(std::filesystem::path(SOURCE_DIR) / "configs" / name).rdbuf();
  return text.str();
}

template <class T>
std::vector<at::Tensor> tensors_of(const graph::Value& value) {
  std::vector<at::Tensor> tensors;
  for (const T* one : value.as<graph::List<T>>().present()) tensors.push_back(one->tensor);
  return tensors;
}

MixtureSeen run_config(const std::string& name, const json& settings) {
  const bool is_canvas = name == "mixture_canvas.yaml";
  const auto graph =
      std::make_shared<const graph::Graph>(graph::check(graph::load_text(mixture_config(name), name), built_in(), {}));
  const graph::Plan plan(graph, assignments_of(*graph, settings));
  MixtureSeen seen;
  graph::RunOptions options;
  options.lanes = 1;
  options.output_dir =
      (std::filesystem::temp_directory_path() / ("decoupage_mixture_" + std::to_string(::getpid()))).string();
  const auto tap = [&](const std::string& port, std::function<void(const graph::Value&)> read) {
    options.taps.push_back({port, [read = std::move(read)](const graph::Item&, const graph::Value& v) { read(v); }});
  };
  const auto latents_of = [](const graph::Value& value) { return value.as<Latents>().tensor; };
  tap("rolled.latents", [&](const graph::Value& v) { seen.noise = latents_of(v); });
  tap("start.latents", [&](const graph::Value& v) { seen.start = latents_of(v); });
  tap("canvas.texts", [&](const graph::Value& v) {
    for (const Region* region : v.as<graph::List<Region>>().present()) seen.regions.push_back(region->region);
  });
  tap("schedule.schedule", [&](const graph::Value& v) { seen.schedule = v.as<schedulers::Schedule>(); });
  tap("texts.conditioning", [&](const graph::Value& v) {
    for (const Conditioning* text : v.as<graph::List<Conditioning>>().present()) seen.conditionings.push_back(*text);
  });
  tap("denoise.tiles.prediction", [&](const graph::Value& v) { seen.tiles.push_back(tensors_of<Prediction>(v)); });
  tap("denoise.mix.prediction", [&](const graph::Value& v) { seen.mixed.push_back(v.as<Prediction>().tensor); });
  tap("denoise.step.latents", [&](const graph::Value& v) { seen.stepped.push_back(latents_of(v)); });
  const std::string last = is_canvas ? "denoise.hold.latents" : "denoise.step.latents";
  tap(last, [&](const graph::Value& v) { seen.latents.push_back(latents_of(v)); });
  if (is_canvas) tap("pictures.latents", [&](const graph::Value& v) { seen.references = tensors_of<Latents>(v); });
  tap("image.image", [&](const graph::Value& v) { seen.picture = to_tensor(v.as<Image>()); });
  const graph::RunReport report = graph::run(plan, options);
  std::filesystem::remove_all(options.output_dir);
  for (const auto& failure : report.failures) ADD_FAILURE() << failure.node << ": " << failure.what;
  return seen;
}

MixtureSeen run_mixture(const MixtureCase& one) {
  return run_config(is_canvas(one) ? "mixture_canvas.yaml" : "mixture_grid.yaml", settings_of(one));
}

/// What the networks say of latents that are given: predictions of each region, guided ones and their mix.
class FromStoredLatents {
 public:
  FromStoredLatents(const MixtureSeen& seen, const json& settings)
      : seen_(seen),
        scale_(settings.value("guidance_scale", json(7.5)).get<double>()),
        unet_(built_in(), "unet-predict", {{"model", settings["model"]}}) {}

  void set(const at::Tensor& latents, std::size_t turn) {
    const int turns = static_cast<int>(seen_.schedule->size());
    std::vector<at::Tensor> guided;
    prompt.clear(), negative.clear();
    for (std::size_t i = 0; i < seen_.regions.size(); ++i) {
      const tiling::Region& region = *seen_.regions[i];
      unet_.in("latents", Latents{tiling::cells(latents, region.box).contiguous()});
      unet_.in("conditioning", seen_.conditionings[i]).in("schedule", *seen_.schedule);
      const auto& both = unet_.turn(static_cast<int>(turn), turns).run().out<Predictions>("predictions");
      prompt.push_back(both.prompt), negative.push_back(both.negative);
      graph::NodeHarness guide(
          built_in(), "guide",
          {{"rule", "linear"}, {"guidance_scale", graph::to_text(region.guidance_scale.value_or(scale_))}});
      guided.push_back(guide.in("predictions", both).run().out<Prediction>("prediction").tensor);
    }
    tiles = guided;
    mixed = tiling::Mixer(seen_.regions, latents.size(2), latents.size(3), latents.device())(guided);
  }

  std::vector<at::Tensor> prompt, negative, tiles;
  at::Tensor mixed;

 private:
  const MixtureSeen& seen_;
  const double scale_;
  graph::NodeHarness unet_;
};

/// An array of all tiles, or in a canvas of one region.
at::Tensor of_region(const reference::Vectors& vectors, const std::string& array, std::size_t region) {
  const std::string own = array + "_" + std::to_string(region);
  return vectors.has(own) ? vectors[own] : vectors[array].select(1, static_cast<std::int64_t>(region));
}

void expect_steps(const MixtureSeen& seen, const json& settings, const reference::Vectors& vectors) {
  FromStoredLatents again(seen, settings);
  graph::NodeHarness step(built_in(), "scheduler-step");
  tensors::Generator generator(settings["seed"].get<std::int64_t>());
  generator.randn(seen.start.sizes());
  const bool draws = vectors.has("step_noise");
  const at::Tensor& stepped = vectors.has("stepped") ? vectors["stepped"] : vectors["latents"];
  at::Tensor latents = vectors["latents_start"];
  const std::int64_t turns = vectors["mixed"].size(0);
  for (std::int64_t k = 0; k < turns; ++k) {
    again.set(latents, static_cast<std::size_t>(k));
    for (std::size_t i = 0; i < seen.regions.size(); ++i) {
      EXPECT_LT(reference::difference(again.negative[i][0], of_region(vectors, "eps_uncond", i)[k]), kStepTolerance)
          << k;
      EXPECT_LT(reference::difference(again.prompt[i][0], of_region(vectors, "eps_cond", i)[k]), kStepTolerance) << k;
      const std::string guided = vectors.has("eps_tile") ? "eps_tile" : "eps";
      EXPECT_LT(reference::difference(again.tiles[i][0], of_region(vectors, guided, i)[k]), kStepTolerance) << k;
    }
    EXPECT_LT(reference::difference(again.mixed[0], vectors["mixed"][k]), kStepTolerance) << "step " << k;
    step.in("latents", Latents{latents}).in("schedule", *seen.schedule);
    step.in("prediction", Prediction{vectors["mixed"][k].unsqueeze(0)}).in("generator", generator);
    step.turn(static_cast<int>(k), static_cast<int>(turns)).run();
    EXPECT_LT(reference::difference(step.out<Latents>("latents").tensor[0], stepped[k]), kStepTolerance)
        << "step " << k;
    if (draws) generator = tensors::Generator(step.out<tensors::Generator>("generator"));
    latents = vectors["latents"][k].unsqueeze(0);
  }
}

void expect_weights(const MixtureSeen& seen, const reference::Vectors& vectors) {
  for (std::size_t i = 0; i < seen.regions.size(); ++i) {
    const tiling::Region& region = *seen.regions[i];
    const at::Tensor due = vectors.has("tile_weights") ? vectors["tile_weights"] : vectors["mask_" + std::to_string(i)];
    const at::Tensor weights = tiling::weights_of(region.weights, region.box.height(), region.box.width());
    EXPECT_LT(reference::difference(weights / due.to(at::kDouble), at::ones_like(weights)), 1e-6) << i;
    if (!vectors.has("boxes")) continue;
    const at::Tensor box = vectors["boxes"][static_cast<std::int64_t>(i)];
    const std::int64_t own[] = {region.box.top, region.box.bottom, region.box.left, region.box.right};
    for (int k = 0; k < 4; ++k) EXPECT_EQ(box[k].item<std::int64_t>(), own[k]);
  }
}

class MixtureParity : public ::testing::TestWithParam<MixtureCase> {};

TEST_P(MixtureParity, EqualsTheOriginalAfterEveryStep) {
  const MixtureCase& one = GetParam();
  const std::filesystem::path file = reference::mixture("vectors/" + one.name + ".npz");
  if (!std::filesystem::exists(file)) GTEST_SKIP() << one.name << " is in the larger set alone";
  const reference::Vectors vectors(file);
  const MixtureSeen seen = run_mixture(one);
  ASSERT_TRUE(seen.schedule);
  EXPECT_EQ(reference::difference(seen.start, vectors[one.start]), 0);
  const at::Tensor& latents = vectors[one.latents];
  if (latents.size(0) == 1 && seen.latents.size() > 1) {
    EXPECT_LT(reference::difference(seen.latents.back(), latents), one.tolerance);
  } else {
    ASSERT_EQ(static_cast<std::int64_t>(seen.latents.size()), latents.size(0));
    for (std::size_t k = 0; k < std::min(one.compared, seen.latents.size()); ++k)
      EXPECT_LT(reference::difference(seen.latents[k][0], latents[static_cast<std::int64_t>(k)]), one.tolerance)
          << "after step " << k;
  }
  if (!one.as_original) return;
  if (vectors.has("noise")) {
    EXPECT_LT(reference::difference(seen.noise, vectors["noise"]), 1e-6);
  }
  for (std::size_t k = 0; k < seen.latents.size(); ++k)
    EXPECT_EQ(static_cast<float>(seen.schedule->timestep(k)),
              vectors["timesteps"][static_cast<std::int64_t>(k)].item<float>());
  for (std::size_t i = 0; i < seen.references.size(); ++i)
    EXPECT_LT(reference::difference(seen.references[i], vectors["ref_latents_" + std::to_string(i)]), kStepTolerance);
  expect_weights(seen, vectors);
  expect_steps(seen, settings_of(one), vectors);
  if (one.compared < seen.latents.size()) return;
  EXPECT_LT(reference::difference(seen.picture, (vectors["image"] / 2 + 0.5).clamp(0, 1)), kPixelTolerance);
}

MixtureCase fixed(const std::string& name, json settings, const std::string& latents, const std::string& start = "") {
  return {.name = name,
          .settings = std::move(settings),
          .latents = latents,
          .start = start.empty() ? "latents_start" : start,
          .as_original = false};
}

const json kPndm = R"({"_class_name": "PNDMScheduler", "beta_start": 0.00085, "beta_end": 0.012,
  "beta_schedule": "scaled_linear", "num_train_timesteps": 1000, "skip_prk_steps": true, "set_alpha_to_one": false,
  "steps_offset": 1})"_json;
const json kEuler = R"({"_class_name": "EulerDiscreteScheduler", "beta_start": 0.00085, "beta_end": 0.012,
  "beta_schedule": "scaled_linear", "num_train_timesteps": 1000})"_json;

/// What the original does.
const std::vector<MixtureCase> kAsOriginal{
    {"grid_1x1_lms"},
    {"grid_1x3_exclusive_lms"},
    {"grid_2x2_euler", {{"scheduler", kEuler}}},
    {.name = "grid_2x3_exclusive_ddim", .tolerance = 2e-3, .compared = 2},
    {"grid_2x3_lms"},
    {"grid_2x3_seeds_lms"},
    {"grid_3x2_pndm", {{"scheduler", kPndm}}},
    {"canvas_masks_lms"},
    {"canvas_img2img_lms"},
    {"canvas_img2img_ddim"},
    {"canvas_img2img_pndm"},
    {"sdxl_1x1_dpmpp"},
    {"sdxl_1x2_lms_leading"},
    {"sdxl_1x3_euler_a"},
    {"sdxl_2x2_ddim_eta"},
    {"sdxl_2x3_euler"},
    {"sdxl_2x3_lms"},
};
INSTANTIATE_TEST_SUITE_P(Original, MixtureParity, ::testing::ValuesIn(kAsOriginal),
                         [](const auto& info) { return info.param.name; });

/// One fault of the original mended at a time, as these numbers were computed.
const std::vector<MixtureCase> kMended{
    fixed("grid_1x1_lms", {{"gaussian_row_midpoint", "centre"}}, "fix_row_midpoint_latents"),
    fixed("grid_1x3_exclusive_lms", {{"gaussian_row_midpoint", "centre"}}, "fix_row_midpoint_latents"),
    fixed("grid_1x3_exclusive_lms", {{"exclusive_cells", "others"}}, "fix_exclusive_latents",
          "fix_exclusive_latents_start"),
    fixed("grid_2x2_euler", {{"scheduler", kEuler}, {"gaussian_row_midpoint", "centre"}}, "fix_row_midpoint_latents"),
    fixed("grid_2x2_euler", {{"scheduler", kEuler}, {"start_scale", "init_noise_sigma"}}, "fix_sigma_latents",
          "fix_sigma_latents_start"),
    fixed("grid_2x3_exclusive_ddim", {{"ddim_settings", "model"}}, "fix_schedule_latents"),
    fixed("grid_2x3_lms", {{"gaussian_row_midpoint", "centre"}}, "fix_row_midpoint_latents"),
    fixed("grid_2x3_seeds_lms", {{"gaussian_row_midpoint", "centre"}}, "fix_row_midpoint_latents"),
    fixed("grid_3x2_pndm", {{"scheduler", kPndm}, {"gaussian_row_midpoint", "centre"}}, "fix_row_midpoint_latents"),
    fixed("grid_2x3_lowguidance", json::object(), "fix_latents"),
    fixed("canvas_img2img_ddim", {{"posterior", "mean"}}, "fix_mean_latents"),
    fixed("canvas_img2img_ddim", {{"override_level", "next"}}, "fix_next_latents"),
    fixed("canvas_img2img_lms", {{"posterior", "mean"}}, "fix_mean_latents"),
    fixed("canvas_img2img_lms", {{"override_level", "next"}}, "fix_next_latents"),
    fixed("canvas_img2img_pndm", {{"posterior", "mean"}}, "fix_mean_latents"),
    fixed("canvas_img2img_pndm", {{"override_level", "next"}}, "fix_next_latents"),
    fixed("sdxl_1x2_lms_leading", {{"start_scale", "init_noise_sigma"}}, "fix_sigma_latents",
          "fix_sigma_latents_start"),
    fixed("sdxl_1x3_euler_a", {{"start_scale", "init_noise_sigma"}}, "fix_sigma_latents", "fix_sigma_latents_start"),
    fixed("sdxl_2x3_euler", {{"start_scale", "init_noise_sigma"}}, "fix_sigma_latents", "fix_sigma_latents_start"),
    fixed("sdxl_2x3_lms", {{"crops", "origin"}}, "fix_origin_latents"),
};
INSTANTIATE_TEST_SUITE_P(Mended, MixtureParity, ::testing::ValuesIn(kMended),
                         [](const auto& info) { return info.param.name + "_" + info.param.latents; });

/// What has one fault alone comes out mended by default.
const std::vector<MixtureCase> kByDefault{
    fixed("grid_1x1_lms", {{"compat", "fix"}}, "fix_row_midpoint_latents"),
    fixed("grid_2x3_lms", {{"compat", "fix"}}, "fix_row_midpoint_latents"),
    fixed("grid_2x3_seeds_lms", {{"compat", "fix"}}, "fix_row_midpoint_latents"),
    fixed("canvas_img2img_lms", {{"compat", "fix"}}, "latents"),
    fixed("canvas_img2img_lms", {{"compat", "fix"}, {"cpu_vae", true}}, "fix_mean_latents"),
    fixed("canvas_img2img_pndm", {{"compat", "fix"}}, "latents"),
    fixed("canvas_img2img_pndm", {{"compat", "fix"}, {"cpu_vae", true}}, "fix_mean_latents"),
};
INSTANTIATE_TEST_SUITE_P(Default, MixtureParity, ::testing::ValuesIn(kByDefault), [](const auto& info) {
  return info.param.name + (info.param.settings.contains("cpu_vae") ? "_cpu_vae_" : "_") + info.param.latents;
});

std::vector<at::Tensor> latents_with(const std::string& config, const std::string& settings) {
  json all = json::parse(settings);
  all["model"] = reference::mixture("model").string();
  return run_config(config, all).latents;
}

/// A region that is the whole canvas is an ordinary picture, whatever its weights.
TEST(MixtureIdentity, OneRegionIsAnOrdinaryPicture) {
  const reference::Vectors vectors(reference::mixture("vectors/identity.npz"));
  for (const char* mask : {"constant", "gaussian", "quartic"}) {
    const std::vector<at::Tensor> latents = latents_with(
        "mixture_canvas.yaml", R"({"canvas_height": 72, "canvas_width": 104, "num_inference_steps": 4, "seed": 2024,
        "scheduler": "lms", "regions": [{"row_init": 0, "row_end": 72, "col_init": 0, "col_end": 104,
        "prompt": "a small red cat sitting on a wooden table", "guidance_scale": 7.5, "mask_weight": 0.7,
        "mask_type": ")" + std::string(mask) +
                                   "\"}]}");
    ASSERT_EQ(latents.size(), 4u);
    for (std::int64_t k = 0; k < 4; ++k) {
      const at::Tensor& own = latents[static_cast<std::size_t>(k)];
      EXPECT_LT(reference::difference(own[0], vectors["plain"][k]), kEndTolerance) << mask;
      EXPECT_LT(reference::difference(own[0], vectors[std::string("canvas_") + mask][k]), kEndTolerance) << mask;
    }
  }
}

/// A grid is a canvas of its tiles.
TEST(MixtureIdentity, AGridIsACanvasOfItsTiles) {
  const std::vector<at::Tensor> grid = latents_with(
      "mixture_grid.yaml", R"({"prompt": [["a cat", "a dog", "snow"], ["a table", "a tree", ""]], "tile_height": 64,
      "tile_width": 96, "tile_row_overlap": 16, "tile_col_overlap": 32, "num_inference_steps": 3, "scheduler": "lms",
      "seed": 3, "guidance_scale": 6})");
  json regions;
  const char* const texts[] = {"a cat", "a dog", "snow", "a table", "a tree", ""};
  for (int i = 0; i < 6; ++i) {
    const int row = i / 3 * 48, column = i % 3 * 64;
    regions.push_back({{"row_init", row},
                       {"row_end", row + 64},
                       {"col_init", column},
                       {"col_end", column + 96},
                       {"prompt", texts[i]},
                       {"guidance_scale", 6}});
  }
  const auto canvas = [&](const json& in_order) {
    return latents_with("mixture_canvas.yaml", R"({"canvas_height": 112, "canvas_width": 224, "num_inference_steps": 3,
        "scheduler": "lms", "seed": 3, "regions": )" +
                                                   in_order.dump() + "}")
        .back();
  };
  EXPECT_LT(reference::difference(canvas(regions), grid.back()), 1e-3);
  std::reverse(regions.begin(), regions.end());
  EXPECT_LT(reference::difference(canvas(regions), grid.back()), 1e-3) << "in another order";
}

/// Rows of 6 x 6 cells, as the original's own tests have them.
TEST(MixtureIdentity, SmallRegionsWork) {
  const std::vector<at::Tensor> latents = latents_with(
      "mixture_grid.yaml", R"({"prompt": [["a", "b"]], "tile_height": 48, "tile_width": 48, "tile_row_overlap": 0,
      "tile_col_overlap": 8, "num_inference_steps": 2, "scheduler": "lms", "seed": 3})");
  EXPECT_EQ(latents.back().sizes(), (std::vector<std::int64_t>{1, 4, 6, 11}));
}

/// Cells that nothing covers stay as they began: the noise times sigma.
TEST(MixtureIdentity, UncoveredCellsStayNoise) {
  const MixtureSeen seen = run_config("mixture_canvas.yaml",
                                      json::parse(R"({"canvas_height": 40, "canvas_width": 64, "num_inference_steps": 3,
      "scheduler": "lms", "seed": 3, "allow_uncovered": true, "regions": [{"row_init": 0, "row_end": 40, "col_init": 0,
      "col_end": 48, "prompt": "a"}], "model": ")" +
                                                  reference::mixture("model").string() + "\"}"));
  const auto right = [](const at::Tensor& latents) { return latents.narrow(3, 6, 2); };
  EXPECT_TRUE(right(seen.latents.back()).equal(right(seen.start)));
  EXPECT_FALSE(seen.latents.back().equal(seen.start));
}

/// SDXL is told where regions of a canvas lie, too.
TEST(MixtureIdentity, ACanvasIsForSdxlToo) {
  const MixtureSeen seen = run_config(
      "mixture_canvas.yaml",
      {{"canvas_height", 64},
       {"canvas_width", 96},
       {"num_inference_steps", 2},
       {"seed", 3},
       {"model", (reference::sdxl("mini") / "model").string()},
       {"regions", json::parse(R"([{"row_init": 0, "row_end": 64, "col_init": 0, "col_end": 56, "prompt": "a"},
          {"row_init": 8, "row_end": 64, "col_init": 40, "col_end": 96, "prompt": "b", "guidance_scale": null}])")},
       {"background", json::parse(R"({"prompt": "c"})")}});
  ASSERT_EQ(seen.conditionings.size(), 3u);
  const at::Tensor& ids = seen.conditionings[1].time_ids;
  EXPECT_EQ(ids[0][2].item<float>(), 8);
  EXPECT_EQ(ids[0][3].item<float>(), 40);
  EXPECT_EQ(seen.conditionings[2].time_ids[0][3].item<float>(), 0);
  EXPECT_TRUE(seen.latents.back().isfinite().all().item<bool>());
}

/// What a tile is shown is its part of the hint: a canvas of that part alone is predicted alike.
TEST(MixtureControl, ATileSeesItsPartOfTheHint) {
  const Folder folder;
  cv::Mat part, wide, turned;
  cv::imread((reference::control() / "pictures/init_image.png").string()).copyTo(part);
  ASSERT_EQ(part.size(), cv::Size(128, 96));
  cv::flip(part, turned, 0);
  cv::hconcat(part, turned, wide);
  const std::string whole = folder.path("whole.png"), right = folder.path("right.png");
  cv::imwrite(whole, wide);
  cv::imwrite(right, turned);
  const auto tiles = [&](const std::string& prompts, const std::string& seeds, const std::string& hint) {
    json settings{{"prompt", json::parse(prompts)},
                  {"seed_tiles", json::parse(seeds)},
                  {"tile_height", 96},
                  {"tile_width", 128},
                  {"tile_row_overlap", 0},
                  {"tile_col_overlap", 0},
                  {"num_inference_steps", 2},
                  {"seed", 7},
                  {"guidance_scale", 5},
                  {"height", 96},
                  {"width", 128},
                  {"crops", "zero"},
                  {"model", (reference::sdxl("mini") / "model").string()}};
    if (!hint.empty())
      settings.update({{"controlnet", (reference::control() / "controlnet").string()}, {"control_image", hint}});
    return run_config("mixture_grid.yaml", settings).tiles.front();
  };
  const at::Tensor second = tiles(R"([["a", "b"]])", "[[5, 6]]", whole)[1];
  EXPECT_LT(reference::difference(second, tiles(R"([["b"]])", "[[6]]", right)[0]), 1e-4);
  EXPECT_GT(reference::difference(second, tiles(R"([["b"]])", "[[6]]", "")[0]), 1e-3);
}

}  // namespace
}  // namespace nodes
