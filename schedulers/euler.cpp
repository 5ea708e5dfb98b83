// SPDX-License-Identifier: MIT
/// euler: one step of Euler's method along dx/dσ = (x − x₀)/σ. diffusers' EulerDiscreteScheduler with s_churn = 0.
/// Source: Karras 2022, Alg. 2 without churn.
#include <stdexcept>

#include "schedulers/registry.h"
#include "schedulers/sigma_solver.h"

namespace schedulers {
namespace {

class Euler final : public SigmaSolver {
 public:
  explicit Euler(const Request& request) : SigmaSolver(euler(), request, {}) {
    if (request.config.timestep_type == "continuous" && prediction_ == PredictionType::kVPrediction) {
      throw std::invalid_argument(request.config.name +
                                  ": timestep_type continuous with v_prediction (EDM) is not built");
    }
  }

  at::Tensor step(const StepInput& turn, State& /*state*/) const override {
    const float sigma = sigmas_[turn.index];
    const at::Tensor original = predict_original(turn.index, turn.prediction, turn.latents);
    const at::Tensor derivative = (turn.latents - original) / sigma;
    return turn.latents + derivative * (sigmas_[turn.index + 1] - sigma);
  }
};

}  // namespace

Scheduler euler() {
  return {
      .name = "euler",
      .class_name = "EulerDiscreteScheduler",
      .webui_name = "Euler",
      .karras = true,
      .final_sigmas = true,
      .zero_snr = true,
      .interpolation = true,
      .make = [](const Request& request) -> std::unique_ptr<const Solver> { return std::make_unique<Euler>(request); }};
}

}  // namespace schedulers
