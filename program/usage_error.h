// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>

namespace program {

/// Something wrong with what a run was told, or with what that names: a plugin, a record, a picture. Its text names the
/// cure; the command ends with exit code 2.
class UsageError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace program
