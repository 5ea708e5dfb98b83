// SPDX-License-Identifier: MIT
/// lcm and tcd against diffusers 0.27.2: timesteps, every step of full and img2img schedules on given predictions, and
/// how often they draw. tests/data/control/README.md says what the numbers are.
#include <gmock/gmock.h>

#include <cmath>

#include "schedulers/schedule.h"
#include "tests/reference.h"

namespace {

using schedulers::Config;
using schedulers::Schedule;
using schedulers::Settings;
using schedulers::State;
using testing::HasSubstr;

constexpr double kDistilled = 1e-5;

/// A set of vectors, and what it was made with.
struct Distilled {
  std::string vectors{};
  Settings settings{};
  Config config = Config::stable_diffusion_xl();
};

std::vector<Distilled> all_distilled() {
  Config options = Config::stable_diffusion_xl();
  options.original_inference_steps = 40;
  options.timestep_scaling = 3;
  options.rescale_betas_zero_snr = options.clip_sample = options.set_alpha_to_one = true;
  options.clip_sample_range = 1.5;
  options.prediction_type = "v_prediction";
  return {{"sched_lcm", {.scheduler = "lcm"}},
          {"sched_lcm_options", {.scheduler = "lcm"}, options},
          {"sched_lcm_vpred", {.scheduler = "lcm", .prediction_type = "v_prediction"}},
          {"sched_tcd_eta0", {.scheduler = "tcd"}},
          {"sched_tcd_eta03", {.scheduler = "tcd", .eta = 0.3}},
          {"sched_tcd_eta1", {.scheduler = "tcd", .eta = 1}},
          {"sched_tcd_vpred", {.scheduler = "tcd", .eta = 0.3, .prediction_type = "v_prediction"}}};
}

/// What a set says of one schedule, "N4_" and "orig100_", and the settings for it.
struct Recorded {
  std::string all, name;
  Settings settings;
};

std::vector<Recorded> runs_of(const Distilled& one) {
  std::vector<Recorded> runs;
  for (const std::int64_t steps : {4, 8}) {
    const std::string all = "N" + std::to_string(steps) + "_";
    const auto add = [&](const std::string& name, auto change) {
      Recorded run{all, all + name, one.settings};
      run.settings.steps = steps;
      change(run.settings);
      runs.push_back(run);
    };
    add("", [](Settings&) {});
    add("orig100_", [](Settings& s) { s.original_inference_steps = 100; });
    add("orig25_", [](Settings& s) { s.original_inference_steps = 25; });
    for (const auto& [name, strength] : {std::pair("03", 0.3), std::pair("05", 0.5), std::pair("08", 0.8)}) {
      const double part = strength;
      add("img2img" + std::string(name) + "_", [part](Settings& s) { s.strength = part; });
      add("strength" + std::string(name) + "_", [part](Settings& s) {
        s.strength = part;
        s.strength_keeps_steps = true;
      });
    }
  }
  return runs;
}

double greatest(const at::Tensor& found, const at::Tensor& expected) {
  const at::Tensor scale = expected.to(at::kDouble).abs().clamp_min(1);
  return ((found.to(at::kDouble) - expected.to(at::kDouble)).abs() / scale).max().item<double>();
}

void expect_run(const Distilled& one, const Recorded& run, const reference::Vectors& expected) {
  const Schedule schedule(one.config, run.settings);
  const at::Tensor& timesteps = expected[run.name + "timesteps"];
  ASSERT_EQ(static_cast<std::int64_t>(schedule.size()), timesteps.numel());
  for (std::size_t turn = 0; turn < schedule.size(); ++turn)
    EXPECT_EQ(schedule.timestep(turn), timesteps[static_cast<std::int64_t>(turn)].item<double>()) << turn;
  if (!expected.has(run.name + "samples")) return;
  const at::Tensor& samples = expected[run.name + "samples"];
  at::Tensor latents = expected[run.all + "x_init"];
  const bool begins_noisy = run.settings.strength < 1;
  if (begins_noisy) {
    latents = add_noise(schedule, expected[run.all + "addnoise_original"], expected[run.all + "addnoise_noise"]);
    EXPECT_LE(greatest(latents, samples[0]), kDistilled);
  }
  std::int64_t draws = 0;
  const bool draws_ever = expected.has(run.name + "noise");
  const at::Tensor noise = draws_ever ? expected[run.name + "noise"] : at::Tensor();
  const schedulers::Draw draw = [&](at::IntArrayRef) { return noise[draws++]; };
  State state;
  for (std::size_t turn = 0; turn < schedule.size(); ++turn) {
    const auto row = static_cast<std::int64_t>(turn);
    EXPECT_TRUE(scale_model_input(schedule, turn, latents).equal(latents));
    latents = step(schedule, turn, expected[run.all + "model_outputs"][row], latents, state,
                   needs_noise(schedule, turn) ? draw : schedulers::Draw());
    EXPECT_LE(greatest(latents, samples[begins_noisy ? row + 1 : row]), kDistilled) << "turn " << turn;
  }
  EXPECT_EQ(draws, draws_ever ? noise.size(0) : 0);
}

TEST(FewSteps, EqualDiffusers) {
  for (const Distilled& one : all_distilled()) {
    const reference::Vectors expected(reference::control() / (one.vectors + ".npz"));
    int found = 0;
    for (const Recorded& run : runs_of(one)) {
      SCOPED_TRACE(one.vectors + " " + run.name);
      if (!expected.has(run.name + "timesteps")) continue;
      ++found;
      expect_run(one, run, expected);
    }
    EXPECT_GE(found, 4) << one.vectors;
  }
}

/// A product of float32, as torch multiplies: float64 would go to 62.
TEST(FewSteps, TcdRoundsAsTorchDoes) {
  Config config = Config::stable_diffusion_xl();
  config.original_inference_steps = 11;  // the last timesteps are 179 and 89; with a stride of 90
  config.set_alpha_to_one = false;
  Config whole = config;
  whole.num_train_timesteps = 1001;
  const Schedule schedule(whole, {.scheduler = "tcd", .steps = 11, .eta = 0.3});
  ASSERT_EQ(schedule.timestep(10), 90);
  const auto levels = schedule.alphas_cumprod();
  const at::Tensor x = at::full({1, 1, 1, 1}, 0.7), prediction = at::full({1, 1, 1, 1}, 0.2);
  State state;
  const auto nothing = [](at::IntArrayRef sizes) { return at::zeros(sizes); };
  for (std::size_t turn = 0; turn < 9; ++turn) step(schedule, turn, prediction, x, state, nothing);
  const double found = step(schedule, 9, prediction, x, state, nothing).item<double>();
  const double from = levels[181], to = levels[63], next = levels[90];
  const double original = (0.7 - 0.2 * std::sqrt(1 - from)) / std::sqrt(from);
  EXPECT_NEAR(found, std::sqrt(next / to) * (original * std::sqrt(to) + 0.2 * std::sqrt(1 - to)), 1e-6);
}

std::string refusal_of(const Settings& settings, const Config& config = Config::stable_diffusion_xl()) {
  try {
    const Schedule schedule(config, settings);
  } catch (const std::exception& e) {
    return e.what();
  }
  return "not refused";
}

TEST(FewSteps, Errors) {
  EXPECT_EQ(
      refusal_of({.scheduler = "lcm", .steps = 60}),
      "steps: 60 are more than the 50 timesteps that lcm has (original_inference_steps); take fewer steps, or more "
      "original_inference_steps");
  EXPECT_THAT(refusal_of({.scheduler = "tcd", .steps = 30, .strength = 0.5, .strength_keeps_steps = true}),
              HasSubstr("30 are more than the 25 timesteps that tcd has (original_inference_steps x strength)"));
  EXPECT_THAT(refusal_of({.scheduler = "lcm", .steps = 4, .strength = 0, .strength_keeps_steps = true}),
              HasSubstr("more than the 0 timesteps"));
  EXPECT_EQ(refusal_of({.scheduler = "lcm", .steps = 4, .eta = 0.5}),
            "lcm has no eta settings: they go with ddim or tcd");
  EXPECT_THAT(refusal_of({.scheduler = "tcd", .steps = 4, .eta = 1.5}), HasSubstr("eta: expected 0 to 1, found 1.5"));
  EXPECT_EQ(refusal_of({.scheduler = "euler", .original_inference_steps = 40}),
            "euler has no original_inference_steps: they go with lcm or tcd");
  EXPECT_THAT(refusal_of({.scheduler = "lcm", .steps = 4, .original_inference_steps = 2000}),
              HasSubstr("original_inference_steps: expected 1 to 1000"));
  EXPECT_EQ(refusal_of({.scheduler = "tcd", .steps = 4, .timestep_scaling = 3}),
            "tcd has no timestep_scaling: they go with lcm");
  EXPECT_THAT(refusal_of({.scheduler = "lcm", .steps = 4, .spacing = "trailing"}),
              HasSubstr("lcm has no spacing settings"));
  EXPECT_THAT(refusal_of({.scheduler = "euler", .strength_keeps_steps = true}),
              HasSubstr("euler has no strength that keeps every step"));
  EXPECT_EQ(refusal_of({.steps = 4}, Config::parse(R"({"_class_name": "LCMScheduler"})", "a.json")), "not refused");
  const std::string short_training = R"({"_class_name": "LCMScheduler", "num_train_timesteps": 20})";
  EXPECT_EQ(refusal_of({.steps = 4}, Config::parse(short_training, "a.json")),
            "a.json: original_inference_steps 50 are more than num_train_timesteps, 20");
  EXPECT_EQ(refusal_of({.scheduler = "euler", .steps = 4}, Config::parse(short_training, "a.json")), "not refused");
  EXPECT_THAT(
      refusal_of({.steps = 4}, Config::parse(R"({"_class_name": "LCMScheduler", "thresholding": true})", "a.json")),
      HasSubstr("a.json: thresholding is not built"));
}

}  // namespace
