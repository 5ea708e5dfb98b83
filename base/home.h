// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace base {

/// "~" and "~/models" with the folder that HOME names in the place of the tilde, as shells write it: flags like
/// --model=~/x, files and variables bring it along as it is. Other texts, and all of them without HOME, are left as
/// they are.
std::string with_home(const std::string& path);

}  // namespace base
