// SPDX-License-Identifier: MIT
#pragma once

#include "schedulers/registry.h"
#include "schedulers/solver.h"

namespace schedulers {

/// What ddim and pndm share: latents x = sqrt(ᾱ)·x₀ + sqrt(1 − ᾱ)·ε at whole timesteps, each step going
/// num_train_timesteps / steps timesteps down; the network sees them as they are.
class AlphaSolver : public Solver {
 public:
  at::Tensor scale_model_input(std::size_t index, const at::Tensor& latents) const override;
  at::Tensor add_noise(std::size_t index, const at::Tensor& latents, const at::Tensor& noise) const override;
  at::Tensor predict_original(std::size_t index, const at::Tensor& prediction,
                              const at::Tensor& latents) const override;

 protected:
  AlphaSolver(const Scheduler& scheduler, const Request& request, const BetaRules& rules, bool alpha_to_one);

  /// Falling whole timesteps; throws std::invalid_argument for one that was not trained.
  void set_timesteps(const Request& request, const std::vector<double>& timesteps);

  std::int64_t timestep(std::size_t index) const { return static_cast<std::int64_t>(timesteps_[index]); }
  std::int64_t stride() const { return stride_; }
  /// ᾱ of a timestep; below 0 the one where the last step ends.
  float alpha_cumprod(std::int64_t timestep) const;

 private:
  std::int64_t stride_;
  float final_alpha_cumprod_;
};

/// The request's timesteps, rounded to whole ones. Both classes' own default is leading.
std::vector<double> whole_timesteps(const Request& request);

}  // namespace schedulers
