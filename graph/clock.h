// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

namespace graph {

/// What the engine measures with: never set back.
using Clock = std::chrono::steady_clock;

}  // namespace graph
