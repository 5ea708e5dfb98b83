// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace program {

/// "0.1.0"
std::string version();

/// The program's version and those of the libraries that it runs with, a line each. Loads the picture nodes.
std::string versions_text();

}  // namespace program
