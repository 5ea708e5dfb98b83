// SPDX-License-Identifier: MIT
// Source: the WebP container specification, "Animation".
#include "imaging/files/webp.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "imaging/texts/file_bytes.h"

namespace imaging {
namespace {

constexpr std::size_t kRiff = 12, kChunk = 8, kFrameHead = 16;

std::string little_number(std::size_t number, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(number >> (8 * i));
  return out;
}

std::string chunk_of(std::string_view name, std::string_view data) {
  return std::string(name) + little_number(data.size(), 4) + std::string(data) + std::string(data.size() % 2, '\0');
}

/// A WebP of what a frame is made of: ALPH and VP8, or VP8L.
std::string still_of(std::string_view frame) {
  const bool alpha = frame.substr(kFrameHead).starts_with("ALPH");
  std::string chunks;
  if (alpha) chunks = chunk_of("VP8X", little_number(0x10, 4) + std::string(frame.substr(6, 6)));
  chunks += frame.substr(kFrameHead);
  chunks += std::string(chunks.size() % 2, '\0');
  return "RIFF" + little_number(4 + chunks.size(), 4) + "WEBP" + chunks;
}

}  // namespace

WebpFrame first_webp_frame(std::span<const std::byte> file) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  if (text.size() <= kRiff + kChunk || !text.substr(kRiff).starts_with("VP8X") || (text[kRiff + kChunk] & 2) == 0)
    return {};
  for (std::size_t at = kRiff; at + kChunk <= text.size();) {
    const std::size_t length = little32(text.substr(at + 4)), begin = at + kChunk;
    if (text.substr(at).starts_with("ANMF")) {
      if (length <= kFrameHead || length > text.size() - begin) break;
      const std::string_view frame = text.substr(begin, length);
      const auto place = [&](std::size_t i) {
        return 2 * static_cast<int>(little32(frame.substr(i)) & 0xFFFFFF);  // in steps of two pixels
      };
      const std::string still = still_of(frame);
      WebpFrame first{place(0), place(3), std::vector<std::byte>(still.size())};
      std::ranges::transform(still, first.file.begin(), [](char c) { return static_cast<std::byte>(c); });
      return first;
    }
    at = begin + length + length % 2;
  }
  throw std::runtime_error("this animated WebP has no first picture");
}

}  // namespace imaging
