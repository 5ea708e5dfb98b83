// SPDX-License-Identifier: MIT
#pragma once

#include <ATen/CPUGeneratorImpl.h>

#include <functional>
#include <string>

#include "schedulers/schedule.h"

namespace sampling {

/// Standard normal noise from a seed; counts its calls.
struct Noise {
  explicit Noise(std::uint64_t seed = 0) : generator(at::detail::createCPUGenerator(seed)) {}
  schedulers::Draw draw() {
    return [this](at::IntArrayRef sizes) {
      ++calls;
      return at::randn(sizes, generator, at::TensorOptions(at::kFloat));
    };
  }
  at::Generator generator;
  int calls = 0;
};

/// What a network would answer for latents at a turn; it sees them scaled.
using Network = std::function<at::Tensor(const at::Tensor& input, std::size_t turn)>;

/// All turns from the first to the last.
inline at::Tensor denoise(const schedulers::Schedule& schedule, at::Tensor latents, const Network& network,
                          const schedulers::Draw& draw = {}) {
  schedulers::State state;
  for (std::size_t turn = 0; turn < schedule.size(); ++turn) {
    const at::Tensor prediction = network(scale_model_input(schedule, turn, latents), turn);
    latents = step(schedule, turn, prediction, latents, state, draw);
  }
  return latents;
}

/// x·t/(t + 1), the stand-in for a network in diffusers' own tests.
inline Network dummy_model(const schedulers::Schedule& schedule) {
  return [schedule](const at::Tensor& input, std::size_t turn) {
    const double t = schedule.timestep(turn);
    return input * t / (t + 1);
  };
}

/// The latents (4,3,8,8) of diffusers' own tests: 0 to 767 over 768, the batch fastest.
inline at::Tensor ramp() {
  return (at::arange(768, at::kFloat).reshape({3, 8, 8, 4}) / 768).permute({3, 0, 1, 2});
}

}  // namespace sampling
