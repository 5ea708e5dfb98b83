// SPDX-License-Identifier: MIT
/// Whole loops with the network x·t/(t + 1), against the sums and means that diffusers' own test suite expects of them
/// (tests/schedulers of its repository), to the tolerances given there. They cover what the recorded vectors do not:
/// class defaults, linear betas, 1100 training timesteps, clipped samples, and torch's generator behind the noise.
#include <gtest/gtest.h>

#include "tests/schedulers/sampling.h"

namespace {

using schedulers::Config;
using schedulers::Schedule;
using schedulers::Settings;

struct Published {
  std::string name{};
  std::string scheduler{};
  std::string config{};  ///< added to linear betas from 0.0001 to 0.02
  double sum = 0;        ///< of absolute values; 0: only the mean was published
  double mean = 0;
  double strength = 1;  ///< below 1: noise is added first, as in img2img
};

constexpr const char* k1100 = R"("num_train_timesteps": 1100)";
constexpr const char* k1100V = R"("num_train_timesteps": 1100, "prediction_type": "v_prediction")";
constexpr const char* k1100Karras = R"("num_train_timesteps": 1100, "use_karras_sigmas": true)";
constexpr const char* kDpm =
    R"("final_sigmas_type": "sigma_min", "lower_order_final": false, "lambda_min_clipped": -Infinity)";
constexpr const char* kUniPc = R"("final_sigmas_type": "sigma_min")";

std::string and_also(const std::string& a, const std::string& b) {
  return a + ", " + b;
}

std::vector<Published> published() {
  const std::string v = R"("prediction_type": "v_prediction")";
  const std::string karras = R"("use_karras_sigmas": true)";
  return {
      {"euler", "euler", k1100, 10.0807, 0.0131},
      {"euler_v", "euler", k1100V, 0.0002, 2.2676e-06},
      {"euler_karras", "euler", k1100Karras, 124.52299499511719, 0.16213932633399963},
      {"euler_img2img", "euler", k1100, 57062.9297, 74.3007, 0.2},
      {"euler_a", "euler-ancestral", k1100, 152.3192, 0.1983},
      {"euler_a_v", "euler-ancestral", k1100V, 108.4439, 0.1412},
      {"euler_a_img2img", "euler-ancestral", k1100, 56163.0508, 73.1290, 0.2},
      {"heun", "heun", k1100, 0.1233, 0.0002},
      {"heun_v", "heun", k1100V, 4.6934e-07, 6.1112e-10},
      {"heun_karras", "heun", k1100Karras, 0.00015, 1.9869554535034695e-07},
      {"heun_img2img", "heun", k1100, 75074.8906, 97.7538, 0.2},
      {"lms", "lms", k1100, 1006.388, 1.31},
      {"lms_v", "lms", k1100V, 0.0017, 2.2676e-06},
      {"lms_karras", "lms", k1100Karras, 3812.9927, 4.9648},
      {"lms_img2img", "lms", k1100, 27663.6895, 36.0204, 0.2},
      {"ddim", "ddim", "", 172.0067, 0.223967},
      {"ddim_v", "ddim", v, 52.5302, 0.0684},
      {"ddim_to_one", "ddim", R"("beta_start": 0.01, "set_alpha_to_one": true)", 149.8295, 0.1951},
      {"ddim_not_to_one", "ddim", R"("beta_start": 0.01, "set_alpha_to_one": false)", 149.0784, 0.1941},
      {"ddim_img2img", "ddim", "", 354.5418, 0.4616, 0.2},
      {"dpmpp_2m", "dpmpp-2m", kDpm, 0, 0.3301},
      {"dpmpp_2m_v", "dpmpp-2m", and_also(kDpm, v), 0, 0.2251},
      {"dpmpp_2m_karras_v", "dpmpp-2m", and_also(and_also(kDpm, v), karras), 0, 0.2096},
      {"dpmpp_2m_img2img", "dpmpp-2m", kDpm, 318.4111, 0.4146, 0.5},
      {"unipc", "unipc", kUniPc, 0, 0.2464},
      {"unipc_karras", "unipc", and_also(kUniPc, karras), 0, 0.2925},
      {"unipc_v", "unipc", and_also(kUniPc, v), 0, 0.1014},
      {"unipc_karras_v", "unipc", and_also(and_also(kUniPc, v), karras), 0, 0.1966},
      {"unipc_img2img", "unipc", kUniPc, 315.5757, 0.4109, 0.2},
  };
}

TEST(Published, SumsAndMeans) {
  const at::Tensor ramp = sampling::ramp();
  const at::Tensor down = 767.0 / 768 - ramp;
  for (const Published& one : published()) {
    SCOPED_TRACE(one.name);
    const std::string betas = R"({"beta_schedule": "linear", "beta_end": 0.02)";
    const std::string start = one.config.find("beta_start") == std::string::npos ? R"(, "beta_start": 0.0001)" : "";
    const Config config = Config::parse(betas + start + (one.config.empty() ? "" : ", ") + one.config + "}", "test");
    const Schedule schedule(config, {.scheduler = one.scheduler, .steps = 10, .strength = one.strength});

    at::Tensor latents = ramp * schedule.init_noise_sigma();
    if (one.strength < 1) latents = add_noise(schedule, latents, down);
    sampling::Noise noise(0);
    const auto network = sampling::dummy_model(schedule);
    schedulers::State state;
    for (std::size_t turn = 0; turn < schedule.size(); ++turn) {
      // diffusers' tests go on from the scaled latents, which its pipelines do not.
      latents = scale_model_input(schedule, turn, latents);
      latents = step(schedule, turn, network(latents, turn), latents, state, noise.draw());
    }
    if (one.sum != 0) {
      EXPECT_NEAR(latents.abs().sum().item<double>(), one.sum, 2e-2);
    }
    EXPECT_NEAR(latents.abs().mean().item<double>(), one.mean, 1e-3);
  }
}

}  // namespace
