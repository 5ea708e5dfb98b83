// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "schedulers/config.h"

namespace schedulers {

/// ᾱ_t of the training timesteps, in float32 from the betas on, as diffusers computes it.
struct NoiseLevels {
  std::vector<float> alphas_cumprod{};

  /// sqrt((1 − ᾱ)/ᾱ), rising with t.
  std::vector<float> sigmas() const;
};

/// Which betas a scheduler takes where the file has none, and what it does with a terminal SNR of zero.
struct BetaRules {
  double start = 0.0001;
  double end = 0.02;
  bool rescales = true;         ///< obeys rescale_betas_zero_snr; others leave the betas as they are
  float terminal = 0x1.0p-24F;  ///< ᾱ of the last timestep then, so that its sigma is finite; 0 for ddim
};

/// Source of the rescaling: Lin et al. 2024, Common Diffusion Noise Schedules and Sample Steps are Flawed, Alg. 1.
/// Source of squaredcos_cap_v2: Nichol and Dhariwal 2021, Improved DDPM, eq. 17.
NoiseLevels noise_levels(const Config& config, const BetaRules& rules);

}  // namespace schedulers
