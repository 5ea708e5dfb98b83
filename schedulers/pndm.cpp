// SPDX-License-Identifier: MIT
/// pndm: pseudo linear multistep of order 4 without the Runge-Kutta start (skip_prk_steps, as Stable Diffusion's files
/// have it). The first step is taken twice, the second time with the mean of both predictions, so N steps are N + 1
/// turns. diffusers' PNDMScheduler. Source: Liu 2022, Pseudo Numerical Methods for Diffusion Models, eq. 9 and 12; the
/// doubled first step is CompVis's PLMS sampler.
///
/// As in diffusers, a schedule that begins in its middle (img2img) takes its own first step twice, though its timesteps
/// do not repeat there.
///
/// State: history = the last predictions, at most 4, without that of the repeated turn; sample = where the first step
/// began, until it is repeated.
#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "schedulers/alpha_solver.h"

namespace schedulers {
namespace {

constexpr std::size_t kHistory = 4;

class Pndm final : public AlphaSolver {
 public:
  explicit Pndm(const Request& request)
      : AlphaSolver(pndm(), request, {.rescales = false}, request.config.set_alpha_to_one.value_or(false)) {
    if (!request.config.skip_prk_steps) {
      throw std::invalid_argument(request.config.name +
                                  ": pndm's Runge-Kutta start (skip_prk_steps false, which holds where the file does "
                                  "not say) is not built: write \"skip_prk_steps\": true, as Stable Diffusion's file "
                                  "has it, or choose another scheduler");
    }
    std::vector<double> timesteps = whole_timesteps(request);
    if (timesteps.size() > 1) timesteps.insert(timesteps.begin() + 1, timesteps[1]);
    set_timesteps(request, timesteps);
  }

  at::Tensor step(const StepInput& turn, State& state) const override {
    const std::int64_t here = timestep(turn.index);
    if (state.turns == 1) {
      const at::Tensor mean = (turn.prediction + state.history.back()) / 2;
      const at::Tensor begun = state.sample;
      state.sample = at::Tensor();
      return previous(begun, mean, {here + stride(), here});
    }
    if (state.turns == 0) state.sample = turn.latents;
    remember(state, turn.prediction, kHistory);
    return previous(turn.latents, extrapolated(state.history), {here, here - stride()});
  }

 private:
  struct Span {
    std::int64_t from;
    std::int64_t to;
  };

  static at::Tensor extrapolated(const std::vector<at::Tensor>& history) {
    const auto ago = [&](std::size_t i) { return history[history.size() - 1 - i]; };
    if (history.size() == 1) return ago(0);
    if (history.size() == 2) return (ago(0) * 3 - ago(1)) / 2;
    if (history.size() == 3) return (ago(0) * 23 - ago(1) * 16 + ago(2) * 5) / 12;
    return (ago(0) * 55 - ago(1) * 59 + ago(2) * 37 - ago(3) * 9) * (1.0 / 24);
  }

  /// Eq. 9.
  at::Tensor previous(const at::Tensor& latents, const at::Tensor& prediction, Span span) const {
    const float alpha = alpha_cumprod(span.from);
    const float next = alpha_cumprod(span.to);
    const at::Tensor noise = noise_of(prediction_, {std::sqrt(alpha), std::sqrt(1 - alpha)}, prediction, latents);
    const float denominator = alpha * std::sqrt(1 - next) + std::sqrt(alpha * (1 - alpha) * next);
    return latents * std::sqrt(next / alpha) - noise * (next - alpha) / denominator;
  }
};

}  // namespace

Scheduler pndm() {
  return {
      .name = "pndm",
      .class_name = "PNDMScheduler",
      .webui_name = "PLMS",
      .sample_prediction = false,
      .make = [](const Request& request) -> std::unique_ptr<const Solver> { return std::make_unique<Pndm>(request); }};
}

}  // namespace schedulers
