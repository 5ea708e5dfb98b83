// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string_view>

#include "models/model_files.h"
#include "tensors/npz.h"

namespace models {
namespace {

constexpr std::uint64_t kSampleBytes = 64;

/// FNV-1a, 64 bits. Source: Fowler, Noll, Vo; RFC 9923.
class Hash {
 public:
  void add(std::string_view bytes) {
    for (const char byte : bytes) state_ = (state_ ^ static_cast<unsigned char>(byte)) * 0x100000001B3;
  }
  /// With its length, so that two texts one after the other are not another two of the same letters.
  void add_text(std::string_view text) {
    add(std::to_string(text.size()) + ":");
    add(text);
  }
  std::string text() const {
    char digits[17];
    std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(state_));
    return digits;
  }

 private:
  std::uint64_t state_ = 0xCBF29CE484222325;
};

void add_weights(Hash& hash, const std::filesystem::path& path) {
  const tensors::SafetensorsFile file(path);
  for (const tensors::SafetensorsEntry& entry : file.entries()) {
    hash.add_text(entry.name);
    hash.add_text(at::toString(entry.dtype));
    for (const std::int64_t size : entry.shape) hash.add_text(std::to_string(size));
    const at::Tensor tensor = file.tensor(entry);
    const std::uint64_t bytes = tensor.nbytes(), count = std::min(bytes, kSampleBytes);
    hash.add({static_cast<const char*>(tensor.data_ptr()) + (bytes - count) / 2, count});
  }
}

void add_whole(Hash& hash, const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::string piece(1 << 16, '\0');
  while (stream.read(piece.data(), static_cast<std::streamsize>(piece.size())) || stream.gcount() > 0)
    hash.add(std::string_view(piece).substr(0, static_cast<std::size_t>(stream.gcount())));
  if (!stream.eof()) throw tensors::FileError(path.string() + ": cannot be read");
}

}  // namespace

std::string content_identity(const std::vector<std::filesystem::path>& files) {
  Hash hash;
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
