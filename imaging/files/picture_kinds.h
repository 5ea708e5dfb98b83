// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string>

/// What files are, told from their first bytes and their names.
namespace imaging {

inline constexpr std::size_t kKindBytes = 48;  ///< that tell

struct PictureKind {
  std::string name{};        ///< "PNG", "HEIC", "a web page"; "": nobody knows
  bool readable = false;     ///< one of the formats that are read here
  bool is_animated = false;  ///< WebP and PNG; its first picture counts
};
/// Of a file that begins with `head`, kKindBytes or all that there is.
PictureKind kind_of(std::span<const std::byte> head);
/// "PNG, JPEG, WebP, BMP and TIFF".
std::string readable_kinds();

/// What a name says of a picture that cannot be read ("HEIC", "a camera's raw file"); "" where it says nothing.
std::string unreadable_by_name(const std::string& path);

/// Whose leftover a file or folder of that name is, with what is in it ("macOS"); "" for all others. Systems and
/// programs that show pictures leave them beside these: notes under the names of pictures, thumbnails.
std::string leftover_of(const std::string& name);

}  // namespace imaging
