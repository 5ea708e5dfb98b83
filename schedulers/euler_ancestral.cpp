// SPDX-License-Identifier: MIT
/// euler-ancestral: an Euler step to below the next noise level, and fresh noise up to it. diffusers'
/// EulerAncestralDiscreteScheduler. It draws at every turn, at the last one too, where the noise counts nothing.
/// Source: k-diffusion's sample_euler_ancestral (Crowson); the variances are DDPM's (Ho 2020, eq. 7) in σ.
#include <cmath>

#include "schedulers/registry.h"
#include "schedulers/sigma_solver.h"

namespace schedulers {
namespace {

class EulerAncestral final : public SigmaSolver {
 public:
  explicit EulerAncestral(const Request& request) : SigmaSolver(euler_ancestral(), request, {}) {}

  at::Tensor step(const StepInput& turn, State& /*state*/) const override {
    const float from = sigmas_[turn.index];
    const float to = sigmas_[turn.index + 1];
    const float up = std::sqrt(to * to * (from * from - to * to) / (from * from));
    const float down = std::sqrt(to * to - up * up);
    const at::Tensor original = predict_original(turn.index, turn.prediction, turn.latents);
    const at::Tensor derivative = (turn.latents - original) / from;
    return turn.latents + derivative * (down - from) + turn.draw(turn.latents.sizes()) * up;
  }

  bool draws() const override { return true; }
};

}  // namespace

Scheduler euler_ancestral() {
  return {.name = "euler-ancestral",
          .class_name = "EulerAncestralDiscreteScheduler",
          .webui_name = "Euler a",
          .zero_snr = true,
          .sample_prediction = false,
          .make = [](const Request& request) -> std::unique_ptr<const Solver> {
            return std::make_unique<EulerAncestral>(request);
          }};
}

}  // namespace schedulers
