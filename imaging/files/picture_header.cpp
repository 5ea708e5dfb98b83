// SPDX-License-Identifier: MIT
// Width and height from the headers of the five formats, so that a picture too large is refused before its decoder sees
// it. Every read is checked against the file's end.
#include <algorithm>
#include <stdexcept>
#include <string_view>

#include "imaging/files/picture.h"
#include "imaging/files/picture_kinds.h"

namespace imaging {
namespace {

// Bytes at an offset, refusing to look beyond the end.
class Bytes {
 public:
  Bytes(std::span<const std::byte> data, const std::string& name) : data_(data), name_(name) {}

  std::uint32_t u8(std::size_t at) const {
    if (at >= data_.size()) throw std::runtime_error(name_ + ": cut off: the picture's header is not whole");
    return static_cast<std::uint32_t>(data_[at]);
  }
  std::uint32_t u16(std::size_t at, bool big) const {
    return big ? u8(at) << 8 | u8(at + 1) : u8(at + 1) << 8 | u8(at);
  }
  std::uint32_t u32(std::size_t at, bool big) const {
    return big ? u16(at, big) << 16 | u16(at + 2, big) : u16(at + 2, big) << 16 | u16(at, big);
  }
  bool is(std::size_t at, std::string_view text) const {
    if (at + text.size() > data_.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (static_cast<char>(data_[at + i]) != text[i]) return false;
    }
    return true;
  }
  std::size_t size() const { return data_.size(); }
  [[noreturn]] void fail(const std::string& what) const { throw std::runtime_error(name_ + ": " + what); }

 private:
  std::span<const std::byte> data_;
  const std::string& name_;
};

PictureHeader png(const Bytes& file) {
  if (!file.is(12, "IHDR")) file.fail("a damaged PNG: it does not begin with its header");
  return {"PNG", file.u32(16, true), file.u32(20, true)};
}

// Start of frame: C0 to CF but for C4 (tables), C8 (reserved) and CC (arithmetic conditioning).
bool is_frame(std::uint32_t marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

PictureHeader jpeg(const Bytes& file) {
  PictureHeader header{"JPEG"};
  std::size_t at = 2;
  for (;;) {
    while (file.u8(at) == 0xFF && file.u8(at + 1) == 0xFF) ++at;  // fill bytes
    if (file.u8(at) != 0xFF) file.fail("a damaged JPEG: no marker where one is due");
    const std::uint32_t marker = file.u8(at + 1);
    if (marker == 0xDA) break;  // the scan: the frame must have come before it
    if (marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8)) {
      at += 2;  // markers without a length
      continue;
    }
    const std::uint32_t length = file.u16(at + 2, true);
    if (length < 2 || marker == 0xD9) break;
    if (is_frame(marker)) header = {"JPEG", file.u16(at + 7, true), file.u16(at + 5, true)};
    at += 2 + length;
  }
  if (header.width == 0) file.fail("a damaged JPEG: it has no frame in front of its picture");
  // In a scan FF is followed by 00 or a restart marker, so the end marker cannot be met by chance. libjpeg would paint
  // what is missing grey and say nothing.
  for (at += 2; at + 1 < file.size(); ++at) {
    if (file.u8(at) == 0xFF && file.u8(at + 1) == 0xD9) return header;
  }
  file.fail("cut off: this JPEG has no end");
}

PictureHeader webp(const Bytes& file) {
  if (file.u32(4, false) + std::size_t{8} > file.size()) file.fail("cut off: this WebP is shorter than it says");
  if (file.is(12, "VP8X")) {
    const auto u24 = [&](std::size_t at) { return file.u16(at, false) | file.u8(at + 2) << 16; };
    return {"WebP", std::int64_t{u24(24)} + 1, std::int64_t{u24(27)} + 1};
  }
  if (file.is(12, "VP8L")) {
    const std::uint32_t bits = file.u32(21, false);
    return {"WebP", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1};
  }
  if (!file.is(12, "VP8 ")) file.fail("a damaged WebP: it does not begin with its picture");
  return {"WebP", file.u16(26, false) & 0x3FFF, file.u16(28, false) & 0x3FFF};
}

PictureHeader bmp(const Bytes& file) {
  if (file.u32(14, false) == 12) return {"BMP", file.u16(18, false), file.u16(20, false)};  // OS/2
  const auto side = [&](std::size_t at) {
    const auto value = static_cast<std::int64_t>(static_cast<std::int32_t>(file.u32(at, false)));
    return value < 0 ? -value : value;  // a negative height: top row first
  };
  return {"BMP", side(18), side(22)};
}

PictureHeader tiff(const Bytes& file, bool big) {
  PictureHeader header{"TIFF"};
  const std::size_t folder = file.u32(4, big);
  const std::uint32_t entries = file.u16(folder, big);
  for (std::uint32_t i = 0; i < entries; ++i) {
    const std::size_t at = folder + 2 + std::size_t{12} * i;
    const std::uint32_t tag = file.u16(at, big);
    if (tag != 256 && tag != 257) continue;
    const std::uint32_t value = file.u16(at + 2, big) == 3 ? file.u16(at + 8, big) : file.u32(at + 8, big);
    (tag == 256 ? header.width : header.height) = value;
  }
  return header;
}

}  // namespace

PictureHeader read_picture_header(std::span<const std::byte> data, const std::string& name) {
  const Bytes file(data, name);
  if (data.empty()) file.fail("the file is empty");
  if (file.is(0, "\x89PNG\r\n\x1a\n")) return png(file);
  if (file.is(0, "\xFF\xD8\xFF")) return jpeg(file);
  if (file.is(0, "RIFF") && file.is(8, "WEBP")) return webp(file);
  if (file.is(0, "BM")) return bmp(file);
  if (file.is(0, std::string_view("II*\0", 4))) return tiff(file, false);
  if (file.is(0, std::string_view("MM\0*", 4))) return tiff(file, true);
  const std::string kind = kind_of(data.first(std::min(data.size(), kKindBytes))).name;
  file.fail("not a picture that can be read" + (kind.empty() ? "" : " (" + kind + ")") + ": " + readable_kinds() +
            " can");
}

}  // namespace imaging
