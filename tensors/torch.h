// SPDX-License-Identifier: MIT
#pragma once

/// libtorch as this project uses it: ATen alone, whose operators are differentiable, and not the whole C++ frontend
/// (6 s against 22 s per compiled file). Calls that not every version has are here, and nowhere else: Debian's libtorch
/// is 1.13, users have 2.x.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <torch/version.h>

#define DECOUPAGE_TORCH_2 (TORCH_VERSION_MAJOR >= 2)
#define DECOUPAGE_TORCH_2_4 (TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4))
