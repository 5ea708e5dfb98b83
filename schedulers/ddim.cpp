// SPDX-License-Identifier: MIT
/// ddim: from the predicted picture back along the predicted noise; eta mixes in fresh noise, up to DDPM's at 1.
/// diffusers' DDIMScheduler. Source: Song 2021, Denoising Diffusion Implicit Models, eq. 12 and 16.
#include <cmath>
#include <stdexcept>

#include "schedulers/alpha_solver.h"

namespace schedulers {
namespace {

class Ddim final : public AlphaSolver {
 public:
  explicit Ddim(const Request& request)
      : AlphaSolver(ddim(), request, {.terminal = 0}, request.config.set_alpha_to_one.value_or(true)),
        eta_(request.eta),
        clip_(request.config.clip_sample.value_or(true)),
        range_(request.config.clip_sample_range) {
    if (request.config.thresholding) {
      throw std::invalid_argument(request.config.name + ": thresholding is not built: it is for pixels, not latents");
    }
    set_timesteps(request, whole_timesteps(request));
  }

  at::Tensor step(const StepInput& turn, State& /*state*/) const override {
    const float alpha = alpha_cumprod(timestep(turn.index));
    const float next = alpha_cumprod(timestep(turn.index) - stride());
    const SignalAndNoise level{std::sqrt(alpha), std::sqrt(1 - alpha)};
    at::Tensor original = original_of(prediction_, level, turn.prediction, turn.latents);
    const at::Tensor noise = noise_of(prediction_, level, turn.prediction, turn.latents);
    if (clip_) original = original.clamp(-range_, range_);

    const float variance = (1 - next) / (1 - alpha) * (1 - alpha / next);
    const float deviation = static_cast<float>(eta_) * std::sqrt(variance);
    const at::Tensor stepped = original * std::sqrt(next) + noise * std::sqrt(1 - next - deviation * deviation);
    return draws() ? stepped + turn.draw(turn.latents.sizes()) * deviation : stepped;
  }

  bool draws() const override { return eta_ > 0; }

 private:
  double eta_;
  bool clip_;
  double range_;
};

}  // namespace

Scheduler ddim() {
  return {
      .name = "ddim",
      .class_name = "DDIMScheduler",
      .webui_name = "DDIM",
      .zero_snr = true,
      .eta = true,
      .make = [](const Request& request) -> std::unique_ptr<const Solver> { return std::make_unique<Ddim>(request); }};
}

}  // namespace schedulers
