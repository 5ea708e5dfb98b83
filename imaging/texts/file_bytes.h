// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "base/descriptor.h"

/// Bytes of a picture file, in memory or on disk, for what walks through its parts and takes few of them.
namespace imaging {

/// Reads bytes at an offset, as many as are there; how many.
using ReadAt = std::function<ssize_t(std::span<char>, std::size_t)>;

/// `file` must outlive what is returned.
ReadAt bytes_at(std::span<const std::byte> file);
ReadAt bytes_at(const base::Descriptor& file);

/// Whole numbers at the start of a text that has as many bytes. REQUIRES: it has.
inline std::uint32_t big16(std::string_view bytes) {
  return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[0])) << 8 | static_cast<unsigned char>(bytes[1]);
}
inline std::uint32_t big32(std::string_view bytes) {
  return big16(bytes) << 16 | big16(bytes.substr(2));
}
inline std::uint32_t little16(std::string_view bytes) {
  return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[1])) << 8 | static_cast<unsigned char>(bytes[0]);
}
inline std::uint32_t little32(std::string_view bytes) {
  return little16(bytes.substr(2)) << 16 | little16(bytes);
}

}  // namespace imaging
