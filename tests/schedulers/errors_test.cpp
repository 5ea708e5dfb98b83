// SPDX-License-Identifier: MIT
/// The text of every refusal, since people read them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "schedulers/schedule.h"
#include "tensors/npz.h"
#include "tests/schedulers/sampling.h"

namespace {

using schedulers::Config;
using schedulers::Schedule;
using schedulers::Settings;
using schedulers::State;
using testing::HasSubstr;

const std::string kList =
    "; there are euler, euler-ancestral, heun, lms, ddim, pndm, dpmpp-2m, dpmpp-2m-sde, "
    "unipc, lcm or tcd";

template <class Call>
std::string message(Call call) {
  try {
    call();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "nothing was thrown";
}

std::string refusal(const Settings& settings, const Config& config = Config::stable_diffusion_xl()) {
  return message([&] { Schedule(config, settings); });
}

/// With keys laid over Stable Diffusion XL's file.
std::string refusal(const Settings& settings, const std::string& keys) {
  std::string text = "{" + keys;
  for (const auto& [key, value] :
       {std::pair{R"("_class_name")", R"("EulerDiscreteScheduler")"}, std::pair{R"("beta_start")", "0.00085"},
        std::pair{R"("beta_end")", "0.012"}, std::pair{R"("beta_schedule")", R"("scaled_linear")"},
        std::pair{R"("skip_prk_steps")", "true"}, std::pair{R"("clip_sample")", "false"}}) {
    if (keys.find(key) == std::string::npos) text += std::string(", ") + key + ": " + value;
  }
  return refusal(settings, Config::parse(text + "}", "scheduler_config.json"));
}

std::string parse(const std::string& text) {
  return message([&] { Config::parse(text, "scheduler_config.json"); });
}

TEST(SettingsErrors, UnknownSchedulers) {
  EXPECT_EQ(refusal({.scheduler = "eular"}), "no scheduler 'eular' (did you mean 'euler'?)" + kList);
  EXPECT_EQ(refusal({.scheduler = "turbo"}), "no scheduler 'turbo'" + kList);
  EXPECT_EQ(refusal({.scheduler = "DDPMScheduler"}), "diffusers' DDPMScheduler is not built" + kList);
  EXPECT_EQ(refusal({}, Config::parse(R"({"_class_name": "SASolverScheduler"})", "a/scheduler_config.json")),
            "a/scheduler_config.json: diffusers' SASolverScheduler is not built" + kList);
  EXPECT_EQ(refusal({}, Config::parse("{}", "a/scheduler_config.json")),
            "a/scheduler_config.json: no _class_name, so name a scheduler" + kList);
  EXPECT_EQ(refusal({}, R"("algorithm_type": "dpmsolver", "_class_name": "DPMSolverMultistepScheduler")"),
            "scheduler_config.json: algorithm_type 'dpmsolver' is not built: choose dpmpp-2m (dpmsolver++) or "
            "dpmpp-2m-sde (sde-dpmsolver++)");
}

TEST(SettingsErrors, OutOfRange) {
  EXPECT_EQ(refusal({.steps = 0}), "steps: expected 1 to 1000 (the training timesteps), found 0");
  EXPECT_EQ(refusal({.steps = 1001}), "steps: expected 1 to 1000 (the training timesteps), found 1001");
  EXPECT_EQ(refusal({.strength = 1.5}), "strength: expected 0 to 1, found 1.5");
  EXPECT_EQ(refusal({.strength = -0.1}), "strength: expected 0 to 1, found -0.1");
  EXPECT_EQ(refusal({.strength = std::nan("")}), "strength: expected 0 to 1, found nan");
  EXPECT_EQ(refusal({.denoising_start = 2}), "denoising_start: expected 0 to 1, found 2");
  EXPECT_EQ(refusal({.denoising_end = -1}), "denoising_end: expected 0 to 1, found -1");
  EXPECT_EQ(refusal({.scheduler = "ddim", .eta = 1.01}), "eta: expected 0 to 1, found 1.01");
  EXPECT_EQ(refusal({.denoising_start = 0.8, .denoising_end = 0.8}),
            "denoising_start 0.8 must be less than denoising_end 0.8");
  EXPECT_EQ(refusal({.strength = 0.5, .denoising_start = 0.8}),
            "strength 0.5 and denoising_start 0.8 both say where to begin: set one of them");
}

TEST(SettingsErrors, NothingLeft) {
  EXPECT_EQ(refusal({.steps = 4, .strength = 0.2}),
            "of 4 steps none is left: strength 0.2 takes int(steps x strength); give at least 0.25");
  EXPECT_EQ(refusal({.steps = 4, .denoising_end = 0.1}),
            "of 4 steps none is left: no timestep lies between denoising_start 0 and denoising_end 0.1");
}

TEST(SettingsErrors, WhatASchedulerHasNot) {
  EXPECT_EQ(refusal({.scheduler = "ddim", .karras = true}),
            "ddim has no karras sigmas: they go with euler, heun, lms, dpmpp-2m, dpmpp-2m-sde or unipc");
  EXPECT_EQ(refusal({.scheduler = "lms", .final_sigmas_type = "sigma_min"}),
            "lms has no final_sigmas_type settings: they go with euler, dpmpp-2m, dpmpp-2m-sde or unipc");
  EXPECT_EQ(refusal({.scheduler = "heun", .rescale_betas_zero_snr = true}),
            "heun has no betas rescaled to zero SNR: they go with euler, euler-ancestral, ddim, dpmpp-2m, "
            "dpmpp-2m-sde, unipc, lcm or tcd");
  EXPECT_EQ(refusal({.scheduler = "euler", .eta = 0.5}), "euler has no eta settings: they go with ddim or tcd");
  EXPECT_EQ(refusal({.scheduler = "pndm", .prediction_type = "sample"}),
            "pndm has no prediction_type sample: take epsilon or v_prediction, or euler, heun, lms, ddim, dpmpp-2m, "
            "dpmpp-2m-sde, unipc, lcm or tcd");
}

TEST(SettingsErrors, UnknownChoices) {
  EXPECT_EQ(refusal({.spacing = "leeding"}),
            "no spacing 'leeding' (did you mean 'leading'?); there are leading, linspace or trailing");
  EXPECT_EQ(refusal({.prediction_type = "velocity"}),
            "no prediction_type 'velocity'; there are epsilon, sample or v_prediction");
  EXPECT_EQ(refusal({.final_sigmas_type = "one"}), "no final_sigmas_type 'one'; there are zero or sigma_min");
}

TEST(SettingsErrors, MoreStepsThanNoiseLevels) {
  EXPECT_EQ(refusal({.scheduler = "ddim", .steps = 1000}),
            "steps 1000 with leading spacing and steps_offset 1 would begin at timestep 1000, and the last one that "
            "was trained is 999: take fewer steps, or trailing spacing");
  EXPECT_EQ(refusal({.scheduler = "dpmpp-2m", .steps = 1000}),
            "steps 1000 are more than dpmpp-2m with leading spacing has noise levels for, so two turns would be the "
            "same one: take fewer steps");
  EXPECT_EQ(refusal({.steps = 1, .spacing = "linspace"}),
            "steps 1 with linspace spacing would begin at timestep 0, where there is no noise: take trailing spacing, "
            "or 2 steps or more");
}

TEST(ConfigErrors, WhatIsNotBuilt) {
  const std::string file = "scheduler_config.json: ";
  const std::string pixels = file + "thresholding is not built: it is for pixels, not latents";
  for (const char* name : {"ddim", "dpmpp-2m", "unipc"}) {
    EXPECT_EQ(refusal({.scheduler = name}, R"("thresholding": true)"), pixels);
  }
  EXPECT_EQ(refusal({}, R"("use_exponential_sigmas": true)"),
            file + "use_exponential_sigmas is not built: karras sigmas and the plain ones are");
  EXPECT_EQ(refusal({}, R"("use_beta_sigmas": true)"),
            file + "use_beta_sigmas is not built: karras sigmas and the plain ones are");
  EXPECT_EQ(refusal({.scheduler = "dpmpp-2m"}, R"("use_lu_lambdas": true)"),
            file + "use_lu_lambdas is not built: karras sigmas and the plain ones are");
  EXPECT_EQ(refusal({.scheduler = "unipc"}, R"("use_flow_sigmas": true)"),
            file + "use_flow_sigmas is not built: karras sigmas and the plain ones are");
  EXPECT_EQ(refusal({}, R"("timestep_type": "continuous", "prediction_type": "v_prediction")"),
            file + "timestep_type continuous with v_prediction (EDM) is not built");
  EXPECT_EQ(
      refusal({.scheduler = "pndm"}, R"("skip_prk_steps": false)"),
      file +
          "pndm's Runge-Kutta start (skip_prk_steps false, which holds where the file does not say) is not "
          "built: write \"skip_prk_steps\": true, as Stable Diffusion's file has it, or choose another scheduler");
  EXPECT_EQ(refusal({.scheduler = "dpmpp-2m"}, R"("solver_order": 4)"),
            file + "solver_order: expected 1 to 3 for this scheduler, found 4");
  EXPECT_EQ(refusal({.scheduler = "dpmpp-2m-sde"}, R"("solver_order": 3)"),
            file + "solver_order: expected 1 to 2 for this scheduler, found 3");
  EXPECT_EQ(refusal({.scheduler = "dpmpp-2m"}, R"("variance_type": "learned_range")"),
            file + "variance_type 'learned_range' is not built: Stable Diffusion's networks predict no variance");
  EXPECT_EQ(refusal({.scheduler = "unipc"}, R"("lower_order_final": false)"),
            file + "lower_order_final false needs final_sigmas_type sigma_min: the last step to sigma 0 has no limit");
  EXPECT_EQ(refusal({.scheduler = "unipc"}, R"("predict_x0": false)"),
            file + "predict_x0 false needs final_sigmas_type sigma_min: the last step to sigma 0 has no limit");
  EXPECT_EQ(refusal({.scheduler = "ddim", .spacing = "trailing", .rescale_betas_zero_snr = true}),
            "ddim cannot begin at pure noise with prediction_type epsilon (rescale_betas_zero_snr, timestep 999): such "
            "networks predict v_prediction");
}

TEST(ConfigErrors, Files) {
  EXPECT_THAT(parse("{"), HasSubstr("scheduler_config.json: is not JSON: "));
  EXPECT_EQ(parse("[1]"), "scheduler_config.json: is not a JSON object, but a list of 1");
  EXPECT_THAT(message([] { Config::read("/nowhere/scheduler_config.json"); }),
              HasSubstr("/nowhere/scheduler_config.json: cannot be read: "));
  const auto large = std::filesystem::path(testing::TempDir()) / "large_scheduler_config.json";
  std::ofstream(large) << std::string((1 << 20) + 1, ' ');
  EXPECT_EQ(message([&] { Config::read(large); }),
            large.string() +
                ": is 1048577 bytes long, where it may have at most 1 MiB (--max config-bytes=N sets another limit)");
  EXPECT_THROW(Config::parse("{", "x"), tensors::FileError);
}

TEST(ConfigErrors, Keys) {
  const std::string file = "scheduler_config.json: ";
  EXPECT_EQ(
      parse(R"({"beta_strat": 0.1, "shift": 3.0})"),
      file +
          "asks for what is not supported: beta_strat 0.1 (did you mean 'beta_start'?), shift 3.0 (each may change the "
          "numbers; remove what does not, or write null)");
  EXPECT_EQ(parse(R"({"beta_start": "low"})"), file + "beta_start: expected a number, found \"low\"");
  EXPECT_EQ(parse(R"({"num_train_timesteps": 10.5})"),
            file + "num_train_timesteps: expected a whole number, found 10.5");
  EXPECT_EQ(parse(R"({"solver_order": 18446744073709551615})"),
            file + "solver_order: expected a whole number, found 18446744073709551615");
  EXPECT_EQ(parse(R"({"num_train_timesteps": 1})"), file + "num_train_timesteps: expected 2 to 1000000, found 1");
  EXPECT_EQ(parse(R"({"use_karras_sigmas": 1})"), file + "use_karras_sigmas: expected true or false, found 1");
  EXPECT_EQ(parse(R"({"trained_betas": 0.1})"), file + "trained_betas: expected a list, each a number, found 0.1");
  EXPECT_EQ(parse(R"({"trained_betas": [0.1]})"),
            file + "trained_betas: expected one for each of 1000 num_train_timesteps, found 1");
  EXPECT_EQ(parse(R"({"_class_name": {}})"), file + "_class_name: expected a text, found an object");
  EXPECT_EQ(parse(R"({"beta_schedule": "sigmoid"})"),
            file + "beta_schedule: expected linear, scaled_linear or squaredcos_cap_v2, found 'sigmoid'");
  EXPECT_EQ(
      parse(R"({"timestep_spacing": "leding"})"),
      file + "timestep_spacing: expected leading, linspace or trailing, found 'leding' (did you mean 'leading'?)");
  EXPECT_EQ(parse(R"({"steps_offset": -1})"), file + "steps_offset: expected 0 to num_train_timesteps - 1, found -1");
  EXPECT_EQ(parse(R"({"solver_p": "DDIMScheduler"})"),
            file + "solver_p: \"DDIMScheduler\" is not supported, only null");
  EXPECT_EQ(refusal({.steps = 1}, R"("trained_betas": [2, 0.1], "num_train_timesteps": 2)"),
            file + "the betas are no noise schedule: each must lie between 0 and 1");
}

TEST(Config, NullsNotesAndOtherSchedulersKeysAreNoErrors) {
  const Config config = Config::parse(
      R"({"_class_name": "DPMSolverMultistepScheduler", "_diffusers_version": "0.30", "trained_betas": null,
          "something_new": null, "lambda_min_clipped": -Infinity, "sigma_max": 1e1, "algorithm_type": "sde-dpmsolver++",
          "flow_shift": 1.0, "use_flow_sigmas": false, "dynamic_thresholding_ratio": 0.995, "use_karras_sigmas": true,
          "solver_type": "midpoint", "variance_type": null, "skip_prk_steps": true})",
      "file");
  EXPECT_EQ(*config.lambda_min_clipped, -INFINITY);
  EXPECT_EQ(Schedule(config, {}).scheduler(), "dpmpp-2m-sde");
  for (const std::string& name : schedulers::scheduler_names()) {
    EXPECT_EQ(Schedule(config, {.scheduler = name}).scheduler(), name);
  }
}

