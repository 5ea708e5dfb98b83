// SPDX-License-Identifier: MIT
#include "imaging/texts/exif.h"

#include <cstdint>
#include <optional>

#include "base/utf8.h"
#include "imaging/texts/file_bytes.h"

namespace imaging {
namespace {

constexpr std::uint32_t kOrientationTag = 0x0112, kExifFolderTag = 0x8769, kCommentTag = 0x9286;
constexpr std::uint32_t kShort = 3, kLong = 4, kUndefined = 7;
constexpr std::string_view kUnicode("UNICODE\0", 8), kAscii("ASCII\0\0\0", 8), kUnsaid("\0\0\0\0\0\0\0\0", 8);
constexpr std::uint32_t kReplacement = 0xFFFD;

void append_utf8(std::string& text, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
  if (code < 0x80) put(code);
  else if (code < 0x800) put(0xC0 | code >> 6), put(0x80 | (code & 0x3F));
  else if (code < 0x10000) put(0xE0 | code >> 12), put(0x80 | (code >> 6 & 0x3F)), put(0x80 | (code & 0x3F));
  else
    put(0xF0 | code >> 18), put(0x80 | (code >> 12 & 0x3F)), put(0x80 | (code >> 6 & 0x3F)), put(0x80 | (code & 0x3F));
}

std::string utf8_of_utf16(std::string_view bytes, bool big) {
  const auto unit = [&](std::size_t at) { return big ? big16(bytes.substr(at)) : little16(bytes.substr(at)); };
  std::string text;
  for (std::size_t at = 0; at + 1 < bytes.size(); at += 2) {
    const std::uint32_t code = unit(at);
    const bool leads = code >= 0xD800 && code < 0xDC00, trails = code >= 0xDC00 && code < 0xE000;
    const std::uint32_t next = leads && at + 3 < bytes.size() ? unit(at + 2) : 0;
    if (next >= 0xDC00 && next < 0xE000) {
      append_utf8(text, 0x10000 + ((code - 0xD800) << 10) + (next - 0xDC00));
      at += 2;
    } else {
      append_utf8(text, leads || trails ? kReplacement : code);
    }
  }
  return text;
}

std::uint32_t code_point(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(character[i])); };
  std::uint32_t code = character.size() == 1 ? byte(0) : byte(0) & (0x7Fu >> character.size());
  for (std::size_t i = 1; i < character.size(); ++i) code = code << 6 | (byte(i) & 0x3F);
  return code;
}

void append_big(std::string& out, std::uint32_t number, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(number >> (8 * i));
}

std::string utf16_of_utf8(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = base::utf8_length(text);
    const std::uint32_t code = length == 0 ? kReplacement : code_point(text.substr(0, length));
    if (code < 0x10000) append_big(out, code, 2);
    else append_big(out, 0xD800 + ((code - 0x10000) >> 10), 2), append_big(out, 0xDC00 + ((code - 0x10000) & 0x3FF), 2);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

// Tags of 12 bytes in folders. What lies beyond the end is not there.
class Block {
 public:
  explicit Block(std::string_view bytes) : bytes_(bytes), big_(bytes.starts_with("MM")) {}

  bool known() const { return bytes_.size() >= 8 && (big_ || bytes_.starts_with("II")) && u16(2) == 42; }
  std::size_t first_folder() const { return u32(4).value_or(0); }
  bool big() const { return big_; }

  /// Where a folder's entry for a tag begins.
  std::optional<std::size_t> find(std::size_t folder, std::uint32_t tag) const {
    const std::uint32_t count = u16(folder).value_or(0);
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::size_t at = folder + 2 + std::size_t{12} * i;
      if (at + 12 > bytes_.size()) return std::nullopt;
      if (u16(at) == tag) return at;
    }
    return std::nullopt;
  }
  std::optional<std::uint32_t> number(std::size_t entry) const {
    const std::optional<std::uint32_t> type = u16(entry + 2);
    return type == kShort ? u16(entry + 8) : type == kLong ? u32(entry + 8) : std::nullopt;
  }
  std::string_view data(std::size_t entry) const {
    const std::size_t size = u32(entry + 4).value_or(0), at = size <= 4 ? entry + 8 : u32(entry + 8).value_or(0);
    if (at > bytes_.size() || size > bytes_.size() - at) return {};
    return bytes_.substr(at, size);
  }

 private:
  std::optional<std::uint32_t> u16(std::size_t at) const {
    if (at > bytes_.size() || bytes_.size() - at < 2) return std::nullopt;
    return big_ ? big16(bytes_.substr(at)) : little16(bytes_.substr(at));
  }
  std::optional<std::uint32_t> u32(std::size_t at) const {
    if (at > bytes_.size() || bytes_.size() - at < 4) return std::nullopt;
    return big_ ? big32(bytes_.substr(at)) : little32(bytes_.substr(at));
  }

  std::string_view bytes_;
  bool big_;
};

std::string comment_text(std::string_view data, bool big) {
  if (data.size() < 8) return "";
  const std::string_view kind = data.substr(0, 8);
  data.remove_prefix(8);
  std::string text;
  if (kind == kUnicode) {
    const bool marked = data.starts_with("\xFE\xFF") || data.starts_with("\xFF\xFE");
    text = utf8_of_utf16(data.substr(marked ? 2 : 0), marked ? data[0] == '\xFE' : big);
  } else if (kind == kAscii || kind == kUnsaid) {
    for (std::string_view rest = data; !rest.empty();) {
      const std::size_t length = base::utf8_length(rest);
      if (length == 0) append_utf8(text, static_cast<unsigned char>(rest[0]));  // Latin-1
      else text += rest.substr(0, length);
      rest.remove_prefix(length == 0 ? 1 : length);
    }
  }
  while (!text.empty() && text.back() == '\0') text.pop_back();
  return text;
}

}  // namespace

Exif parse_exif(std::string_view bytes) {
  Exif exif;
  const Block block(bytes);
  if (!block.known()) return exif;
  const std::size_t first = block.first_folder();
  if (const auto entry = block.find(first, kOrientationTag)) {
    const std::uint32_t value = block.number(*entry).value_or(1);
    if (value >= 1 && value <= 8) exif.orientation = static_cast<int>(value);
  }
  const auto pointer = block.find(first, kExifFolderTag);
  const auto comment = pointer ? block.find(block.number(*pointer).value_or(0), kCommentTag) : std::nullopt;
  if (comment) exif.comment = comment_text(block.data(*comment), block.big());
  return exif;
}

std::string exif_with_comment(const std::string& comment) {
  const std::string data = std::string(kUnicode) + utf16_of_utf8(comment);
  std::string block("MM\0*", 4);
  const auto folder = [&](std::uint32_t tag, std::uint32_t type, std::uint32_t count, std::uint32_t value) {
    append_big(block, 1, 2);
    append_big(block, tag, 2);
    append_big(block, type, 2);
    append_big(block, count, 4);
    append_big(block, value, 4);
    append_big(block, 0, 4);  // no other folder
  };
  append_big(block, 8, 4);
  folder(kExifFolderTag, kLong, 1, 8 + 18);
  folder(kCommentTag, kUndefined, static_cast<std::uint32_t>(data.size()), 8 + 2 * 18);
  return block + data;
}

}  // namespace imaging
