// SPDX-License-Identifier: MIT
#include "observers/wording.h"

#include <array>
#include <cstdio>

namespace observers {
namespace {

template <class... Args>
std::string formatted(const char* format, Args... args) {
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), format, args...);
  return buffer.data();
}

struct CodePoint {
  char32_t value;
  std::size_t bytes;
};

/// A byte that begins no code point counts as one by itself.
CodePoint code_point(const std::string& text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  const std::size_t bytes = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF8 ? 4 : 1;
  if (bytes == 1 || at + bytes > text.size()) return {lead, 1};
  char32_t value = lead & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return {lead, 1};
    value = value << 6 | (byte(at + i) & 0x3F);
  }
  return {value, bytes};
}

std::size_t width_of(char32_t c) {
  const auto in = [c](char32_t from, char32_t to) { return c >= from && c <= to; };
  if (in(0x0300, 0x036F) || in(0x200B, 0x200F) || in(0xFE00, 0xFE0F)) return 0;
  if (in(0x1100, 0x115F) || in(0x2E80, 0xA4CF) || in(0xAC00, 0xD7A3) || in(0xF900, 0xFAFF) || in(0xFE30, 0xFE6F) ||
      in(0xFF00, 0xFF60) || in(0xFFE0, 0xFFE6) || in(0x1F300, 0x1FAFF) || in(0x20000, 0x3FFFD)) {
    return 2;
  }
  return 1;
}

}  // namespace

std::string duration_text(graph::Clock::duration duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  if (seconds < 0.9995e-3) return formatted("%.0f us", seconds * 1e6);
  if (seconds < 0.9995) return formatted(seconds < 0.09995 ? "%.1f ms" : "%.0f ms", seconds * 1e3);
  if (seconds < 59.995) return formatted(seconds < 9.995 ? "%.2f s" : "%.1f s", seconds);
  const auto whole = static_cast<long long>(seconds + 0.5);
  if (whole < 3600) return formatted("%lld min %02lld s", whole / 60, whole % 60);
  return formatted("%lld h %02lld min", whole / 3600, whole % 3600 / 60);
}

std::string clock_text(std::chrono::seconds time) {
  const auto whole = static_cast<long long>(time.count());
  if (whole < 3600) return formatted("%lld:%02lld", whole / 60, whole % 60);
  return formatted("%lld:%02lld:%02lld", whole / 3600, whole % 3600 / 60, whole % 60);
}

std::string counted(std::int64_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string one_line(const std::string& text) {
  std::string line;
  line.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = code_point(text, at);
    // C0, delete, and C1: terminals take some of the latter as the beginning of a command, too.
    if (point.value < 0x20 || (point.value >= 0x7F && point.value < 0xA0)) line += ' ';
    else line.append(text, at, point.bytes);
    at += point.bytes;
  }
  return line;
}

std::size_t columns(const std::string& text) {
  std::size_t sum = 0;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = code_point(text, at);
    sum += width_of(point.value);
    at += point.bytes;
  }
  return sum;
}

std::string fit(const std::string& text, std::size_t most) {
  if (columns(text) <= most) return text;
  if (most == 0) return {};
  std::size_t at = 0;
  std::size_t used = 0;
  while (at < text.size()) {
    const CodePoint point = code_point(text, at);
    if (used + width_of(point.value) > most - 1) break;
    used += width_of(point.value);
    at += point.bytes;
  }
  return text.substr(0, at) + "…";
}

std::string item_text(int item, const std::string& label) {
  return "item " + std::to_string(item) + (label.empty() ? "" : " (" + one_line(label) + ")");
}

}  // namespace observers
