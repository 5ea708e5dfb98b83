// SPDX-License-Identifier: MIT
/// Keys of scheduler_config.json that no recorded vector covers, held against what they mean.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "tests/schedulers/sampling.h"

namespace {

using schedulers::Config;
using schedulers::Schedule;
using schedulers::Settings;
using schedulers::State;

const std::string kSdxl = R"("beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear")";

Schedule schedule_with(const std::string& keys, const Settings& settings) {
  return {Config::parse("{" + keys + "}", "test"), settings};
}

at::Tensor start_noise() {
  return sampling::Noise(7).draw()({1, 4, 6, 5});
}

at::Tensor predicted(const at::Tensor& input, std::size_t turn) {
  return (input * 0.7 + 0.01 * static_cast<double>(turn)).tanh();
}

at::Tensor loop(const Schedule& schedule) {
  return sampling::denoise(schedule, start_noise(), predicted);
}

double difference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

TEST(Options, TrainedBetasAreTaken) {
  const Schedule one =
      schedule_with(R"("num_train_timesteps": 3, "trained_betas": [0.1, 0.2, 0.5])", {.scheduler = "ddim", .steps = 3});
  const auto alphas = one.alphas_cumprod();
  EXPECT_NEAR(alphas[0], 0.9, 1e-6);
  EXPECT_NEAR(alphas[1], 0.72, 1e-6);
  EXPECT_NEAR(alphas[2], 0.36, 1e-6);
}

TEST(Options, SquaredCosineIsNicholsAndDhariwals) {
  const Schedule one = schedule_with(R"("beta_schedule": "squaredcos_cap_v2")", {.scheduler = "euler"});
  const auto bar = [](double t) { return std::pow(std::cos((t + 0.008) / 1.008 * std::numbers::pi / 2), 2); };
  for (const std::size_t t : {0, 100, 500, 900}) {
    EXPECT_NEAR(one.alphas_cumprod()[t], bar(static_cast<double>(t + 1) / 1000) / bar(0), 1e-5) << t;
  }
}

/// Betas that end near zero SNR by themselves: rescaled, the last timestep but one lies below what the last is set to.
TEST(Options, ZeroTerminalSnrOfBetasThatNearlyHaveIt) {
  const std::string keys =
      R"("beta_start": 0.00085, "beta_end": 0.02, "beta_schedule": "scaled_linear", "prediction_type": "v_prediction")";
  for (const char* name : {"euler", "euler-ancestral", "dpmpp-2m", "dpmpp-2m-sde", "unipc"}) {
    const Schedule one =
        schedule_with(keys, {.scheduler = name, .steps = 6, .spacing = "trailing", .rescale_betas_zero_snr = true});
    EXPECT_EQ(one.alphas_cumprod().back(), 0x1.0p-24F) << name;
    EXPECT_NEAR(one.sigma(0), 4096, 1) << name;
    const at::Tensor result =
        sampling::denoise(one, start_noise() * one.init_noise_sigma(), predicted, sampling::Noise(1).draw());
    EXPECT_TRUE(result.isfinite().all().item<bool>()) << name;
  }
}

TEST(Options, LambdaMinClippedKeepsClearOfPureNoise) {
  const std::string keys = R"("beta_schedule": "squaredcos_cap_v2", "lambda_min_clipped": -5.1)";
  for (const char* spacing : {"leading", "linspace", "trailing"}) {
    const Schedule one = schedule_with(keys, {.scheduler = "dpmpp-2m", .steps = 10, .spacing = spacing});
    EXPECT_LE(std::log(one.sigma(0)), 5.1) << spacing;
    EXPECT_LT(one.timestep(0), 999) << spacing;
  }
  const Schedule free = schedule_with(R"("beta_schedule": "squaredcos_cap_v2")",
                                      {.scheduler = "dpmpp-2m", .steps = 10, .spacing = "linspace"});
  EXPECT_GT(std::log(free.sigma(0)), 5.1);
}

TEST(Options, ZeroTerminalSnr) {
  const Settings settings{
      .scheduler = "ddim", .spacing = "trailing", .prediction_type = "v_prediction", .rescale_betas_zero_snr = true};
  const Schedule ddim = schedule_with(kSdxl, settings);
  EXPECT_EQ(ddim.alphas_cumprod().back(), 0);
  EXPECT_TRUE(std::isinf(ddim.sigma(0)));
  const Schedule plain = schedule_with(kSdxl, {.scheduler = "ddim"});
  EXPECT_NEAR(ddim.alphas_cumprod().front(), plain.alphas_cumprod().front(), 1e-6);
  Settings euler = settings;
  euler.scheduler = "euler";
  EXPECT_NEAR(schedule_with(kSdxl, euler).sigma(0), 4096, 1);  // of an alpha of 2^-24
}

TEST(Options, ASilentFileLeavesEachSchedulerItsOwnDefault) {
  EXPECT_EQ(schedule_with("", {.scheduler = "euler", .steps = 10}).timestep(0), 999);  // linspace
  EXPECT_EQ(schedule_with("", {.scheduler = "ddim", .steps = 10}).timestep(0), 900);   // leading
  const Schedule heun = schedule_with("", {.scheduler = "heun"});
  const Schedule lms = schedule_with("", {.scheduler = "lms"});
  EXPECT_NEAR(heun.alphas_cumprod()[0], 1 - 0.00085, 1e-6);
  EXPECT_NEAR(lms.alphas_cumprod()[0], 1 - 0.0001, 1e-6);
}

TEST(Options, LogLinearInterpolation) {
  const Schedule one =
      schedule_with(kSdxl + R"(, "interpolation_type": "log_linear")", {.scheduler = "euler", .steps = 10});
  const double ratio = one.sigma(1) / one.sigma(0);
  for (std::size_t turn = 0; turn < one.size(); ++turn) {
    EXPECT_NEAR(one.sigma(turn + 1) / one.sigma(turn), ratio, 1e-5) << turn;
  }
  EXPECT_NEAR(one.sigma(0), 14.6146, 1e-3);
  EXPECT_NEAR(one.sigma(10), 0.029168, 1e-5);
}

TEST(Options, SigmaMinAndMaxBoundKarrasSigmas) {
  for (const char* name : {"euler", "heun", "lms", "dpmpp-2m", "unipc"}) {
    const Schedule one = schedule_with(kSdxl + R"(, "sigma_min": 0.1, "sigma_max": 9)",
                                       {.scheduler = name, .steps = 10, .karras = true});
    EXPECT_NEAR(one.sigma(0), 9, 1e-5) << name;
    EXPECT_NEAR(one.sigma(one.size() - 1), 0.1, 1e-6) << name;
  }
}

TEST(Options, ClipSampleBoundsThePicture) {
  const at::Tensor latents = at::full({1, 4, 2, 2}, 5.0);
  const auto stepped = [&](const std::string& name, const std::string& keys) {
    const Schedule one = schedule_with(kSdxl + R"(, "timestep_spacing": "leading", "prediction_type": "sample")" + keys,
                                       {.scheduler = name, .steps = 4});
    State state;
    return step(one, 0, latents, latents, state, {});
  };
  for (const char* name : {"ddim", "heun"}) {
    const at::Tensor clipped = stepped(name, R"(, "clip_sample": true, "clip_sample_range": 2.0)");
    const at::Tensor open = stepped(name, R"(, "clip_sample": false)");
    EXPECT_GT(difference(clipped, open), 0.1) << name;
    EXPECT_EQ(difference(open, stepped(name, R"(, "clip_sample": true, "clip_sample_range": 5.0)")), 0) << name;
  }
  EXPECT_GT(difference(stepped("ddim", ""), stepped("ddim", R"(, "clip_sample": false)")), 0.1) << "true by default";
}

/// Of first order they are one method, DDIM's, in three notations.
TEST(Options, FirstOrdersAgree) {
  const std::string keys = kSdxl + R"(, "timestep_spacing": "leading", "clip_sample": false, "solver_order": 1,
      "disable_corrector": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])";
  const at::Tensor dpm = loop(schedule_with(keys, {.scheduler = "dpmpp-2m", .steps = 10}));
  const at::Tensor unipc = loop(schedule_with(keys, {.scheduler = "unipc", .steps = 10}));
  EXPECT_LT(difference(dpm, unipc), 1e-5);
  const Settings kept{.scheduler = "unipc", .steps = 10};
  EXPECT_GT(
      difference(unipc, loop(schedule_with(kSdxl + R"(, "timestep_spacing": "leading", "solver_order": 1)", kept))),
      1e-3)
      << "the corrector does something";

  const Schedule ddim = schedule_with(keys, {.scheduler = "ddim", .steps = 10});
  State state;
  const at::Tensor once = step(ddim, 0, start_noise(), start_noise(), state, {});
  const double alpha = 1 / std::sqrt(1 + std::pow(ddim.sigma(1), 2));
  const at::Tensor expected =
      predict_original(ddim, 0, start_noise(), start_noise()) * alpha + start_noise() * (alpha * ddim.sigma(1));
  EXPECT_LT(difference(once, expected), 1e-5);
}

