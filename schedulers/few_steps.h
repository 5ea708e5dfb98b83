// SPDX-License-Identifier: MIT
#pragma once

#include "schedulers/alpha_solver.h"

namespace schedulers {

/// What lcm and tcd share: a few turns at some of those timesteps that a consistency model was distilled at, from the
/// last one down, whatever the file's timestep_spacing. diffusers' LCMScheduler and TCDScheduler.
class FewSteps : public AlphaSolver {
 public:
  bool draws_at(std::size_t index) const override { return draws() && !is_last(index); }

 protected:
  enum class Original {
    kSpaced,  ///< original_inference_steps of them, evenly spaced
    kEvery,   ///< each training timestep
  };
  /// Throws std::invalid_argument for more steps than there are timesteps to take.
  FewSteps(const Scheduler& scheduler, const Request& request, Original original);

  bool is_last(std::size_t index) const { return index + 1 == timesteps_.size(); }
  /// The next turn's; below 0 after the last.
  std::int64_t next_timestep(std::size_t index) const { return is_last(index) ? -1 : timestep(index + 1); }
  SignalAndNoise level(std::int64_t timestep) const;
};

}  // namespace schedulers
