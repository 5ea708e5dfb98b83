// SPDX-License-Identifier: MIT
#pragma once

namespace tensors {

/// Where base::limit_threads() was called: the pool that libtorch keeps beside OpenMP's gets no more threads than that.
/// It would have one for each core, does not look whether they were started, and waits for ever for one that was not.
/// Called once, before the first tensor.
void limit_pools();

}  // namespace tensors
