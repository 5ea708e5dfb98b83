// SPDX-License-Identifier: MIT
/// dpmpp-2m: DPM-Solver++ multistep, of second order unless the file says otherwise.
/// Source: Lu 2022, DPM-Solver++, Alg. 2 (eq. 4.4 for the midpoint); the third order is DPM-Solver's, appendix.
#include <cmath>

#include "schedulers/dpm_solver.h"

namespace schedulers {
namespace {

class Dpmpp2m final : public DpmSolver {
 public:
  explicit Dpmpp2m(const Request& request) : DpmSolver(dpmpp_2m(), request, 3) {}

 protected:
  at::Tensor integrate(const StepInput& turn, const Course& course) const override {
    const Level from = level(turn.index);
    const Level to = level(turn.index + 1);
    const float h = to.lambda - from.lambda;
    if (h == 0) return turn.latents;
    const float decay = exp(-h) - 1;
    at::Tensor result = turn.latents * (to.sigma / from.sigma) - course.value * (to.alpha * decay);
    if (!course.first.defined()) return result;
    if (!course.second.defined() && midpoint()) return result - course.first * (0.5F * (to.alpha * decay));
    result = result + course.first * (to.alpha * (decay / h + 1));
    if (!course.second.defined()) return result;
    return result - course.second * (to.alpha * ((decay + h) / (h * h) - 0.5F));
  }
};

}  // namespace

Scheduler dpmpp_2m() {
  return {.name = "dpmpp-2m",
          .class_name = "DPMSolverMultistepScheduler",
          .webui_name = "DPM++ 2M",
          .karras = true,
          .final_sigmas = true,
          .zero_snr = true,
          .algorithm_types = {"dpmsolver++", "deis"},
          .lu_lambdas = true,
          .flow_sigmas = true,
          .make = [](const Request& request) -> std::unique_ptr<const Solver> {
            return std::make_unique<Dpmpp2m>(request);
          }};
}

}  // namespace schedulers
