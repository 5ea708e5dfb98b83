// SPDX-License-Identifier: MIT
#include "graph/path.h"

#include <filesystem>
#include <system_error>

#include "base/home.h"

namespace graph {

namespace fs = std::filesystem;

namespace {

/// What must be there for a path to be there: of a pattern, the folder before its first wildcard; "" for the folder
/// that a name alone counts from.
fs::path anchor_of(const std::string& text) {
  const std::size_t wild = text.find_first_of("*?[");
  return wild == std::string::npos ? fs::path(text) : fs::path(text.substr(0, wild)).parent_path();
}

}  // namespace

std::string located(const std::string& written, const std::string& folder) {
  const std::string text = base::with_home(written);
  if (folder.empty() || text.empty() || fs::path(text).is_absolute()) return text;
  const fs::path path = (fs::path(folder) / text).lexically_normal();
  if (text.starts_with("./") || text.starts_with("../")) return path.string();
  std::error_code error;
  return fs::exists(fs::path(folder) / anchor_of(text), error) || error ? path.string() : text;
}

std::string found_path(const std::string& written, const std::string& folder) {
  const std::string text = base::with_home(written);
  std::error_code error;
  const fs::path anchor = anchor_of(text);
  if (!anchor.empty() && fs::exists(anchor, error)) return text;
  return located(text, folder);
}

std::string resolved(const std::string& written, const std::string& folder) {
  const std::string text = base::with_home(written);
  std::error_code error;
  const fs::path base = folder.empty() ? fs::current_path(error) : fs::path(folder);
  if (text.empty() || error || !fs::exists(base / anchor_of(text), error)) return text;
  fs::path path = base / text;
  if (!path.has_filename()) path = path.parent_path();
  // Links in the last name are kept: what is behind them may have a name that says less.
  const std::string name = path.filename().string();
  const bool climbs = name == "." || name == "..";
  const fs::path real =
      climbs ? fs::weakly_canonical(path, error) : fs::weakly_canonical(path.parent_path(), error) / name;
  return error ? path.lexically_normal().string() : real.string();
}

}  // namespace graph
