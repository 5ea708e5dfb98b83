// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "methods/matching/sources.h"

/// What a bank is made of, on the disk. Lists are sorted as CollageNet sorts them, folder by folder of the path
/// ("a/z.png" before "a-b.png"), since the order decides which numbers a source draws.
namespace matching {

/// The picture files that `path` stands for: a file, a folder (with `recursive`, those below, too) or a pattern such as
/// photos/*.jpg; what is passed over, and `notice`, are imaging::find_pictures's. Never empty. Throws
/// std::runtime_error that names the path, what was looked for, and the cure.
std::vector<std::string> find_source_pictures(const std::string& path, bool recursive, std::string* notice = nullptr);

/// The latent files (.npz) that `path` stands for: a file, or all of a folder and the folders below. Never empty.
/// Throws as above.
std::vector<std::string> find_latent_files(const std::string& path);

/// The pictures that are not where the sources say, each once, in the sources' order.
std::vector<std::string> missing_pictures(const std::vector<SourceLatent>& sources);

/// Gives the sources whose pictures are not where they say those of the same file name in `folder`, where there are
/// such: for latent files that were made elsewhere. Throws std::runtime_error when `folder` is not a folder.
void look_for_pictures_in(const std::string& folder, std::vector<SourceLatent>& sources);

/// "a.png, b.png and 3 more": at most ten names.
std::string list_of_names(const std::vector<std::string>& names);

}  // namespace matching
