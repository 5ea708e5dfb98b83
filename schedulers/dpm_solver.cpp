// SPDX-License-Identifier: MIT
#include "schedulers/dpm_solver.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace schedulers {
namespace {

/// Fewer steps than this end with lower orders, which keeps them stable.
constexpr std::size_t kFewSteps = 15;

/// Timesteps whose λ is not below lambda_min_clipped, which the file may set to keep clear of pure noise.
std::int64_t unclipped_timesteps(const Config& config) {
  const double clip = config.lambda_min_clipped.value_or(-INFINITY);
  std::int64_t count = 0;
  for (const float a : noise_levels(config, {}).alphas_cumprod) {
    if (std::log(std::sqrt(a)) - std::log(std::sqrt(1 - a)) >= static_cast<float>(clip)) ++count;
  }
  return count;
}

}  // namespace

DpmSolver::DpmSolver(const Scheduler& scheduler, const Request& request, std::int64_t max_order)
    : LambdaSolver(scheduler, request, unclipped_timesteps(request.config)),
      order_(static_cast<std::size_t>(request.config.solver_order)),
      midpoint_(request.config.solver_type != "heun"),
      lower_order_final_(request.config.lower_order_final && timesteps_.size() < kFewSteps),
      first_order_final_(request.config.euler_at_final || lower_order_final_ ||
                         request.config.final_sigmas_type == "zero") {
  refuse_unbuilt(request.config, max_order);
  if (request.config.variance_type == "learned" || request.config.variance_type == "learned_range") {
    throw std::invalid_argument(request.config.name + ": variance_type '" + *request.config.variance_type +
                                "' is not built: Stable Diffusion's networks predict no variance");
  }
}

std::size_t DpmSolver::order_at(std::size_t index, std::size_t remembered) const {
  const std::size_t after = timesteps_.size() - 1 - index;
  std::size_t order = std::min(order_, remembered);
  if (after == 0 && first_order_final_) order = 1;
  if (after == 1 && lower_order_final_) order = std::min<std::size_t>(order, 2);
  return order;
}

DpmSolver::Course DpmSolver::course(std::size_t index, std::size_t order,
                                    const std::vector<at::Tensor>& history) const {
  const auto ago = [&](std::size_t i) { return history[history.size() - 1 - i]; };
  Course course{.value = ago(0)};
  if (order == 1) return course;
  const float h = level(index + 1).lambda - level(index).lambda;
  const float r0 = (level(index).lambda - level(index - 1).lambda) / h;
  const at::Tensor newer = (ago(0) - ago(1)) * (1 / r0);
  course.first = newer;
  if (order == 2) return course;
  const float r1 = (level(index - 1).lambda - level(index - 2).lambda) / h;
  const at::Tensor older = (ago(1) - ago(2)) * (1 / r1);
  course.first = newer + (newer - older) * (r0 / (r0 + r1));
  course.second = (newer - older) * (1 / (r0 + r1));
  return course;
}

at::Tensor DpmSolver::step(const StepInput& turn, State& state) const {
  remember(state, predict_original(turn.index, turn.prediction, turn.latents), order_);
  return integrate(turn, course(turn.index, order_at(turn.index, state.history.size()), state.history));
}

}  // namespace schedulers
