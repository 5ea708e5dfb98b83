// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace schedulers {

/// What a graph's `schedule` node sets. Empty means: as scheduler_config.json has it.
struct Settings {
  /// euler, euler-ancestral, heun, lms, ddim, pndm, dpmpp-2m, dpmpp-2m-sde, unipc, lcm, tcd, or diffusers' name of
  /// the class; or what web UIs call one of them, which may say karras, too: "DPM++ 2M Karras", "Euler a".
  std::string scheduler{};
  std::int64_t steps = 30;  ///< 1 to num_train_timesteps

  /// img2img: the last int(steps · strength) steps are taken. In [0,1].
  double strength = 1.0;
  /// img2img: it begins at this step at the earliest, whatever the strength. Pipelines before diffusers 0.10 began at
  /// the scheduler's steps_offset.
  std::int64_t first_step = 0;
  /// lcm and tcd: all steps are taken instead, within that part of the timesteps: diffusers'
  /// LatentConsistencyModelImg2ImgPipeline.
  bool strength_keeps_steps = false;
  /// The parts of a mixture of denoisers, as fractions of the training timesteps from noise to picture. The first takes
  /// the timesteps t >= round(T − denoising_end·T), the second those below. 0 and 1: not cut.
  double denoising_start = 0.0;
  double denoising_end = 1.0;

  double eta = 0.0;  ///< ddim and tcd: how much fresh noise, in [0,1]
  /// lcm: at how many of the training timesteps it was distilled; tcd: any number is all of them. Else the file's.
  std::optional<std::int64_t> original_inference_steps{};
  std::optional<double> timestep_scaling{};  ///< lcm: how fast latents themselves cease to count
  std::optional<bool> karras{};
  std::optional<std::string> spacing{};          ///< leading, linspace or trailing
  std::optional<std::string> prediction_type{};  ///< epsilon, sample or v_prediction
  /// zero, or sigma_min: where the last step ends. unipc before diffusers 0.28 ended at sigma_min.
  std::optional<std::string> final_sigmas_type{};
  std::optional<bool> rescale_betas_zero_snr{};
};

}  // namespace schedulers
