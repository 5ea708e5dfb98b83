// SPDX-License-Identifier: MIT
/// heun: Heun's method of second order: an Euler step, a second evaluation where it ends, and the step again with the
/// mean of both slopes; the last step, to σ = 0, is Euler's. N steps are 2N − 1 turns. diffusers'
/// HeunDiscreteScheduler. Source: Karras 2022, Alg. 1.
///
/// State: after an odd number of turns, sample = where the step began, history = the first slope.
#include <algorithm>

#include "schedulers/registry.h"
#include "schedulers/sigma_solver.h"

namespace schedulers {
namespace {

class Heun final : public SigmaSolver {
 public:
  explicit Heun(const Request& request)
      : SigmaSolver(heun(), request, {.start = 0.00085, .end = 0.012, .rescales = false}),
        clip_(request.config.clip_sample.value_or(false)),
        range_(request.config.clip_sample_range) {
    // Each level but the first is evaluated twice: where a step ends and where the next begins.
    for (std::size_t i = timesteps_.size() - 1; i > 0; --i) {
      timesteps_.insert(timesteps_.begin() + static_cast<std::ptrdiff_t>(i), timesteps_[i]);
      sigmas_.insert(sigmas_.begin() + static_cast<std::ptrdiff_t>(i), sigmas_[i]);
    }
  }

  at::Tensor step(const StepInput& turn, State& state) const override {
    const float sigma = sigmas_[turn.index];
    at::Tensor original = predict_original(turn.index, turn.prediction, turn.latents);
    if (clip_) original = original.clamp(-range_, range_);
    const at::Tensor slope = (turn.latents - original) / sigma;
    if (may_begin(turn.index)) {
      state.sample = turn.latents;
      state.history = {slope};
      return turn.latents + slope * (sigmas_[turn.index + 1] - sigma);
    }
    const at::Tensor mean = (state.history.front() + slope) / 2;
    const at::Tensor begun = state.sample;
    state = {};
    return begun + mean * (sigma - sigmas_[turn.index - 1]);
  }

  bool may_begin(std::size_t index) const override { return index % 2 == 0; }
  std::size_t index_of_step(std::size_t step) const override { return 2 * step; }

 private:
  bool clip_;
  double range_;
};

}  // namespace

Scheduler heun() {
  return {
      .name = "heun",
      .class_name = "HeunDiscreteScheduler",
      .webui_name = "Heun",
      .karras = true,
      .make = [](const Request& request) -> std::unique_ptr<const Solver> { return std::make_unique<Heun>(request); }};
}

}  // namespace schedulers
