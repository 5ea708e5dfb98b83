// SPDX-License-Identifier: MIT
#include "schedulers/alpha_solver.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "schedulers/spacing.h"

namespace schedulers {

std::vector<double> whole_timesteps(const Request& request) {
  std::vector<double> timesteps = spaced_timesteps({.name = request.config.timestep_spacing.value_or("leading"),
                                                    .steps = request.steps,
                                                    .train = request.config.num_train_timesteps,
                                                    .offset = request.config.steps_offset});
  std::ranges::transform(timesteps, timesteps.begin(), round_even);
  return timesteps;
}

AlphaSolver::AlphaSolver(const Scheduler& scheduler, const Request& request, const BetaRules& rules, bool alpha_to_one)
    : Solver(scheduler.name, noise_levels(request.config, rules), prediction_named(request.config.prediction_type)),
      stride_(request.config.num_train_timesteps / request.steps),
      final_alpha_cumprod_(alpha_to_one ? 1 : levels_.alphas_cumprod.front()) {}

void AlphaSolver::set_timesteps(const Request& request, const std::vector<double>& timesteps) {
  const auto trained = static_cast<double>(request.config.num_train_timesteps);
  if (timesteps.front() >= trained) {
    throw std::invalid_argument(
        "steps " + std::to_string(request.steps) + " with " + request.config.timestep_spacing.value_or("leading") +
        " spacing and steps_offset " + std::to_string(request.config.steps_offset) + " would begin at timestep " +
        std::to_string(static_cast<std::int64_t>(timesteps.front())) + ", and the last one that was trained is " +
        std::to_string(request.config.num_train_timesteps - 1) + ": take fewer steps, or trailing spacing");
  }
  timesteps_.assign(timesteps.begin(), timesteps.end());
  const auto sigma_of = [](float alpha) { return std::sqrt((1 - alpha) / alpha); };
  for (std::size_t i = 0; i < timesteps_.size(); ++i) sigmas_.push_back(sigma_of(alpha_cumprod(timestep(i))));
  sigmas_.push_back(sigma_of(alpha_cumprod(timestep(timesteps_.size() - 1) - stride_)));
  if (prediction_ == PredictionType::kEpsilon && std::isinf(sigmas_.front())) {
    throw std::invalid_argument(name_ +
                                " cannot begin at pure noise with prediction_type epsilon (rescale_betas_zero_snr, "
                                "timestep " +
                                std::to_string(timestep(0)) + "): such networks predict v_prediction");
  }
}

float AlphaSolver::alpha_cumprod(std::int64_t timestep) const {
  return timestep < 0 ? final_alpha_cumprod_ : levels_.alphas_cumprod.at(static_cast<std::size_t>(timestep));
}

at::Tensor AlphaSolver::scale_model_input(std::size_t /*index*/, const at::Tensor& latents) const {
  return latents;
}

at::Tensor AlphaSolver::add_noise(std::size_t index, const at::Tensor& latents, const at::Tensor& noise) const {
  const float alpha = alpha_cumprod(timestep(index));
  return latents * std::sqrt(alpha) + noise * std::sqrt(1 - alpha);
}

at::Tensor AlphaSolver::predict_original(std::size_t index, const at::Tensor& prediction,
                                         const at::Tensor& latents) const {
  const float alpha = alpha_cumprod(timestep(index));
  return original_of(prediction_, {std::sqrt(alpha), std::sqrt(1 - alpha)}, prediction, latents);
}

}  // namespace schedulers
