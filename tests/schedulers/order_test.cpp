// SPDX-License-Identifier: MIT
/// The order of each method on data whose exact denoiser is known: x₀ ~ N(0, s²) gives D(x, σ) = s²x/(s² + σ²), and a
/// path of the probability flow is x(σ) = x(σ₀)·sqrt((s² + σ²)/(s² + σ₀²)). Doubling the steps divides the error by
/// 2^order. Latents in float64; the schedule's scalars are float32, so errors below 1e-6 say nothing.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/schedulers/sampling.h"

namespace {

using schedulers::Config;
using schedulers::Schedule;
using schedulers::Settings;

constexpr double kSpread = 0.5;  // s

struct Method {
  std::string name{};
  Settings settings{};
  std::string config{};
  bool preserving = false;  ///< latents are divided by sqrt(1 + σ²)
  double ratio = 0;         ///< at least this
  double below = 0;         ///< and less than this
  std::int64_t steps = 16;  ///< intervals of the coarser run
};

/// |error| after so many intervals, relative to the exact path. With karras sigmas the last step, to σ = 0, is left
/// out.
double error_of(const Method& method, std::int64_t intervals) {
  Settings settings = method.settings;
  const bool karras = settings.karras.value_or(false);
  settings.steps = karras ? intervals + 1 : intervals;
  const Schedule schedule(Config::parse(method.config, "test"), settings);
  const auto scale = [&](double sigma) { return method.preserving ? 1 / std::sqrt(1 + sigma * sigma) : 1.0; };
  const auto exact = [&](double sigma) { return std::sqrt(kSpread * kSpread + sigma * sigma) * scale(sigma); };

  std::size_t turns = schedule.size() - (karras ? 1 : 0);
  if (method.name == "pndm") turns = static_cast<std::size_t>(intervals) * 4 / 5 + 1;
  at::Tensor latents = at::full({1, 1, 1, 1}, exact(schedule.sigma(0)), at::kDouble);
  schedulers::State state;
  for (std::size_t turn = 0; turn < turns; ++turn) {
    const double sigma = schedule.sigma(turn);
    const at::Tensor exploding = latents / scale(sigma);
    const at::Tensor denoised = exploding * (kSpread * kSpread / (kSpread * kSpread + sigma * sigma));
    const at::Tensor noise = (exploding - denoised) / sigma;
    latents = step(schedule, turn, noise, latents, state, {});
  }
  const double end = exact(schedule.sigma(turns));
  return std::abs(latents.item<double>() / end - 1);
}

const std::string kBetas = R"("beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear")";

std::string with(const std::string& more) {
  return "{" + kBetas + (more.empty() ? "" : ", ") + more + "}";
}

std::vector<Method> methods() {
  return {
      Method{"euler", {.scheduler = "euler", .karras = true}, with(""), false, 1.9, 2.1, 64},
      Method{"heun", {.scheduler = "heun", .karras = true}, with(""), false, 3.7, 4.4, 64},
      Method{"lms", {.scheduler = "lms", .karras = true}, with(""), false, 4, 40, 64},
      Method{"ddim", {.scheduler = "ddim", .spacing = "trailing"}, with(R"("clip_sample": false)"), true, 1.8, 2.2, 50},
      Method{
          "pndm", {.scheduler = "pndm", .spacing = "trailing"}, with(R"("skip_prk_steps": true)"), true, 3.5, 4.5, 50},
      Method{"dpmpp_2m", {.scheduler = "dpmpp-2m", .karras = true}, with(""), true, 3.7, 8, 32},
      Method{"dpmpp_2m_heun",
             {.scheduler = "dpmpp-2m", .karras = true},
             with(R"("solver_type": "heun")"),
             true,
             3.7,
             8,
             32},
      Method{"dpmpp_1", {.scheduler = "dpmpp-2m", .karras = true}, with(R"("solver_order": 1)"), true, 1.9, 2.2, 32},
      Method{"dpmpp_3", {.scheduler = "dpmpp-2m", .karras = true}, with(R"("solver_order": 3)"), true, 3.2, 40, 32},
      Method{"unipc", {.scheduler = "unipc", .karras = true}, with(""), true, 4, 40, 32},
      Method{"unipc_bh1", {.scheduler = "unipc", .karras = true}, with(R"("solver_type": "bh1")"), true, 4, 40, 32},
      Method{"unipc_1", {.scheduler = "unipc", .karras = true}, with(R"("solver_order": 1)"), true, 3.7, 8, 32},
      Method{"unipc_3", {.scheduler = "unipc", .karras = true}, with(R"("solver_order": 3)"), true, 4, 60, 32},
      Method{"unipc_noise",
             {.scheduler = "unipc", .karras = true, .final_sigmas_type = "sigma_min"},
             with(R"("predict_x0": false)"),
             true,
             4,
             40,
             32}};
}

TEST(Order, DoublingTheStepsDividesTheError) {
  for (const Method& method : methods()) {
    SCOPED_TRACE(method.name);
    const double coarse = error_of(method, method.steps);
    const double fine = error_of(method, 2 * method.steps);
    EXPECT_GT(fine, 1e-6);
    EXPECT_GE(coarse / fine, method.ratio) << coarse << " and " << fine;
    EXPECT_LT(coarse / fine, method.below) << coarse << " and " << fine;
    RecordProperty(method.name, std::to_string(coarse / fine));
  }
}

}  // namespace
