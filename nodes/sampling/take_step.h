// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>

#include "nodes/values.h"

namespace nodes {

/// Latents after a scheduler's step, and what is to be kept and sent on with them.
struct Stepped {
  at::Tensor latents;
  schedulers::State state;
  std::optional<tensors::Generator> generator;  ///< advanced where it was drawn from; absent where none came in
  /// For graph::Context::when_done: throws std::runtime_error when the latents hold what is not a number.
  std::function<void()> check;
};

/// Where a scheduler's step begins.
struct StepStart {
  const schedulers::Schedule& schedule;
  std::size_t turn;
  const at::Tensor& latents;
  const schedulers::State& state;
  const tensors::Generator* generator = nullptr;  ///< null: none came in
};

/// One step, without a change to what it starts from. Throws std::runtime_error for a scheduler that draws noise
/// without a generator.
Stepped take_step(const StepStart& start, const at::Tensor& prediction);

}  // namespace nodes