TEST(Options, EulerAtFinalAndLowerOrderFinal) {
  const std::string open = kSdxl + R"(, "final_sigmas_type": "sigma_min", "lower_order_final": )";
  const Settings many{.scheduler = "dpmpp-2m", .steps = 20};
  const at::Tensor full = loop(schedule_with(open + "false", many));
  EXPECT_EQ(difference(full, loop(schedule_with(open + "true", many))), 0)
      << "only fewer than 15 steps end in low orders";
  EXPECT_GT(difference(full, loop(schedule_with(open + R"(false, "euler_at_final": true)", many))), 0);
  const Settings few{.scheduler = "dpmpp-2m", .steps = 10};
  EXPECT_GT(difference(loop(schedule_with(open + "false", few)), loop(schedule_with(open + "true", few))), 0);
}

TEST(Options, SolverTypesOfOtherSchedulersAreTheDefault) {
  for (const auto& [name, other, own] : {std::tuple{"unipc", "midpoint", "bh2"}, std::tuple{"unipc", "heun", "bh2"},
                                         std::tuple{"dpmpp-2m", "bh1", "midpoint"}}) {
    const auto typed = [&, scheduler = name](const std::string& type) {
      return loop(schedule_with(kSdxl + R"(, "solver_type": ")" + type + '"', {.scheduler = scheduler, .steps = 10}));
    };
    EXPECT_EQ(difference(typed(other), typed(own)), 0) << name << " " << other;
  }
}

TEST(Options, StrengthOneIsTheWholeSchedule) {
  const Schedule all = schedule_with(kSdxl, {.scheduler = "euler", .steps = 10, .strength = 1});
  EXPECT_EQ(all.size(), 10U);
  EXPECT_EQ(schedule_with(kSdxl, {.scheduler = "euler", .steps = 50, .strength = 0.58}).size(), 28U)
      << "int() truncates";
}

/// Collage Diffusion's table of steps.
TEST(Options, TheFirstStepMayNeverBeTaken) {
  const auto first = [](double strength) {
    return schedule_with(kSdxl, {.scheduler = "euler-ancestral", .steps = 50, .strength = strength, .first_step = 1})
        .index(0);
  };
  EXPECT_EQ(first(0.8), 10U);
  EXPECT_EQ(first(1), 1U);
  EXPECT_EQ(first(0.5), 25U);
  EXPECT_THROW(schedule_with(kSdxl, {.scheduler = "euler", .steps = 1, .first_step = 1}), std::invalid_argument);
}

}  // namespace
