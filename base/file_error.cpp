// SPDX-License-Identifier: MIT
#include "base/file_error.h"

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace base {
namespace {

const char* cure(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
    case EROFS:
      return " (choose a place that you may write to)";
    case ELOOP:
      return " (it is a link; remove it, or choose another folder)";
    case ENOSPC:
    case EDQUOT:
      return " (make room, or choose another place)";
    default:
      return "";
  }
}

}  // namespace

void throw_file_error(const std::string& doing, const std::string& path, int error) {
  throw std::runtime_error("cannot " + doing + " '" + path + "': " + std::generic_category().message(error) +
                           cure(error));
}

}  // namespace base
