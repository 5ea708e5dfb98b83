// SPDX-License-Identifier: MIT
#include "methods/matching/source_files.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>
#include <stdexcept>

#include "base/reading.h"
#include "imaging/files/picture.h"
#include "imaging/files/picture_files.h"
#include "imaging/files/picture_kinds.h"

namespace matching {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNames = 10;

bool is_latent_file(const fs::path& path) {
  std::string extension = path.extension().string();
  std::ranges::transform(extension, extension.begin(), [](unsigned char c) { return std::tolower(c); });
  return extension == ".npz";
}

void sort(std::vector<std::string>& files) {
  std::ranges::sort(files, [](const std::string& a, const std::string& b) { return fs::path(a) < fs::path(b); });
}

std::vector<std::string> latents_below(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error, gone;
  fs::recursive_directory_iterator entry(folder, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    const bool leftover = !imaging::leftover_of(entry->path().filename().string()).empty();
    if (leftover && entry->is_directory(gone)) entry.disable_recursion_pending();
    if (!leftover && is_latent_file(entry->path()) && entry->is_regular_file(gone))
      files.push_back(entry->path().string());
  }
  if (error) throw std::runtime_error("folder '" + folder + "' cannot be read: " + error.message());
  sort(files);
  return files;
}

bool has_pictures(const std::string& folder) {
  try {
    return !imaging::find_pictures(folder, true).empty();
  } catch (const std::runtime_error&) {
    return false;
  }
}

}  // namespace

std::vector<std::string> find_source_pictures(const std::string& path, bool recursive, std::string* notice) {
  std::error_code error;
  if (is_latent_file(path) && fs::is_regular_file(path, error))
    throw std::runtime_error("'" + path + "' is a latent file and no picture: give it as source_latents");
  std::vector<std::string> files;
  try {
    files = imaging::find_pictures(path, recursive, notice);
  } catch (const std::runtime_error& e) {
    if (!fs::is_directory(path, error) || latents_below(path).empty()) throw;
    throw std::runtime_error(std::string(e.what()) + "; it has latent files: give it as source_latents");
  }
  sort(files);
  return files;
}

std::vector<std::string> find_latent_files(const std::string& path) {
  std::error_code error;
  if (path.empty()) throw std::runtime_error("the path is empty: give a latent file (.npz) or a folder of them");
  base::check_readable(path);
  if (fs::is_directory(path, error)) {
    std::vector<std::string> files = latents_below(path);
    if (!files.empty()) return files;
    throw std::runtime_error(
        "no latent file in '" + path + "': looked for .npz in it and the folders below" +
        (has_pictures(path) ? "; it has pictures: give it as source_images, or encode them first: decoupage encode " +
                                  path + " LATENTS"
                            : "; decoupage encode IMAGES LATENTS makes them of pictures"));
  }
  if (!fs::exists(path, error)) throw std::runtime_error(base::not_there(path));
  if (is_latent_file(path)) return {path};
  throw std::runtime_error("'" + path + "' is not a latent file: their names end in .npz" +
                           (imaging::has_picture_extension(path) ? "; give a picture as source_images" : ""));
}

std::vector<std::string> missing_pictures(const std::vector<SourceLatent>& sources) {
  std::vector<std::string> missing;
  std::set<std::string> seen;
  for (const SourceLatent& source : sources) {
    std::error_code error;
    if (seen.insert(source.source_path).second && !fs::is_regular_file(source.source_path, error))
      missing.push_back(source.source_path);
  }
  return missing;
}

void look_for_pictures_in(const std::string& folder, std::vector<SourceLatent>& sources) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) throw std::runtime_error("no folder '" + folder + "' to look for pictures in");
  for (SourceLatent& source : sources) {
    if (fs::is_regular_file(source.source_path, error)) continue;
    const fs::path other = fs::path(folder) / fs::path(source.source_path).filename();
    if (fs::is_regular_file(other, error)) source.source_path = other.string();
  }
}

std::string list_of_names(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kNames); ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kNames) text += " and " + std::to_string(names.size() - kNames) + " more";
  return text;
}

}  // namespace matching
