// SPDX-License-Identifier: MIT
#include "nodes/noise_draws.h"

#include "tensors/device.h"

namespace nodes {

schedulers::Draw draw_from(tensors::Generator& generator, at::Device device) {
  return [&generator, device](at::IntArrayRef shape) { return tensors::to_device(generator.randn(shape), device); };
}

}  // namespace nodes
