// SPDX-License-Identifier: MIT
#include "nodes/sampling/guidance.h"

namespace nodes {

at::Tensor guided(const at::Tensor& prompt, const at::Tensor& negative, const Guidance& guidance,
                  const Perturbation& perturbation) {
  at::Tensor plain = guidance.scale <= 1 ? prompt : negative + guidance.scale * (prompt - negative);
  if (perturbation.prediction.defined()) plain = plain + perturbation.scale * (prompt - perturbation.prediction);
  if (guidance.scale <= 1 || guidance.rescale == 0) return plain;
  const auto deviation = [](const at::Tensor& t) { return t.std(at::IntArrayRef{1, 2, 3}, true, true); };
  const at::Tensor factor = guidance.rescale * (deviation(prompt) / deviation(plain)) + (1 - guidance.rescale);
  return plain * factor;
}

}  // namespace nodes
