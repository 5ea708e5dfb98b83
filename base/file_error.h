// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace base {

/// Throws std::runtime_error: "cannot <doing> '<path>': <what errno `error` means>", with a cure for the common
/// reasons.
[[noreturn]] void throw_file_error(const std::string& doing, const std::string& path, int error);

}  // namespace base
