// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

namespace schedulers {

/// A scheduler, as other programs say it in one name: "DPM++ 2M Karras".
struct SamplerName {
  std::string scheduler{};       ///< its own name here
  std::optional<bool> karras{};  ///< where the name says it
};

/// Reads the names that Stable Diffusion's web UIs, ComfyUI and k-diffusion give to samplers, whatever their capitals,
/// spaces and dashes: "Euler a", "euler_ancestral", "k_dpmpp_2m", "DPM++ 2M Karras", "PLMS". Nothing for any other
/// text, whose meaning scheduler_named() tells or refuses.
///
/// Throws std::invalid_argument with what to write: a sampler that is not built, or one that is, with noise levels
/// behind it that are not ("DPM++ 2M Exponential").
std::optional<SamplerName> sampler_named(const std::string& text);

}  // namespace schedulers
