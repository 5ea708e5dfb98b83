// SPDX-License-Identifier: MIT
#include "schedulers/few_steps.h"

#include <cmath>
#include <stdexcept>

namespace schedulers {
namespace {

/// Rising. With `part` below 1 those of less noise.
std::vector<std::int64_t> distilled(std::int64_t trained, std::int64_t spaced, double part) {
  const std::int64_t stride = spaced > 0 ? trained / spaced : 1, all = spaced > 0 ? spaced : trained;
  std::vector<std::int64_t> timesteps;
  const auto count = static_cast<std::int64_t>(static_cast<double>(all) * part);
  for (std::int64_t i = 1; i <= count; ++i) timesteps.push_back(i * stride - 1);
  return timesteps;
}

}  // namespace

FewSteps::FewSteps(const Scheduler& scheduler, const Request& request, Original original)
    : AlphaSolver(scheduler, request, {.start = 0.00085, .end = 0.012, .terminal = 0},
                  request.config.set_alpha_to_one.value_or(true)) {
  const bool every = original == Original::kEvery;
  if (!every && request.config.original_inference_steps > request.config.num_train_timesteps)
    throw std::invalid_argument(
        request.config.name + ": original_inference_steps " + std::to_string(request.config.original_inference_steps) +
        " are more than num_train_timesteps, " + std::to_string(request.config.num_train_timesteps));
  const std::vector<std::int64_t> all =
      distilled(request.config.num_train_timesteps, every ? 0 : request.config.original_inference_steps, request.part);
  if (request.steps > static_cast<std::int64_t>(all.size()))
    throw std::invalid_argument("steps: " + std::to_string(request.steps) + " are more than the " +
                                std::to_string(all.size()) + " timesteps that " + name_ +
                                " has (original_inference_steps" + (request.part < 1 ? " x strength" : "") +
                                "); take fewer steps, or more original_inference_steps");
  const double stride = static_cast<double>(all.size()) / static_cast<double>(request.steps);
  std::vector<double> timesteps;
  for (std::int64_t i = 0; i < request.steps; ++i) {
    const auto place = static_cast<std::size_t>(std::floor(static_cast<double>(i) * stride));
    timesteps.push_back(static_cast<double>(all[all.size() - 1 - place]));
  }
  set_timesteps(request, timesteps);
}

SignalAndNoise FewSteps::level(std::int64_t timestep) const {
  const float alpha = alpha_cumprod(timestep);
  return {std::sqrt(alpha), std::sqrt(1 - alpha)};
}

}  // namespace schedulers
