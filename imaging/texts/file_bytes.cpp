// SPDX-License-Identifier: MIT
#include "imaging/texts/file_bytes.h"

#include <algorithm>
#include <cstring>

namespace imaging {

ReadAt bytes_at(std::span<const std::byte> file) {
  return [file](std::span<char> to, std::size_t offset) {
    const std::size_t size = std::min(to.size(), file.size() - std::min(offset, file.size()));
    if (size > 0) std::memcpy(to.data(), file.data() + offset, size);
    return static_cast<ssize_t>(size);
  };
}

ReadAt bytes_at(const base::Descriptor& file) {
  return [&file](std::span<char> to, std::size_t offset) { return base::read_some_at(file, to, offset); };
}

}  // namespace imaging
