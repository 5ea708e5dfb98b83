// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace tiling {

/// Which of a schedule's timesteps is t*: a region with a picture is held to it after each step whose timestep is
/// greater. k* = min(max(n − i + o, 0), n − 1) with i = min(⌊n (1 − strength)⌋ + o, n).
///
/// `offset`: the scheduler's steps_offset, which makes a difference at strength 0 alone: with 1 the first step is held
/// all the same, as in the original.
/// Source: Barbero Jiménez 2023 (Mixture of Diffusers), its canvas mode.
std::int64_t last_held_step(std::int64_t steps, double strength, std::int64_t offset = 0);

}  // namespace tiling
