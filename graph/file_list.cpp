// SPDX-License-Identifier: MIT
#include "graph/file_list.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "base/home.h"

namespace graph {
namespace {

std::string trimmed(std::string_view text) {
  const std::size_t from = text.find_first_not_of(' ');
  if (from == std::string_view::npos) return "";
  return std::string(text.substr(from, text.find_last_not_of(' ') - from + 1));
}

/// What stands between two commas that are not in quotes.
struct Part {
  std::string text{};              ///< without its quotes and the spaces around
  std::string behind{};            ///< what stands behind the closing quote: "=0.8"
  std::size_t begin = 0, end = 0;  ///< in the list
  bool quoted = false;
};

/// Reads a quoted part; `at` is its opening quote and becomes the place behind the closing one.
std::string unquoted(const std::string& list, std::size_t& at) {
  std::string text;
  for (++at; at < list.size(); ++at) {
    if (list[at] != '"') text += list[at];
    else if (at + 1 < list.size() && list[at + 1] == '"') text += list[at++];
    else {
      ++at;
      return text;
    }
  }
  throw std::invalid_argument("a double quote is not closed in '" + list + "'");
}

std::vector<Part> parts_of(const std::string& list) {
  std::vector<Part> parts;
  for (std::size_t at = 0; at <= list.size();) {
    Part part{.begin = at};
    const std::size_t first = std::min(list.find_first_not_of(' ', at), list.size());
    part.quoted = first < list.size() && list[first] == '"';
    if (part.quoted) {
      at = first;
      part.text = unquoted(list, at);
    }
    part.end = std::min(list.find(',', at), list.size());
    const std::string rest = trimmed(std::string_view(list).substr(at, part.end - at));
    (part.quoted ? part.behind : part.text) = rest;
    at = part.end + 1;
    if (part.quoted || !part.text.empty()) parts.push_back(std::move(part));
  }
  return parts;
}

/// The number of "=0.8", which may be absent.
double scale_of(const std::string& text, const std::string& part) {
  if (text.empty()) return 1;
  double scale = 0;
  const std::string number = text.front() == '=' ? trimmed(std::string_view(text).substr(1)) : "";
  const char* const end = number.data() + number.size();
  const auto [rest, error] = std::from_chars(number.data(), end, scale);
  if (number.empty() || error != std::errc() || rest != end)
    throw std::invalid_argument("expected FILE or FILE=SCALE, such as style.safetensors=0.8, got '" + part + "'");
  if (!std::isfinite(scale))
    throw std::invalid_argument("'" + part + "': the scale must be a finite number, such as 0.8");
  return scale;
}

bool is_there(const std::string& path) {
  std::error_code error;
  return !path.empty() && std::filesystem::exists(base::with_home(path), error);
}

/// The file or folder that a text names as a whole, or without a scale behind it; nothing where it names none.
std::optional<ScaledFile> existing(const std::string& text) {
  if (is_there(text)) return ScaledFile{text, 1};
  const std::size_t equals = text.rfind('=');
  const std::string file = equals == std::string::npos ? "" : trimmed(std::string_view(text).substr(0, equals));
  if (!is_there(file) || text.find(',', equals) != std::string::npos) return std::nullopt;
  return ScaledFile{file, scale_of(text.substr(equals), text)};
}

std::string quoted(const std::string& file) {
  if (file.find_first_of(",\"=") == std::string::npos && trimmed(file) == file) return file;
  std::string text = "\"";
  for (const char c : file) text += c == '"' ? std::string("\"\"") : std::string(1, c);
  return text + "\"";
}

ScaledFile choice_of(const Part& part) {
  if (part.quoted) return {part.text, scale_of(part.behind, part.text + part.behind)};
  const std::size_t equals = part.text.rfind('=');
  if (equals == std::string::npos) return {part.text, 1};
  return {trimmed(std::string_view(part.text).substr(0, equals)), scale_of(part.text.substr(equals), part.text)};
}

}  // namespace

std::vector<std::string> comma_list(const std::string& text) {
  std::vector<std::string> list;
  for (const Part& part : parts_of(text)) list.push_back(part.text + part.behind);
  return list;
}

std::vector<ScaledFile> file_list(const std::string& text) {
  const std::vector<Part> parts = parts_of(text);
  std::vector<ScaledFile> files;
  for (std::size_t i = 0; i < parts.size();) {
    // The longest run of parts that is one file: its name has commas in it.
    std::size_t last = parts.size();
    std::optional<ScaledFile> found;
    while (!found && !parts[i].quoted && last-- > i)
      found = existing(trimmed(std::string_view(text).substr(parts[i].begin, parts[last].end - parts[i].begin)));
    if (found) {
      files.push_back(*std::move(found));
      i = last + 1;
    } else {
      files.push_back(choice_of(parts[i++]));
    }
  }
  return files;
}

std::string with_files(const std::string& list, const std::function<std::string(const std::string&)>& other) {
  std::vector<ScaledFile> files;
  try {
    files = file_list(list);
  } catch (const std::invalid_argument&) {
    return list;
  }
  bool same = true;
  std::string text;
  for (const ScaledFile& one : files) {
    const std::string file = other(one.file);
    same = same && file == one.file;
    text += (text.empty() ? "" : ", ") + quoted(file);
    char scale[32];
    if (one.scale != 1) text += "=" + std::string(scale, std::to_chars(scale, std::end(scale), one.scale).ptr);
  }
  return same ? list : text;
}

}  // namespace graph
