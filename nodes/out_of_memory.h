// SPDX-License-Identifier: MIT
#pragma once

#include <exception>

namespace nodes {

/// For RunOptions::out_of_memory: whether what a built-in node threw says that memory ran out.
bool is_out_of_memory(const std::exception& error);

}  // namespace nodes
