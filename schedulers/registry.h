// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "schedulers/solver.h"

namespace schedulers {

/// A scheduler's place in the list. Each is declared in its own file.
struct Scheduler {
  std::string name{};        ///< as graphs write it
  std::string class_name{};  ///< diffusers'
  std::string webui_name{};  ///< stable-diffusion-webui's: "DPM++ 2M"
  /// Which settings it obeys. One that it has not is an error when a graph sets it, and is not used when the file has
  /// it.
  bool karras = false;
  bool final_sigmas = false;
  bool zero_snr = false;
  bool eta = false;
  bool spacing = true;
  bool original_steps = false;  ///< original_inference_steps, and a strength that keeps every step
  bool timestep_scaling = false;
  bool sample_prediction = true;
  /// Which of the file's algorithm_type mean this one, where diffusers has several of ours in one class; else empty.
  std::vector<std::string> algorithm_types{};
  /// Settings of its class that are not built: a file that sets one is refused.
  bool lu_lambdas = false;
  bool flow_sigmas = false;
  /// Obeys the file's interpolation_type.
  bool interpolation = false;
  /// How diffusers' class spaces karras sigmas: to whole timesteps with cosine betas, too, which others cut off; and
  /// final_sigmas_type sigma_min ends at the last of them, where others end at the training's least.
  bool rounds_cosine_timesteps = false;
  bool ends_at_karras_min = false;
  std::unique_ptr<const Solver> (*make)(const Request& request) = nullptr;
};

/// All of them. To add one: a file with its function, and its line in registry.cpp.
const std::vector<Scheduler>& schedulers();

/// By name or by diffusers' class name; "" is the file's class. Throws std::invalid_argument with the nearest name and
/// the list.
const Scheduler& scheduler_named(const std::string& name, const Config& config);

Scheduler euler();
Scheduler euler_ancestral();
Scheduler heun();
Scheduler lms();
Scheduler ddim();
Scheduler pndm();
Scheduler dpmpp_2m();
Scheduler dpmpp_2m_sde();
Scheduler unipc();
Scheduler lcm();
Scheduler tcd();

}  // namespace schedulers
