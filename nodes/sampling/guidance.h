// SPDX-License-Identifier: MIT
#pragma once

#include "graph/contract.h"
#include "tensors/torch.h"

/// Classifier-free guidance: the properties that set it, and its equation.
namespace nodes {

inline constexpr graph::Prop<double> kGuidanceScale{
    .name = "guidance_scale",
    .help = "how far from the negative prompt to the prompt, and beyond; 1 and below: the prompt alone",
    .value = 6.5,
    .min = 0,
    .max = 1000};
inline constexpr graph::Prop<double> kGuidanceRescale{
    .name = "guidance_rescale",
    .help = "how far the guided prediction is brought back to the contrast of the prompt's own; 0: not at all",
    .value = 0,
    .min = 0,
    .max = 1};

struct Guidance {
  double scale = 1, rescale = 0;
};

/// Perturbed-attention guidance.
struct Perturbation {
  at::Tensor prediction{};  ///< of the prompt, with its attention perturbed; undefined: none
  double scale = 0;
};

/// negative + scale · (prompt − negative) (Ho and Salimans 2022), or the prompt's own where scale ≤ 1; further
/// away from the perturbed one, + its scale · (prompt − perturbed) (Ahn et al. 2024); then `rescale` of the way to the
/// standard deviation that the prompt's own prediction has, picture by picture (Lin et al. 2023, section 3.4), where
/// scale > 1. All (B,C,h,w); `negative` may be undefined where scale ≤ 1.
at::Tensor guided(const at::Tensor& prompt, const at::Tensor& negative, const Guidance& guidance,
                  const Perturbation& perturbation = {});

}  // namespace nodes
