// SPDX-License-Identifier: MIT
#include "nodes/sampling/take_step.h"

#include <stdexcept>

#include "nodes/model_nodes.h"
#include "tensors/device.h"

namespace nodes {

Stepped take_step(const StepStart& start, const at::Tensor& prediction) {
  Stepped result{{}, start.state, {}, {}};
  schedulers::Draw draw;
  if (start.generator != nullptr) {
    result.generator = *start.generator;
    draw = draw_from(*result.generator, start.latents.device());
  } else if (schedulers::needs_noise(start.schedule, start.turn)) {
    throw std::runtime_error("the scheduler " + start.schedule.scheduler() +
                             " draws noise: carry a generator in the loop's state (state: {generator: "
                             "noise.generator}) and link it to 'generator'");
  }
  // The slot that it is in lets it go before this call has ended.
  for (const at::Tensor& tensor : start.state.history) tensors::keep_for_stream(tensor);
  tensors::keep_for_stream(start.state.sample);
  result.latents = schedulers::step(start.schedule, start.turn, prediction, start.latents, result.state, draw);
  result.check = finite_check(result.latents, start.schedule, start.turn);
  return result;
}

}  // namespace nodes
