// SPDX-License-Identifier: MIT
#include "models/text/tokenizer_text.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "models/text/tokenizer_pattern.h"

namespace models {
namespace {

using Codepoint = utf8proc_int32_t;
using Codepoints = std::vector<Codepoint>;

constexpr Codepoint kReplacement = 0xFFFD;
constexpr Codepoint kCapitalSigma = 0x03A3, kSmallSigma = 0x03C3, kFinalSigma = 0x03C2;
constexpr Codepoint kDottedCapitalI = 0x0130, kDotAbove = 0x0307;

struct Decoded {
  Codepoint codepoint;  ///< −1 where the byte is not the beginning of a character
  std::size_t bytes;    ///< ≥ 1
};

Decoded decode(std::string_view text, std::size_t place) {
  Codepoint codepoint = -1;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + place;
  const utf8proc_ssize_t size = utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size() - place), &codepoint);
  return size > 0 ? Decoded{codepoint, static_cast<std::size_t>(size)} : Decoded{-1, 1};
}

void append(std::string& text, Codepoint codepoint) {
  std::array<utf8proc_uint8_t, 4> bytes{};
  const utf8proc_ssize_t size = utf8proc_encode_char(codepoint, bytes.data());
  text.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(size));
}

std::string utf8(const Codepoint* begin, const Codepoint* end) {
  std::string text;
  for (const Codepoint* c = begin; c != end; ++c) append(text, *c);
  return text;
}

bool is_dropped(Codepoint c) {
  if (c == '\t' || c == '\n' || c == '\r') return false;
  const utf8proc_category_t category = utf8proc_category(c);
  return c == 0 || c == kReplacement || category == UTF8PROC_CATEGORY_CN || category >= UTF8PROC_CATEGORY_CC;
}

/// After dropping, what Python's str.split() takes for white space.
bool is_space(Codepoint c) {
  const utf8proc_category_t category = utf8proc_category(c);
  return c == '\t' || c == '\n' || c == '\r' || category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
         category == UTF8PROC_CATEGORY_ZP;
}

/// The blocks that BERT's tokenizer spaces out. Later extensions (from U+2CEB0 on) are not among them.
bool is_ideograph(Codepoint c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
         (c >= 0x2A700 && c <= 0x2CEAF) || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

/// NFC. utf8proc's own sort of combining marks takes quadratic time, which a prompt of marks alone would turn into
/// hours; so the parts are called one by one with a sort between them.
void compose(Codepoints& text) {
  constexpr auto kForm = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  Codepoints parts;
  parts.reserve(text.size());
  for (const Codepoint c : text) {
    std::array<Codepoint, 32> part{};  // the longest decomposition has 4
    int boundary = 0;
    const utf8proc_ssize_t size = utf8proc_decompose_char(c, part.data(), part.size(), kForm, &boundary);
    parts.insert(parts.end(), part.begin(), part.begin() + size);
  }
  const auto combining_class = [](Codepoint c) { return utf8proc_get_property(c)->combining_class; };
  const auto is_mark = [&](Codepoint c) { return combining_class(c) != 0; };
  for (auto begin = std::ranges::find_if(parts, is_mark); begin != parts.end();) {
    const auto end = std::find_if_not(begin, parts.end(), is_mark);
    std::stable_sort(begin, end, [&](Codepoint a, Codepoint b) { return combining_class(a) < combining_class(b); });
    begin = std::find_if(end, parts.end(), is_mark);
  }
  const utf8proc_ssize_t size =
      utf8proc_normalize_utf32(parts.data(), static_cast<utf8proc_ssize_t>(parts.size()), kForm);
  parts.resize(static_cast<std::size_t>(size));
  text = std::move(parts);
}

/// Whether the Σ at `place` is the last letter of its word (Unicode, section 3.13, Final_Sigma).
bool is_final_sigma(const Codepoints& word, std::size_t place) {
  static const Pattern cased(R"(\p{Cased})");
  static const Pattern ignorable(R"(\p{Case_Ignorable})");
  const auto is = [&](const Pattern& property, std::size_t i) { return property.is_in(utf8(&word[i], &word[i] + 1)); };
  std::size_t before = place;
  while (before > 0 && is(ignorable, before - 1)) --before;
  if (before == 0 || !is(cased, before - 1)) return false;
  std::size_t after = place + 1;
  while (after < word.size() && is(ignorable, after)) ++after;
  return after == word.size() || !is(cased, after);
}

std::string lower_case(const Codepoints& word) {
  std::string text;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (word[i] == kCapitalSigma) {
      append(text, is_final_sigma(word, i) ? kFinalSigma : kSmallSigma);
    } else {
      append(text, utf8proc_tolower(word[i]));
      if (word[i] == kDottedCapitalI) append(text, kDotAbove);  // the one letter whose lower case is two
    }
  }
  return text;
}

Codepoints clean(std::string_view text) {
  Codepoints cleaned;
  cleaned.reserve(text.size());
  for (std::size_t place = 0; place < text.size();) {
    const auto [c, bytes] = decode(text, place);
    place += bytes;
    if (is_dropped(c)) continue;
    if (is_ideograph(c)) cleaned.insert(cleaned.end(), {' ', c, ' '});
    else cleaned.push_back(c);
  }
  return cleaned;
}

}  // namespace

void require_utf8(std::string_view text) {
  for (std::size_t place = 0; place < text.size();) {
    const auto [codepoint, bytes] = decode(text, place);
    if (codepoint >= 0) {
      place += bytes;
      continue;
    }
    std::size_t from = place - std::min<std::size_t>(place, 24);
    while (from < place && (static_cast<unsigned char>(text[from]) & 0xC0) == 0x80) ++from;
    constexpr std::string_view kDigits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(text[place]);
    throw std::invalid_argument("is not UTF-8: byte " + std::to_string(place + 1) + " of " +
                                std::to_string(text.size()) + " is 0x" + kDigits[byte >> 4] + kDigits[byte & 15] +
                                (place == 0 ? "" : ", after '" + std::string(text.substr(from, place - from)) + "'") +
                                "; save the text as UTF-8");
  }
}

std::string replace_invalid_utf8(std::string_view text) {
  std::string valid;
  for (std::size_t place = 0; place < text.size();) {
    const auto [codepoint, bytes] = decode(text, place);
    append(valid, codepoint >= 0 ? codepoint : kReplacement);
    place += bytes;
  }
  return valid;
}

std::vector<std::string> clean_words(std::string_view text) {
  Codepoints cleaned = clean(text);
  compose(cleaned);
  std::vector<std::string> words;
  for (auto begin = cleaned.begin(); begin != cleaned.end();) {
    begin = std::find_if_not(begin, cleaned.end(), is_space);
    const auto end = std::find_if(begin, cleaned.end(), is_space);
    if (begin != end) words.push_back(lower_case(Codepoints(begin, end)));
    begin = end;
  }
  return words;
}

}  // namespace models
