// SPDX-License-Identifier: MIT
#pragma once

#include <string>

/// Code that is loaded while the program runs. This is the one place that does it.
namespace graph {

/// Loads a shared library, which stays loaded, and finds a function in it; null when it has none of that name. The
/// library's names are its own: they fulfil no other library's. `file` has a folder in it. Thread-safe. Throws
/// std::runtime_error with the loader's reason: not there, or something that it needs is not.
void (*load_function(const std::string& file, const char* name))();

/// The folder that the engine's library lies in, or the program's where the engine is part of that. What is installed
/// beside it is found there, wherever the tree was moved to.
std::string engine_folder();

}  // namespace graph
