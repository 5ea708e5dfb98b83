// SPDX-License-Identifier: MIT
#pragma once

#include <exception>

namespace tensors {

/// Whether an exception of libtorch's, or of the memory that it is given (large_tensors.h), says that the memory of the
/// CPU or of a GPU has run out, in any of the ways in which its versions say so.
bool is_out_of_memory(const std::exception& error);

}  // namespace tensors
