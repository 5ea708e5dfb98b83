// SPDX-License-Identifier: MIT
#include "schedulers/sigma_solver.h"

#include <algorithm>
#include <cmath>

#include "schedulers/spacing.h"

namespace schedulers {
namespace {

/// N noise levels for N timesteps, and with log_linear one more.
std::vector<double> sigmas_at(const std::vector<double>& timesteps, const std::vector<float>& training,
                              bool log_linear) {
  std::vector<double> sigmas;
  if (log_linear) {
    const at::Tensor logs = at::linspace(std::log(training.back()), std::log(training.front()),
                                         static_cast<std::int64_t>(timesteps.size()) + 1, at::kFloat)
                                .exp()
                                .contiguous();
    sigmas.assign(logs.data_ptr<float>(), logs.data_ptr<float>() + logs.numel());
  } else {
    // numpy keeps linspace timesteps in float32 here.
    for (const double t : timesteps) sigmas.push_back(interpolate(static_cast<float>(t), training));
  }
  return sigmas;
}

}  // namespace

SigmaSolver::SigmaSolver(const Scheduler& scheduler, const Request& request, const BetaRules& rules)
    : Solver(scheduler.name, noise_levels(request.config, rules), prediction_named(request.config.prediction_type)) {
  const Config& config = request.config;
  const std::string spacing = config.timestep_spacing.value_or("linspace");
  const std::vector<float> training = levels_.sigmas();
  std::vector<double> timesteps = spaced_timesteps(
      {.name = spacing, .steps = request.steps, .train = config.num_train_timesteps, .offset = config.steps_offset});
  const bool log_linear = scheduler.interpolation && config.interpolation_type == "log_linear";
  std::vector<double> sigmas = sigmas_at(timesteps, training, log_linear);
  if (scheduler.karras && config.use_karras_sigmas) {
    sigmas = karras_sigmas(config.sigma_max.value_or(sigmas.front()), config.sigma_min.value_or(sigmas.back()),
                           request.steps);
    std::ranges::transform(sigmas, timesteps.begin(), [&](double s) { return timestep_of(s, training); });
  }
  const bool to_sigma_min = scheduler.final_sigmas && config.final_sigmas_type == "sigma_min";
  sigmas.push_back(to_sigma_min ? training.front() : 0);

  timesteps_.assign(timesteps.begin(), timesteps.end());
  sigmas_.assign(sigmas.begin(), sigmas.end());
  sigmas_.resize(timesteps_.size() + 1);
  const float max = *std::ranges::max_element(sigmas_);
  init_noise_sigma_ = spacing == "leading" ? std::sqrt(max * max + 1) : max;
}

at::Tensor SigmaSolver::scale_model_input(std::size_t index, const at::Tensor& latents) const {
  return latents / std::sqrt(sigmas_[index] * sigmas_[index] + 1);
}

at::Tensor SigmaSolver::add_noise(std::size_t index, const at::Tensor& latents, const at::Tensor& noise) const {
  return latents + noise * sigmas_[index];
}

at::Tensor SigmaSolver::predict_original(std::size_t index, const at::Tensor& prediction,
                                         const at::Tensor& latents) const {
  return original_of(prediction_, sigmas_[index], prediction, latents);
}

}  // namespace schedulers
