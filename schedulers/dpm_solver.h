// SPDX-License-Identifier: MIT
#pragma once

#include "schedulers/lambda_solver.h"

namespace schedulers {

/// What dpmpp-2m and dpmpp-2m-sde share: DPM-Solver++'s multistep scheme over predicted pictures, of order 1 where
/// there is no history yet and where the schedule asks for it at its end. diffusers' DPMSolverMultistepScheduler.
///
/// State: history = the last predicted pictures, at most solver_order.
class DpmSolver : public LambdaSolver {
 public:
  at::Tensor step(const StepInput& turn, State& state) const override;

 protected:
  DpmSolver(const Scheduler& scheduler, const Request& request, std::int64_t max_order);

  /// The picture's course in λ from a turn on: its value, and its divided differences where the order asks for them.
  struct Course {
    at::Tensor value{};
    at::Tensor first{};
    at::Tensor second{};
  };
  virtual at::Tensor integrate(const StepInput& turn, const Course& course) const = 0;

  bool midpoint() const { return midpoint_; }

 private:
  std::size_t order_at(std::size_t index, std::size_t remembered) const;
  Course course(std::size_t index, std::size_t order, const std::vector<at::Tensor>& history) const;

  std::size_t order_;
  bool midpoint_;
  bool lower_order_final_;
  bool first_order_final_;
};

}  // namespace schedulers
