// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace imaging {

/// The picture files that `path` stands for, sorted by name, byte by byte: a file (itself, whatever its name), a folder
/// (the files in it that are named as pictures) or a pattern with * ? [ ] in its last part ("photos/img_0*.jpg").
/// `recursive` looks into the folders below, too. Never empty.
///
/// Of a folder or a pattern, what systems leave beside pictures is passed over (leftover_of), and so is what is named
/// as a picture and begins as none. `notice` gets what is to be told once of that, of pictures whose format is not
/// read, and of animations, of which the first picture counts; "" where there is nothing to tell.
///
/// Throws std::runtime_error that says what was looked for: no such path, no picture there, wildcards elsewhere, a
/// folder that cannot be read; a file that is named alone and is no picture that can be read.
std::vector<std::string> find_pictures(const std::string& path, bool recursive, std::string* notice = nullptr);

}  // namespace imaging
