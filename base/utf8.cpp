// SPDX-License-Identifier: MIT
#include "base/utf8.h"

#include <utf8proc.h>

#include <cstdlib>
#include <memory>

namespace base {
namespace {

const utf8proc_uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const utf8proc_uint8_t*>(text.data());
}

/// "" when the text is not UTF-8.
std::string mapped(std::string_view text, int options) {
  utf8proc_uint8_t* result = nullptr;
  const utf8proc_ssize_t length = utf8proc_map(bytes_of(text), static_cast<utf8proc_ssize_t>(text.size()), &result,
                                               static_cast<utf8proc_option_t>(options));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(result, &std::free);
  return length < 0 ? "" : std::string(reinterpret_cast<char*>(result), static_cast<std::size_t>(length));
}

enum class Part { kLetter, kMark, kNothing, kBetween };

Part part_of(utf8proc_int32_t codepoint) {
  switch (utf8proc_category(codepoint)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return Part::kLetter;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
      return Part::kMark;
    case UTF8PROC_CATEGORY_CF:  // joiners, which stand inside of words
      return Part::kNothing;
    default:
      return Part::kBetween;
  }
}

/// The character at the start of a text that is not empty, and its length; one byte that is none is a blank.
utf8proc_int32_t first_of(std::string_view text, std::size_t& length) {
  utf8proc_int32_t codepoint = 0;
  const utf8proc_ssize_t got = utf8proc_iterate(bytes_of(text), static_cast<utf8proc_ssize_t>(text.size()), &codepoint);
  length = got > 0 ? static_cast<std::size_t>(got) : 1;
  return got > 0 ? codepoint : ' ';
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
  utf8proc_int32_t codepoint = 0;
  const utf8proc_ssize_t got = utf8proc_iterate(bytes_of(text), static_cast<utf8proc_ssize_t>(text.size()), &codepoint);
  return got > 0 ? static_cast<std::size_t>(got) : 0;
}

std::string words_of(std::string_view text, std::size_t most) {
  const std::string composed = mapped(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  std::string_view rest = composed.empty() ? text : std::string_view(composed);
  std::string result;
  std::size_t characters = 0, length = 0;
  bool in_word = false;
  while (!rest.empty()) {
    const utf8proc_int32_t codepoint = first_of(rest, length);
    rest.remove_prefix(length);
    const Part part = part_of(codepoint);
    if (part == Part::kNothing || (part == Part::kMark && !in_word)) continue;
    in_word = part != Part::kBetween;
    if (!in_word && (result.empty() || result.back() == '_')) continue;
    if (characters++ == most) break;
    utf8proc_uint8_t bytes[4];
    const utf8proc_ssize_t size = utf8proc_encode_char(in_word ? utf8proc_tolower(codepoint) : '_', bytes);
    result.append(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size));
  }
  if (!result.empty() && result.back() == '_') result.pop_back();
  return result;
}

std::string_view start_of(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

std::string folded(std::string_view text) {
  const std::string result = mapped(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
  return result.empty() ? std::string(text) : result;
}

}  // namespace base
