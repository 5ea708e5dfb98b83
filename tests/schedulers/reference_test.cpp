// SPDX-License-Identifier: MIT
/// Agreement with diffusers 0.27.2 (and 0.30.3 for unipc's newer form): timesteps, sigmas, every step of full and
/// img2img schedules on given predictions. The larger set's recordings are the same bytes. tests/data/sdxl/README.md
/// says how the numbers were made.
#include "tests/reference.h"

#include "schedulers/schedule.h"

namespace {

using schedulers::Config;
using schedulers::Schedule;
using schedulers::Settings;
using schedulers::State;

constexpr double kRelative = 1e-6;  // timesteps, sigmas
constexpr double kStep = 1e-5;      // latents after any number of steps; values are up to about 50

struct Case {
  std::string vectors{};
  Settings settings{};
};

std::vector<Case> cases() {
  const auto with = [](const std::string& name, auto change) {
    Settings settings{.scheduler = name};
    change(settings);
    return settings;
  };
  const auto plain = [](Settings&) {};
  const auto karras = [](Settings& s) { s.karras = true; };
  const auto v = [](Settings& s) { s.prediction_type = "v_prediction"; };
  const auto old = [](Settings& s) { s.final_sigmas_type = "sigma_min"; };
  return {
      {"ddim", with("ddim", plain)},
      {"ddim_eta1", with("ddim", [](Settings& s) { s.eta = 1; })},
      {"ddim_vpred_trailing_zsnr", with("ddim",
                                        [](Settings& s) {
                                          s.prediction_type = "v_prediction";
                                          s.spacing = "trailing";
                                          s.rescale_betas_zero_snr = true;
                                        })},
      {"dpmpp_2m", with("dpmpp-2m", plain)},
      {"dpmpp_2m_karras", with("dpmpp-2m", karras)},
      {"dpmpp_2m_sde", with("dpmpp-2m-sde", plain)},
      {"dpmpp_2m_vpred", with("dpmpp-2m", v)},
      {"euler", with("euler", plain)},
      {"euler_a", with("euler-ancestral", plain)},
      {"euler_karras", with("euler", karras)},
      {"euler_linspace", with("euler", [](Settings& s) { s.spacing = "linspace"; })},
      {"euler_trailing", with("euler", [](Settings& s) { s.spacing = "trailing"; })},
      {"euler_vpred", with("euler", v)},
      {"heun", with("heun", plain)},
      {"lms", with("lms", plain)},
      {"lms_karras", with("lms", karras)},
      {"pndm", with("pndm", plain)},
      {"unipc", with("unipc", old)},
      {"unipc_karras", with("unipc",
                            [](Settings& s) {
                              s.karras = true;
                              s.final_sigmas_type = "sigma_min";
                            })},
      {"unipc_v030", with("unipc", plain)},
      {"unipc_karras_v030", with("unipc", karras)},
  };
}

Config file() {
  return Config::read(reference::sdxl("mini") / "model/scheduler/scheduler_config.json");
}

/// Greatest |a − b| / max(1, |b|).
double relative(const at::Tensor& a, const at::Tensor& b) {
  EXPECT_EQ(a.sizes(), b.sizes());
  if (a.sizes() != b.sizes()) return 1e30;
  const at::Tensor d = (a.to(at::kDouble) - b.to(at::kDouble)).abs() / b.to(at::kDouble).abs().clamp_min(1);
  return d.max().item<double>();
}

at::Tensor timesteps(const Schedule& schedule) {
  std::vector<double> values;
  for (std::size_t i = 0; i < schedule.size(); ++i) values.push_back(schedule.timestep(i));
  return at::tensor(values, at::kDouble);
}

at::Tensor sigmas(const Schedule& schedule) {
  std::vector<double> values;
  for (std::size_t i = 0; i <= schedule.size(); ++i) values.push_back(schedule.sigma(i));
  return at::tensor(values, at::kDouble);
}

/// Hands out the rows of a recording.
schedulers::Draw recorded(const reference::Vectors& vectors, const std::string& name) {
  if (!vectors.has(name)) return {};
  return [noise = vectors[name], next = std::int64_t{0}](at::IntArrayRef sizes) mutable {
    const at::Tensor row = noise[next++];
    EXPECT_EQ(row.sizes(), sizes);
    return row;
  };
}

Schedule schedule_of(const Case& one, std::int64_t steps, double strength = 1) {
  Settings settings = one.settings;
  settings.steps = steps;
  settings.strength = strength;
  return {file(), settings};
}

TEST(Reference, Levels) {
  for (const Case& one : cases()) {
    SCOPED_TRACE(one.vectors);
    const reference::Vectors expected("mini", "sched_" + one.vectors);
    for (const std::int64_t steps : {4, 10, 30}) {
      SCOPED_TRACE(steps);
      const std::string n = "N" + std::to_string(steps) + "_";
      const Schedule actual = schedule_of(one, steps);
      EXPECT_LE(relative(timesteps(actual), expected[n + "timesteps"]), kRelative);
      if (expected.has(n + "sigmas")) {
        const at::Tensor sigma = expected[n + "sigmas"].to(at::kDouble);
        EXPECT_LE(((sigmas(actual) - sigma).abs() / sigma.clamp_min(1e-30)).max().item<double>(), kRelative);
      }
      EXPECT_NEAR(actual.init_noise_sigma(), expected[n + "init_noise_sigma"].item<double>(), 1e-5);
    }
    const Schedule any = schedule_of(one, 4);
    const auto levels = any.alphas_cumprod();
    const at::Tensor& alphas = expected["alphas_cumprod"];
    ASSERT_EQ(static_cast<std::int64_t>(levels.size()), alphas.numel());
    for (std::size_t i = 0; i < levels.size(); ++i) {
      ASSERT_NEAR(levels[i], alphas[static_cast<std::int64_t>(i)].item<float>(), 1e-7) << i;
    }
  }
}

TEST(Reference, AddNoise) {
  for (const Case& one : cases()) {
    SCOPED_TRACE(one.vectors);
    const reference::Vectors expected("mini", "sched_" + one.vectors);
    for (const std::int64_t steps : {4, 10, 30}) {
      SCOPED_TRACE(steps);
      const std::string n = "N" + std::to_string(steps) + "_addnoise_";
      const Schedule actual = schedule_of(one, steps);
      for (std::int64_t i = 0; i < expected[n + "index"].numel(); ++i) {
        const auto turn = static_cast<std::size_t>(expected[n + "index"][i].item<std::int64_t>());
        const at::Tensor noisy = add_noise(actual, expected[n + "original"], expected[n + "noise"], turn);
        EXPECT_LE(relative(noisy, expected[n + "out"][i].view_as(noisy)), kStep);
      }
    }
  }
}

TEST(Reference, EverySingleStep) {
  for (const Case& one : cases()) {
    SCOPED_TRACE(one.vectors);
    const reference::Vectors expected("mini", "sched_" + one.vectors);
    for (const std::int64_t steps : {4, 10, 30}) {
      SCOPED_TRACE(steps);
      const std::string n = "N" + std::to_string(steps) + "_";
      const Schedule actual = schedule_of(one, steps);
      at::Tensor latents = expected[n + "x_init"];
      State state;
      const schedulers::Draw draw = recorded(expected, n + "noise");
      double worst = 0;
      for (std::size_t turn = 0; turn < actual.size(); ++turn) {
        const auto row = static_cast<std::int64_t>(turn);
        EXPECT_LE(relative(scale_model_input(actual, turn, latents), expected[n + "scaled_inputs"][row]), kStep);
        latents = step(actual, turn, expected[n + "model_outputs"][row], latents, state, draw);
        worst = std::max(worst, relative(latents, expected[n + "samples"][row]));
      }
      EXPECT_LE(worst, kStep);
      RecordProperty(one.vectors + std::to_string(steps), std::to_string(worst * 1e9) + "e-9");
    }
  }
}

TEST(Reference, ImageToImage) {
  for (const Case& one : cases()) {
    SCOPED_TRACE(one.vectors);
    const reference::Vectors expected("mini", "sched_" + one.vectors);
    for (const std::int64_t steps : {4, 10, 30}) {
      for (const auto& [name, strength] : {std::pair{"03", 0.3}, std::pair{"08", 0.8}}) {
        SCOPED_TRACE(std::to_string(steps) + " steps, strength " + name);
        const std::string all = "N" + std::to_string(steps) + "_";
        const std::string n = all + "img2img" + name + "_";
        const Schedule actual = schedule_of(one, steps, strength);
        EXPECT_LE(relative(timesteps(actual), expected[n + "timesteps"]), kRelative);
        const at::Tensor& samples = expected[n + "samples"];
        at::Tensor latents = add_noise(actual, expected[all + "addnoise_original"], expected[all + "addnoise_noise"]);
        EXPECT_LE(relative(latents, samples[0]), kStep);
        State state;
        const schedulers::Draw draw = recorded(expected, n + "noise");
        for (std::size_t turn = 0; turn < actual.size(); ++turn) {
          const auto row = static_cast<std::int64_t>(turn);
          latents = step(actual, turn, expected[all + "model_outputs"][row], latents, state, draw);
          EXPECT_LE(relative(latents, samples[row + 1]), kStep) << "turn " << turn;
        }
      }
    }
  }
}

/// The timesteps of whole pipelines.
struct Pipeline {
  std::string vectors{};
  Settings settings{};
};

TEST(Reference, TimestepsOfPipelines) {
  const std::vector<Pipeline> pipelines{
      Pipeline{"txt2img_euler", {}},
      Pipeline{"txt2img_euler_karras", {.karras = true}},
      Pipeline{"txt2img_euler_a", {.scheduler = "euler-ancestral"}},
      Pipeline{"txt2img_ddim", {.scheduler = "ddim"}},
      Pipeline{"txt2img_lms", {.scheduler = "lms"}},
      Pipeline{"txt2img_dpmpp_2m", {.scheduler = "dpmpp-2m"}},
      Pipeline{"txt2img_dpmpp_2m_karras", {.scheduler = "dpmpp-2m", .karras = true}},
      Pipeline{"txt2img_unipc_v030", {.scheduler = "unipc"}},
      Pipeline{"img2img_euler", {.strength = 0.6}},
      Pipeline{"img2img_euler_a", {.scheduler = "euler-ancestral", .strength = 0.6}},
      Pipeline{"img2img_ddim", {.scheduler = "ddim", .strength = 0.6}},
      Pipeline{"img2img_dpmpp_2m", {.scheduler = "dpmpp-2m", .strength = 0.6}},
      Pipeline{"denoising_end_euler", {.denoising_end = 0.8}},
      Pipeline{"denoising_start_euler", {.denoising_start = 0.8}},
      Pipeline{"denoising_end_dpmpp_2m_karras", {.scheduler = "dpmpp-2m", .denoising_end = 0.8, .karras = true}},
      Pipeline{"denoising_start_dpmpp_2m_karras", {.scheduler = "dpmpp-2m", .denoising_start = 0.8, .karras = true}}};
  for (Pipeline pipeline : pipelines) {
    SCOPED_TRACE(pipeline.vectors);
    pipeline.settings.steps = 10;
    const reference::Vectors expected("mini", pipeline.vectors);
    EXPECT_LE(relative(timesteps(Schedule(file(), pipeline.settings)), expected["timesteps"]), kRelative);
  }
}

}  // namespace
