// SPDX-License-Identifier: MIT
#pragma once

#include "schedulers/registry.h"
#include "schedulers/solver.h"

namespace schedulers {

/// What euler, euler-ancestral, heun and lms share: latents x = x₀ + σε, which the network sees divided by
/// sqrt(σ² + 1). Source: Karras 2022, Elucidating the Design Space of Diffusion-Based Generative Models.
class SigmaSolver : public Solver {
 public:
  at::Tensor scale_model_input(std::size_t index, const at::Tensor& latents) const override;
  at::Tensor add_noise(std::size_t index, const at::Tensor& latents, const at::Tensor& noise) const override;
  at::Tensor predict_original(std::size_t index, const at::Tensor& prediction,
                              const at::Tensor& latents) const override;

 protected:
  /// Fills timesteps and sigmas; karras ones if the scheduler has them and the request asks for them.
  SigmaSolver(const Scheduler& scheduler, const Request& request, const BetaRules& rules);
};

}  // namespace schedulers
