// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "schedulers/config.h"

namespace schedulers {

/// How timesteps are spread over the training timesteps, falling. Names: Lin et al. 2024, Table 2.
struct Spacing {
  std::string name{};  ///< leading, linspace or trailing
  std::int64_t steps = 0;
  std::int64_t train = 1000;  ///< training timesteps
  std::int64_t offset = 0;    ///< added to leading ones
};

/// Spread so that the last step may end at timestep 0 itself (euler, euler-ancestral, heun, lms, ddim, pndm). Fractions
/// with linspace. Throws std::invalid_argument for one step with linspace, which would begin without noise.
std::vector<double> spaced_timesteps(const Spacing& spacing);

/// Whole timesteps with room for one more at the end, where the last step ends (dpmpp-2m, dpmpp-2m-sde, unipc). Those
/// of leading and linspace spacing lie below `last`.
std::vector<double> spaced_timesteps_with_end(const Spacing& spacing, std::int64_t last);

/// The table's value at a fractional place, linear between entries and constant beyond them.
double interpolate(double place, const std::vector<float>& table);

/// n noise levels from max down to min. Source: Karras 2022, eq. 5 with rho = 7.
std::vector<double> karras_sigmas(double max, double min, std::int64_t n);

/// Where log(sigma) lies among those of the training timesteps, a fraction in [0, n − 1].
double timestep_of(double sigma, const std::vector<float>& training_sigmas);

/// Half to even, as Python and numpy round.
double round_even(double value);

}  // namespace schedulers
