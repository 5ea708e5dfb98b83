// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "schedulers/noise_levels.h"
#include "schedulers/prediction.h"
#include "schedulers/schedule.h"

namespace schedulers {

/// What a solver is built from: the file with the graph's settings laid over it.
struct Request {
  Config config{};
  std::int64_t steps = 0;
  double eta = 0;
  bool sets_original_steps = false;  ///< the graph does, and not the file
  double part = 1;                   ///< of the timesteps, those of less noise: lcm and tcd with every step in it
};

/// One call of step(), in float32 or float64. `index` counts the full schedule's turns.
struct StepInput {
  std::size_t index;
  const at::Tensor& prediction;
  const at::Tensor& latents;
  const Draw& draw;  ///< answers in the latents' dtype, on their device
};

/// A scheduler set up for a number of steps; immutable. Calls may assume what schedule.h's functions check.
class Solver {
 public:
  virtual ~Solver() = default;

  virtual at::Tensor scale_model_input(std::size_t index, const at::Tensor& latents) const = 0;
  virtual at::Tensor add_noise(std::size_t index, const at::Tensor& latents, const at::Tensor& noise) const = 0;
  virtual at::Tensor predict_original(std::size_t index, const at::Tensor& prediction,
                                      const at::Tensor& latents) const = 0;
  /// `state` is that of the turn before, or empty.
  virtual at::Tensor step(const StepInput& turn, State& state) const = 0;
  /// Whether step() ever draws, and at that turn.
  virtual bool draws() const { return false; }
  virtual bool draws_at(std::size_t /*index*/) const { return draws(); }

  /// Where evaluations may begin: every one but the second of heun's pairs.
  virtual bool may_begin(std::size_t /*index*/) const { return true; }
  /// The index that step s of the graph's steps begins at: 2s for heun.
  virtual std::size_t index_of_step(std::size_t step) const { return step; }

  const std::vector<float>& timesteps() const { return timesteps_; }
  /// One more than timesteps: where the last turn ends.
  const std::vector<float>& sigmas() const { return sigmas_; }
  float init_noise_sigma() const { return init_noise_sigma_; }
  const NoiseLevels& levels() const { return levels_; }
  const std::string& name() const { return name_; }
  PredictionType prediction() const { return prediction_; }

 protected:
  Solver(std::string name, NoiseLevels levels, PredictionType prediction)
      : name_(std::move(name)), levels_(std::move(levels)), prediction_(prediction) {}

  std::string name_;
  NoiseLevels levels_;
  PredictionType prediction_;
  std::vector<float> timesteps_{};
  std::vector<float> sigmas_{};
  float init_noise_sigma_ = 1;
};

/// Adds to a history that keeps its newest n.
inline void remember(State& state, at::Tensor value, std::size_t n) {
  state.history.push_back(std::move(value));
  if (state.history.size() > n) state.history.erase(state.history.begin());
}

}  // namespace schedulers
