// SPDX-License-Identifier: MIT
#include "nodes/take_step.h"

#include <stdexcept>

#include "nodes/model_nodes.h"

namespace nodes {

Stepped take_step(const StepStart& start, const at::Tensor& prediction) {
  Stepped result{{}, start.state, {}};
  schedulers::Draw draw;
  if (start.generator != nullptr) {
    result.generator = *start.generator;
    draw = draw_from(*result.generator);
  } else if (schedulers::needs_noise(start.schedule, start.turn)) {
    throw std::runtime_error("the scheduler " + start.schedule.scheduler() +
                             " draws noise: carry a generator in the loop's state (state: {generator: "
                             "noise.generator}) and link it to 'generator'");
  }
  result.latents = schedulers::step(start.schedule, start.turn, prediction, start.latents, result.state, draw);
  check_finite(result.latents, start.schedule, start.turn);
  return result;
}

}  // namespace nodes
