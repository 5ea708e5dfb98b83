// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace schedulers {

/// "; did you mean 'x'?" with the nearest of the names, or nothing where none is near.
std::string did_you_mean(const std::string& name, const std::vector<std::string>& names);

/// "a, b or c".
std::string listed(const std::vector<std::string>& names);

}  // namespace schedulers
