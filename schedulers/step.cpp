// SPDX-License-Identifier: MIT
#include <sstream>
#include <stdexcept>

#include "schedulers/schedule.h"
#include "schedulers/solver.h"

namespace schedulers {
namespace {

at::ScalarType working_type(const at::Tensor& latents) {
  return latents.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
}

std::string shape(const at::Tensor& tensor) {
  std::ostringstream out;
  out << tensor.sizes();
  return out.str();
}

/// `other` in the dtype that is computed in.
at::Tensor beside(const char* name, const at::Tensor& other, const at::Tensor& latents) {
  if (other.sizes() != latents.sizes()) {
    throw std::invalid_argument(std::string(name) + " of shape " + shape(other) + " for latents of shape " +
                                shape(latents));
  }
  return other.to(latents.device(), working_type(latents));
}

void check_state(const Schedule& schedule, std::size_t turn, const State& state, const at::Tensor& latents) {
  if (state.turns == 0) {
    if (schedule.solver().may_begin(schedule.index(turn))) return;
    throw std::invalid_argument(schedule.scheduler() + "'s turn " + std::to_string(turn) +
                                " is the second half of a step and needs the state of the turn before");
  }
  if (state.next_turn != turn) {
    throw std::invalid_argument("a state for turn " + std::to_string(state.next_turn) + " at turn " +
                                std::to_string(turn) + ": keep one for each picture, and begin with an empty one");
  }
  for (const at::Tensor& tensor : state.history) beside("a state's history", tensor, latents);
}

}  // namespace

at::Tensor scale_model_input(const Schedule& schedule, std::size_t turn, const at::Tensor& latents) {
  const at::Tensor working = latents.to(working_type(latents));
  return schedule.solver().scale_model_input(schedule.index(turn), working).to(latents.scalar_type());
}

at::Tensor add_noise(const Schedule& schedule, const at::Tensor& latents, const at::Tensor& noise, std::size_t turn) {
  const at::Tensor working = latents.to(working_type(latents));
  return schedule.solver()
      .add_noise(schedule.index(turn), working, beside("noise", noise, latents))
      .to(latents.scalar_type());
}

bool needs_noise(const Schedule& schedule, std::size_t turn) {
  return schedule.index(turn) < schedule.solver().timesteps().size() &&
         schedule.solver().draws_at(schedule.index(turn));
}

at::Tensor step(const Schedule& schedule, std::size_t turn, const at::Tensor& prediction, const at::Tensor& latents,
                State& state, const Draw& draw) {
  check_state(schedule, turn, state, latents);
  if (needs_noise(schedule, turn) && !draw) {
    throw std::invalid_argument(schedule.scheduler() + " draws noise: give a generator");
  }
  const at::Tensor working = latents.to(working_type(latents));
  const at::Tensor predicted = beside("prediction", prediction, latents);
  const Draw beside_latents = [&](at::IntArrayRef sizes) { return beside("noise", draw(sizes), working); };
  State next = state;
  const at::Tensor stepped = schedule.solver().step({schedule.index(turn), predicted, working, beside_latents}, next);
  next.turns = state.turns + 1;
  next.next_turn = turn + 1;
  state = std::move(next);
  return stepped.to(latents.scalar_type());
}

at::Tensor predict_original(const Schedule& schedule, std::size_t turn, const at::Tensor& prediction,
                            const at::Tensor& latents) {
  const at::Tensor working = latents.to(working_type(latents));
  return schedule.solver()
      .predict_original(schedule.index(turn), beside("prediction", prediction, latents), working)
      .to(latents.scalar_type());
}

}  // namespace schedulers