TEST(Config, ClassNamesAreNames) {
  const Config config = Config::stable_diffusion_xl();
  for (const auto& [class_name, name] :
       {std::pair{"EulerDiscreteScheduler", "euler"}, std::pair{"EulerAncestralDiscreteScheduler", "euler-ancestral"},
        std::pair{"HeunDiscreteScheduler", "heun"}, std::pair{"LMSDiscreteScheduler", "lms"},
        std::pair{"DDIMScheduler", "ddim"}, std::pair{"PNDMScheduler", "pndm"},
        std::pair{"DPMSolverMultistepScheduler", "dpmpp-2m"}, std::pair{"UniPCMultistepScheduler", "unipc"}}) {
    EXPECT_EQ(Schedule(config, {.scheduler = class_name}).scheduler(), name);
  }
  EXPECT_EQ(Schedule(config, {}).scheduler(), "euler");
}

class StepErrors : public testing::Test {
 protected:
  std::string at_turn(const Schedule& schedule, std::size_t turn) {
    return message([&] { step(schedule, turn, latents_, latents_, state_, {}); });
  }
  Schedule schedule(const std::string& name) {
    return {Config::stable_diffusion_xl(), {.scheduler = name, .steps = 4}};
  }
  at::Tensor latents_ = at::ones({1, 4, 2, 3});
  State state_{};
};

