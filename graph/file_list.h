// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <vector>

/// Texts that name several files, as people type them.
namespace graph {

/// The parts between commas, without the spaces around them. Empty parts are left out. A part in double quotes may have
/// commas in it; "" in it is one quote. Throws std::invalid_argument for a quote that is not closed.
std::vector<std::string> comma_list(const std::string& text);

/// A file, and the number behind it: "style.safetensors=0.5".
struct ScaledFile {
  std::string file;
  double scale = 1;
};

/// Files with their scales: "style.safetensors, other.safetensors=0.5", "\"a, b.safetensors\"=0.8". Where several parts
/// together are a file or a folder that is there, its name has commas in it and it is meant; likewise one with = in its
/// name. Throws std::invalid_argument for a scale that is not a finite number, and as comma_list.
std::vector<ScaledFile> file_list(const std::string& text);

/// The same list with other paths; as it is where they are the same, or it cannot be read.
std::string with_files(const std::string& list, const std::function<std::string(const std::string&)>& other);

}  // namespace graph
