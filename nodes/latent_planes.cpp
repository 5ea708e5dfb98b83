// SPDX-License-Identifier: MIT
#include "nodes/latent_planes.h"

#include <stdexcept>
#include <string>

namespace nodes {

at::Tensor host_of(graph::Context& cx, const Latents& latents) {
  if (latents.tensor.is_cpu()) return latents.tensor;
  const graph::PhaseTimer copying = cx.timed(graph::Phase::kCopy);
  return latents.host();
}

LatentPlanes planes_of(graph::Context& cx, const Latents& latents, const char* cure) {
  if (latents.tensor.dim() != 4 || latents.tensor.size(0) != 1) {
    throw std::runtime_error("latents of the shape " + c10::str(latents.tensor.sizes()) +
                             ", where those of one picture, (1, C, h, w), are due; " + cure);
  }
  const at::Tensor tensor = host_of(cx, latents).detach().to(at::kFloat).contiguous();
  const auto side = [&](int dimension) { return static_cast<int>(tensor.size(dimension)); };
  return {.tensor = tensor,
          .planes = {.data = tensor.data_ptr<float>(), .channels = side(1), .height = side(2), .width = side(3)}};
}

}  // namespace nodes
