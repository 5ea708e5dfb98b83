// SPDX-License-Identifier: MIT
#include "schedulers/lambda_solver.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "schedulers/spacing.h"

namespace schedulers {

LambdaSolver::LambdaSolver(const Scheduler& scheduler, const Request& request, std::int64_t last_timestep)
    : Solver(scheduler.name, noise_levels(request.config, {}), prediction_named(request.config.prediction_type)) {
  const Config& config = request.config;
  const std::string spacing = config.timestep_spacing.value_or("linspace");
  const std::vector<float> training = levels_.sigmas();
  std::vector<double> timesteps = spaced_timesteps_with_end(
      {.name = spacing, .steps = request.steps, .train = config.num_train_timesteps, .offset = config.steps_offset},
      last_timestep);
  std::vector<double> sigmas;
  if (config.use_karras_sigmas) {
    // Unlike euler's, over the whole training range.
    sigmas = karras_sigmas(config.sigma_max.value_or(training.back()), config.sigma_min.value_or(training.front()),
                           request.steps);
    timesteps.resize(sigmas.size());
    const bool whole = scheduler.rounds_cosine_timesteps || config.beta_schedule != "squaredcos_cap_v2";
    std::ranges::transform(sigmas, timesteps.begin(), [&](double s) {
      const double t = timestep_of(s, training);
      return whole ? round_even(t) : std::trunc(t);
    });
  } else {
    for (const double t : timesteps) sigmas.push_back(interpolate(t, training));
  }
  double last = 0;
  if (config.final_sigmas_type == "sigma_min") {
    last = scheduler.ends_at_karras_min && config.use_karras_sigmas ? sigmas.back() : training.front();
  }

  timesteps_.assign(timesteps.begin(), timesteps.end());
  sigmas_.assign(sigmas.begin(), sigmas.end());
  if (timesteps_.empty() || std::ranges::adjacent_find(sigmas_, std::less_equal<>{}) != sigmas_.end()) {
    throw std::invalid_argument("steps " + std::to_string(request.steps) + " are more than " + name_ + " with " +
                                spacing +
                                " spacing has noise levels for, so two turns would be the same one: take "
                                "fewer steps");
  }
  sigmas_.push_back(static_cast<float>(last));

  // ATen's logarithm too, since differences of λ are small.
  for (const float sigma : sigmas_) {
    const float alpha = 1 / std::sqrt(sigma * sigma + 1);
    const at::Tensor logs = at::tensor({alpha, sigma * alpha}, at::kFloat).log();
    levels_of_turns_.push_back({alpha, sigma * alpha, logs[0].item<float>() - logs[1].item<float>()});
  }
}

void LambdaSolver::refuse_unbuilt(const Config& config, std::int64_t max_order) {
  const auto refuse = [&](const std::string& what) { throw std::invalid_argument(config.name + ": " + what); };
  if (config.thresholding) refuse("thresholding is not built: it is for pixels, not latents");
  if (config.solver_order < 1 || config.solver_order > max_order) {
    refuse("solver_order: expected 1 to " + std::to_string(max_order) + " for this scheduler, found " +
           std::to_string(config.solver_order));
  }
}

float LambdaSolver::exp(float value) {
  return at::scalar_tensor(value, at::kFloat).exp().item<float>();
}

float LambdaSolver::expm1(float value) {
  return at::scalar_tensor(value, at::kFloat).expm1().item<float>();
}

at::Tensor LambdaSolver::scale_model_input(std::size_t /*index*/, const at::Tensor& latents) const {
  return latents;
}

at::Tensor LambdaSolver::add_noise(std::size_t index, const at::Tensor& latents, const at::Tensor& noise) const {
  return latents * level(index).alpha + noise * level(index).sigma;
}

at::Tensor LambdaSolver::predict_original(std::size_t index, const at::Tensor& prediction,
                                          const at::Tensor& latents) const {
  return original_of(prediction_, level(index).mix(), prediction, latents);
}

}  // namespace schedulers
