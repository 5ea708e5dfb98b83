// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace graph {

/// A file or folder that a node reads. Relative ones count from the folder of the graph file that names them, or from
/// the working folder when given on the command line. See located() and found_path().
struct Path {
  std::string text;
  bool operator==(const Path&) const = default;
};

/// The path that `text`, written in a graph file of `folder`, means. What is not there stays as it is written, since
/// some properties take names in the place of paths; "./" and "../" are never names.
std::string located(const std::string& text, const std::string& folder);

/// The path that `text`, written in a params file, a table or data of `folder`, means: such files are part of what is
/// typed, so it counts from the working folder, and from `folder` where nothing is there.
std::string found_path(const std::string& text, const std::string& folder);

/// The absolute path that `text` means where it counts from `folder` (the working folder, when empty): what a record
/// keeps, so that it means the same from everywhere. A name of no file or folder there stays as it is: "embedded", a
/// hub id.
std::string resolved(const std::string& text, const std::string& folder = "");

}  // namespace graph
