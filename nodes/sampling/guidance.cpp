// SPDX-License-Identifier: MIT
#include "nodes/sampling/guidance.h"

namespace nodes {

at::Tensor guided(const at::Tensor& prompt, const at::Tensor& negative, const Guidance& guidance) {
  if (guidance.scale <= 1) return prompt;
  const at::Tensor plain = negative + guidance.scale * (prompt - negative);
  if (guidance.rescale == 0) return plain;
  const auto deviation = [](const at::Tensor& t) { return t.std(at::IntArrayRef{1, 2, 3}, true, true); };
  const at::Tensor factor = guidance.rescale * (deviation(prompt) / deviation(plain)) + (1 - guidance.rescale);
  return plain * factor;
}

}  // namespace nodes
