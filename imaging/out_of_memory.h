// SPDX-License-Identifier: MIT
#pragma once

#include <exception>

namespace imaging {

/// Whether what OpenCV threw says that memory ran out.
bool is_out_of_memory(const std::exception& error);

}  // namespace imaging
