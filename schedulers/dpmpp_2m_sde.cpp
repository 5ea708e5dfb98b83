// SPDX-License-Identifier: MIT
/// dpmpp-2m-sde: DPM-Solver++ for the diffusion's stochastic equation: fresh noise at every turn. diffusers'
/// DPMSolverMultistepScheduler with algorithm_type sde-dpmsolver++.
/// Source: Lu 2022, DPM-Solver++, appendix on SDE solvers (SDE-DPM-Solver++(2M)).
#include <cmath>

#include "schedulers/dpm_solver.h"

namespace schedulers {
namespace {

class Dpmpp2mSde final : public DpmSolver {
 public:
  explicit Dpmpp2mSde(const Request& request) : DpmSolver(dpmpp_2m_sde(), request, 2) {}

  bool draws() const override { return true; }

 protected:
  at::Tensor integrate(const StepInput& turn, const Course& course) const override {
    const at::Tensor noise = turn.draw(turn.latents.sizes());
    const Level from = level(turn.index);
    const Level to = level(turn.index + 1);
    const float h = to.lambda - from.lambda;
    if (h == 0) return turn.latents;
    const float gain = 1 - exp(-2 * h);
    at::Tensor result = turn.latents * (to.sigma / from.sigma * exp(-h)) + course.value * (to.alpha * gain);
    if (course.first.defined()) {
      const float slope = midpoint() ? 0.5F * (to.alpha * gain) : to.alpha * (gain / (-2 * h) + 1);
      result = result + course.first * slope;
    }
    return result + noise * (to.sigma * std::sqrt(gain));
  }
};

}  // namespace

Scheduler dpmpp_2m_sde() {
  return {.name = "dpmpp-2m-sde",
          .class_name = "DPMSolverMultistepScheduler",
          .webui_name = "DPM++ 2M SDE",
          .karras = true,
          .final_sigmas = true,
          .zero_snr = true,
          .algorithm_types = {"sde-dpmsolver++"},
          .lu_lambdas = true,
          .flow_sigmas = true,
          .make = [](const Request& request) -> std::unique_ptr<const Solver> {
            return std::make_unique<Dpmpp2mSde>(request);
          }};
}

}  // namespace schedulers
