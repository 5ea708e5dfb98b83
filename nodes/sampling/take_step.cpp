// SPDX-License-Identifier: MIT
#include "nodes/sampling/take_step.h"

#include <sstream>
#include <stdexcept>

#include "nodes/noise_draws.h"
#include "tensors/device.h"

namespace nodes {
namespace {

/// What throws when latents after a turn hold what is not a number, once the device has done what it was given.
std::function<void()> finite_check(const at::Tensor& latents, const schedulers::Schedule& schedule, std::size_t turn) {
  return [finite = tensors::to_host_later(latents.isfinite().all()), turn, turns = schedule.size(),
          timestep = schedule.timestep(turn)] {
    if (finite.item<bool>()) return;
    std::ostringstream text;
    text << "the latents are not numbers any more (NaN or infinite) after turn " << turn + 1 << " of " << turns
         << " (timestep " << timestep
         << "); what came in may have been so already, the model may need --dtype fp32, or the guidance scale is too "
            "high";
    throw std::runtime_error(text.str());
  };
}

}  // namespace

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
