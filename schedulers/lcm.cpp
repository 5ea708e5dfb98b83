// SPDX-License-Identifier: MIT
/// lcm: the picture that a consistency model points at, brought back to the next noise level with fresh noise.
/// diffusers' LCMScheduler. It draws at every turn but the last.
/// Source: Luo 2023, Latent Consistency Models, algorithm 3; Song 2023, Consistency Models, appendix C (the boundary
/// condition, with the data's deviation ½).
#include <cmath>
#include <stdexcept>

#include "schedulers/few_steps.h"

namespace schedulers {
namespace {

class Lcm final : public FewSteps {
 public:
  explicit Lcm(const Request& request)
      : FewSteps(lcm(), request, Original::kSpaced),
        scaling_(request.config.timestep_scaling),
        clip_(request.config.clip_sample.value_or(false)),
        range_(request.config.clip_sample_range) {
    if (request.config.thresholding)
      throw std::invalid_argument(request.config.name + ": thresholding is not built: it is for pixels, not latents");
    sigmas_.back() = 0;
  }

  at::Tensor step(const StepInput& turn, State& /*state*/) const override {
    at::Tensor original = predict_original(turn.index, turn.prediction, turn.latents);
    if (clip_) original = original.clamp(-range_, range_);
    constexpr double kVariance = 0.25;
    const double scaled = static_cast<double>(timestep(turn.index)) * scaling_, sum = scaled * scaled + kVariance;
    const at::Tensor denoised = original * (scaled / std::sqrt(sum)) + turn.latents * (kVariance / sum);
    if (is_last(turn.index)) return denoised;
    const SignalAndNoise next = level(next_timestep(turn.index));
    return denoised * next.alpha + turn.draw(turn.latents.sizes()) * next.sigma;
  }

  bool draws() const override { return true; }

 private:
  double scaling_;
  bool clip_;
  double range_;
};

}  // namespace

Scheduler lcm() {
  return {
      .name = "lcm",
      .class_name = "LCMScheduler",
      .webui_name = "LCM",
      .zero_snr = true,
      .spacing = false,
      .original_steps = true,
      .timestep_scaling = true,
      .make = [](const Request& request) -> std::unique_ptr<const Solver> { return std::make_unique<Lcm>(request); }};
}

}  // namespace schedulers
