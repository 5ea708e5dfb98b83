// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "schedulers/config.h"
#include "schedulers/settings.h"
#include "tensors/torch.h"

/// Noise schedulers in diffusers' sense: which timesteps a picture is denoised at, and how a network's prediction takes
/// latents from one to the next. Pure functions of values: no globals, no generators, nothing is written in place, so
/// all of it may be called from any thread, and differentiated.
namespace schedulers {

class Solver;

/// Standard normal noise of a shape: float32 on the CPU, as diffusers draws it. The caller's generator stands behind
/// it.
using Draw = std::function<at::Tensor(at::IntArrayRef shape)>;

/// What a multistep scheduler remembers from turn to turn. Empty at the start; step() replaces it and never writes to
/// its tensors, so a copy is a snapshot. One state belongs to one tensor of latents.
struct State {
  std::vector<at::Tensor> history{};  ///< newest last; what they are is the scheduler's own
  at::Tensor sample{};                ///< latents to come back to; undefined where there are none
  std::size_t turns = 0;              ///< taken since the state was empty
  std::size_t next_turn = 0;          ///< which this state is for, when turns > 0
  std::int64_t order = 0;             ///< unipc: of the last predictor
};

/// What can be told of settings before the scheduler's file is there. Throws std::invalid_argument.
void check(const Settings& settings);

/// The turns of one denoising: an immutable value, cheap to copy.
class Schedule {
 public:
  /// Throws std::invalid_argument in words: an unknown scheduler (with the nearest name and the list), settings out of
  /// range or that the scheduler has not, a schedule without turns, more steps than there are noise levels. Throws
  /// tensors::FileError where the file's betas are no noise schedule.
  Schedule(const Config& config, const Settings& settings);

  /// Turns, which are evaluations of the network: heun's and pndm's extra ones are counted. At least 1.
  std::size_t size() const { return end_ - begin_; }
  /// What the network is given at a turn, in [0, num_train_timesteps); a fraction for euler, heun and lms with linspace
  /// spacing or karras sigmas.
  double timestep(std::size_t turn) const;
  /// The noise level sqrt((1 − ᾱ)/ᾱ) that the network is evaluated at; sigma(size()) is where the last turn ends. May
  /// be infinite for ddim with zero terminal SNR.
  double sigma(std::size_t turn) const;
  /// What standard normal noise is multiplied with to begin at the full schedule's first turn.
  double init_noise_sigma() const;
  /// Steps from noise to picture, as the graph set them, before strength and denoising_start cut them.
  std::int64_t steps() const { return steps_; }
  /// The file's steps_offset.
  std::int64_t steps_offset() const { return steps_offset_; }
  /// Canonical name: "euler", whatever it was chosen by.
  const std::string& scheduler() const;
  /// ᾱ of the training timesteps, (num_train_timesteps). Valid while a copy of this schedule lives.
  std::span<const float> alphas_cumprod() const&;
  std::span<const float> alphas_cumprod() const&& = delete;

  /// The parts that the functions below are made of.
  const Solver& solver() const { return *solver_; }
  /// Of a turn in the full schedule, before strength and denoising_start cut it. Throws for a turn that is not in it.
  std::size_t index(std::size_t turn) const;

 private:
  std::shared_ptr<const Solver> solver_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::int64_t steps_ = 0;
  std::int64_t steps_offset_ = 0;
};

/// Names of the schedulers, in the order of the list.
std::vector<std::string> scheduler_names();

// Latents, predictions and noise are (B,C,h,w) of any floating dtype and device; results have those of the latents.
// Computed in float32, and in float64 for float64 latents. Calls throw std::invalid_argument for a turn that the
// schedule has not, shapes that differ, and a state of another turn.

/// What the network is given: latents / sqrt(sigma² + 1) for euler, euler-ancestral, heun and lms, the latents
/// themselves for the others.
at::Tensor scale_model_input(const Schedule& schedule, std::size_t turn, const at::Tensor& latents);

/// Clean latents brought to the noise level that a turn begins at; turn 0 is the start of img2img.
at::Tensor add_noise(const Schedule& schedule, const at::Tensor& latents, const at::Tensor& noise,
                     std::size_t turn = 0);

/// Whether step() calls `draw` at that turn: euler-ancestral, dpmpp-2m-sde and ddim with eta > 0; lcm, and tcd with
/// eta > 0, at all but the last.
bool needs_noise(const Schedule& schedule, std::size_t turn);

/// One turn: from the latents that the prediction was made for to the next. `draw` may be empty where needs_noise() is
/// false; it is called at most once, with the latents' shape. `state` is replaced when the call succeeds.
at::Tensor step(const Schedule& schedule, std::size_t turn, const at::Tensor& prediction, const at::Tensor& latents,
                State& state, const Draw& draw);

/// The picture that the prediction points at: x₀ on the scale of clean latents (before ddim's or heun's clip_sample).
at::Tensor predict_original(const Schedule& schedule, std::size_t turn, const at::Tensor& prediction,
                            const at::Tensor& latents);

}  // namespace schedulers