TEST_F(StepErrors, Turns) {
  const Schedule euler = schedule("euler");
  EXPECT_EQ(at_turn(euler, 4), "turn 4 of a schedule of 4");
  EXPECT_EQ(message([&] { (void)euler.timestep(4); }), "turn 4 of a schedule of 4");
  EXPECT_EQ(message([&] { (void)euler.sigma(5); }), "turn 5 of a schedule of 4");
  EXPECT_EQ(message([&] { (void)needs_noise(euler, 4); }), "turn 4 of a schedule of 4");
}

TEST_F(StepErrors, States) {
  EXPECT_EQ(at_turn(schedule("heun"), 1),
            "heun's turn 1 is the second half of a step and needs the state of the turn before");
  const Schedule lms = schedule("lms");
  EXPECT_EQ(at_turn(lms, 0), "nothing was thrown");
  EXPECT_EQ(at_turn(lms, 2), "a state for turn 1 at turn 2: keep one for each picture, and begin with an empty one");
  const at::Tensor other = at::ones({2, 4, 2, 3});
  EXPECT_EQ(message([&] { step(lms, 1, other, other, state_, {}); }),
            "a state's history of shape [1, 4, 2, 3] for latents of shape [2, 4, 2, 3]");
  EXPECT_EQ(state_.next_turn, 1U) << "a call that fails leaves the state as it was";
}

TEST_F(StepErrors, ShapesAndGenerators) {
  const Schedule euler = schedule("euler");
  EXPECT_EQ(message([&] {
              step(euler, 0, at::ones({1, 4}), latents_, state_, {});
            }),
            "prediction of shape [1, 4] for latents of shape [1, 4, 2, 3]");
  EXPECT_EQ(message([&] { add_noise(euler, latents_, at::ones({1})); }),
            "noise of shape [1] for latents of shape [1, 4, 2, 3]");
  EXPECT_EQ(at_turn(schedule("euler-ancestral"), 0), "euler-ancestral draws noise: give a generator");
}

}  // namespace
