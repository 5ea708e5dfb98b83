// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace imaging {

/// The picture files that `path` stands for, sorted by name, byte by byte: a file (itself, whatever its name), a folder
/// (the files in it that are named as pictures) or a pattern with * ? [ ] in its last part ("photos/img_0*.jpg").
/// `recursive` looks into the folders below, too. Never empty. Throws std::runtime_error that says what was looked for:
/// no such path, no picture there, wildcards elsewhere, a folder that cannot be read.
std::vector<std::string> find_pictures(const std::string& path, bool recursive);

}  // namespace imaging
