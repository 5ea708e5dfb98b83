// SPDX-License-Identifier: MIT
#pragma once

#include "schedulers/registry.h"
#include "schedulers/solver.h"

namespace schedulers {

/// What dpmpp-2m, dpmpp-2m-sde and unipc share: exponential integrators in λ = log(α/σ) for latents x = αx₀ + σε with
/// α² + σ² = 1, at whole timesteps; the network sees them as they are.
/// Source: Lu 2022, DPM-Solver, and DPM-Solver++.
class LambdaSolver : public Solver {
 public:
  at::Tensor scale_model_input(std::size_t index, const at::Tensor& latents) const override;
  at::Tensor add_noise(std::size_t index, const at::Tensor& latents, const at::Tensor& noise) const override;
  at::Tensor predict_original(std::size_t index, const at::Tensor& prediction,
                              const at::Tensor& latents) const override;

 protected:
  /// Fills timesteps and sigmas. Throws std::invalid_argument where two turns would share a noise level.
  LambdaSolver(const Scheduler& scheduler, const Request& request, std::int64_t last_timestep);

  /// Throws std::invalid_argument for settings of the file that neither has.
  static void refuse_unbuilt(const Config& config, std::int64_t max_order);

  /// A noise level on the scales that the formulas use. λ is +infinity where σ is 0.
  struct Level {
    float alpha;
    float sigma;
    float lambda;
    SignalAndNoise mix() const { return {alpha, sigma}; }
  };
  /// ATen's functions: what follows magnifies the last bit, which then is diffusers'.
  static float exp(float value);
  static float expm1(float value);

  const Level& level(std::size_t index) const { return levels_of_turns_[index]; }

 private:
  std::vector<Level> levels_of_turns_{};
};

}  // namespace schedulers
