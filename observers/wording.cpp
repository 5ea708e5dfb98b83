// SPDX-License-Identifier: MIT
#include "observers/wording.h"

#include <utf8proc.h>

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
  utf8proc_int32_t value;
  std::size_t bytes;
  std::size_t columns;
};

/// A byte that begins no code point counts as one by itself.
CodePoint code_point(const std::string& text, std::size_t at) {
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at;
  utf8proc_int32_t value = 0;
  const utf8proc_ssize_t length = utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size() - at), &value);
  if (length < 1) return {*bytes, 1, 1};
  return {value, static_cast<std::size_t>(length), static_cast<std::size_t>(utf8proc_charwidth(value))};
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
    sum += point.columns;
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
    if (used + point.columns > most - 1) break;
    used += point.columns;
    at += point.bytes;
  }
  return text.substr(0, at) + "…";
}

std::string item_text(std::int64_t item, const std::string& label) {
  return "item " + std::to_string(item) + (label.empty() ? "" : " (" + one_line(label) + ")");
}

}  // namespace observers
