// SPDX-License-Identifier: MIT
/// tcd: along the trajectory to below the next noise level, by eta, and up to it with fresh noise. diffusers'
/// TCDScheduler. With an eta of 0 it draws nothing, else at every turn but the last.
/// Source: Zheng 2024, Trajectory Consistency Distillation, algorithm 4.
#include <cmath>

#include "schedulers/few_steps.h"

namespace schedulers {
namespace {

class Tcd final : public FewSteps {
 public:
  /// original_inference_steps that a graph sets, and not the file, are all of the training timesteps to diffusers'
  /// class, whatever their number.
  explicit Tcd(const Request& request)
      : FewSteps(tcd(), request, request.sets_original_steps ? Original::kEvery : Original::kSpaced),
        eta_(request.eta) {
    const float last = alpha_cumprod(0);  // it ends there, and not at a picture without noise
    sigmas_.back() = std::sqrt((1 - last) / last);
  }

  at::Tensor step(const StepInput& turn, State& /*state*/) const override {
    const std::int64_t next = is_last(turn.index) ? 0 : next_timestep(turn.index);
    // In float32, as torch multiplies whole numbers with a fraction.
    const auto below = static_cast<std::int64_t>(std::floor(static_cast<float>(1 - eta_) * static_cast<float>(next)));
    const SignalAndNoise from = level(timestep(turn.index)), to = level(below);
    const at::Tensor original = original_of(prediction_, from, turn.prediction, turn.latents);
    const at::Tensor noise = noise_of(prediction_, from, turn.prediction, turn.latents);
    const at::Tensor stepped = original * to.alpha + noise * to.sigma;
    if (!draws_at(turn.index)) return stepped;
    const float kept = alpha_cumprod(next) / alpha_cumprod(below);
    return stepped * std::sqrt(kept) + turn.draw(turn.latents.sizes()) * std::sqrt(1 - kept);
  }

  bool draws() const override { return eta_ > 0; }

 private:
  double eta_;
};

}  // namespace

Scheduler tcd() {
  return {
      .name = "tcd",
      .class_name = "TCDScheduler",
      .webui_name = "TCD",
      .zero_snr = true,
      .eta = true,
      .spacing = false,
      .original_steps = true,
      .make = [](const Request& request) -> std::unique_ptr<const Solver> { return std::make_unique<Tcd>(request); }};
}

}  // namespace schedulers
