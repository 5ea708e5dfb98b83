// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

namespace tensors {

/// The most that is kept of freed memory, for all threads together.
inline constexpr std::size_t kKeptBytes = std::size_t{512} << 20;

/// From now on large CPU tensors of this process lie in huge pages, and memory of freed ones is used again: a picture's
/// activations are hundreds of megabytes that would otherwise be mapped, zeroed and unmapped by the system at every
/// operator, which takes longer than the operator. For programs, not for libraries: called once, before the first
/// tensor. Tensors that are there already are not touched. Needs kKeptBytes more memory at most.
void keep_memory_of_large_tensors();

}  // namespace tensors
