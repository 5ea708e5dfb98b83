// SPDX-License-Identifier: MIT
#pragma once

#include "schedulers/schedule.h"
#include "tensors/generator.h"

namespace nodes {

/// Standard normal noise on `device` from a generator that is advanced, and outlives what is returned.
schedulers::Draw draw_from(tensors::Generator& generator, at::Device device);

}  // namespace nodes
