// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string_view>

#include "base/reading.h"
#include "models/files/content_hash.h"
#include "models/files/model_files.h"

namespace models {
namespace {

void add_weights(ContentHash& hash, const std::filesystem::path& path) {
  const tensors::SafetensorsFile file(path);
  for (const tensors::SafetensorsEntry& entry : file.entries()) {
    hash.add_text(entry.name);
    hash.add_text(at::toString(entry.dtype));
    for (const std::int64_t size : entry.shape) hash.add_text(std::to_string(size));
    hash.add_sample(file.tensor(entry));
  }
}

void add_whole(ContentHash& hash, const std::filesystem::path& path) {
  base::read_pieces(base::open_to_read(path), path, [&](std::string_view piece) { hash.add(piece); });
}

}  // namespace

std::string content_identity(const std::vector<std::filesystem::path>& files) {
  ContentHash hash;
  // Names count from the folder that all are in: where the model lies is not its content.
  const auto depth = [](const std::filesystem::path& file) { return std::distance(file.begin(), file.end()); };
  const auto top = std::ranges::min_element(files, {}, depth);
  for (const std::filesystem::path& file : files) {
    hash.add_text(files.size() == 1 ? "" : file.lexically_relative(top->parent_path()).generic_string());
    if (file.extension() == ".safetensors") add_weights(hash, file);
    else add_whole(hash, file);
  }
  return hash.text();
}

}  // namespace models
