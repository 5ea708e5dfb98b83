// SPDX-License-Identifier: MIT
#include "models/files/hub_cache.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <string_view>
#include <vector>

#include "base/home.h"
#include "tensors/npz.h"

namespace models {
namespace {

namespace fs = std::filesystem;
using tensors::FileError;

std::string folder_of(const char* variable) {
  const char* const value = std::getenv(variable);
  return value == nullptr ? "" : base::with_home(value);
}

bool is_name(std::string_view name) {
  return !name.empty() && name.front() != '.' && std::ranges::all_of(name, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
  });
}

/// Names between slashes.
bool is_revision(std::string_view text) {
  while (true) {
    const std::size_t slash = text.find('/');
    if (!is_name(text.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    text.remove_prefix(slash + 1);
  }
}

std::optional<fs::path> folder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error) ? std::optional(path) : std::nullopt;
}

/// The state that a branch or a tag stands at; nothing where the cache has no such ref.
std::optional<fs::path> state_of_ref(const fs::path& repository, const std::string& ref) {
  std::string commit;
  std::ifstream(repository / "refs" / ref) >> commit;
  if (!is_name(commit)) return std::nullopt;
  return folder(repository / "snapshots" / commit);
}

/// Those whose hash begins so; all of them for an empty beginning.
std::vector<fs::path> states_beginning(const fs::path& repository, const std::string& begin) {
  std::vector<fs::path> states;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(repository / "snapshots", error)) {
    if (entry.path().filename().string().starts_with(begin)) states.push_back(entry.path());
  }
  return states;
}

std::optional<fs::path> state(const fs::path& repository, const std::string& revision) {
  constexpr std::size_t kShortHash = 7;
  const bool is_main = revision.empty() || revision == "main";
  std::error_code error;
  if (fs::exists(repository / "refs" / (is_main ? "main" : revision), error))
    return state_of_ref(repository, is_main ? "main" : revision);
  // Without a ref of main: the only one that is there. Hashes may be written short.
  if (!is_main && revision.size() < kShortHash) return std::nullopt;
  const std::vector<fs::path> states = states_beginning(repository, is_main ? "" : revision);
  return states.size() == 1 ? folder(states.front()) : std::nullopt;
}

}  // namespace

std::optional<HubId> HubId::parse(const std::string& text) {
  const std::size_t slash = text.find('/'), at = std::min(text.find('@'), text.size());
  if (slash == std::string::npos || slash > at) return std::nullopt;
  const std::string_view view(text);
  if (!is_name(view.substr(0, slash)) || !is_name(view.substr(slash + 1, at - slash - 1))) return std::nullopt;
  HubId id{text.substr(0, at), {}};
  if (at < text.size()) {
    id.revision = text.substr(at + 1);
    if (!is_revision(id.revision)) return std::nullopt;
  }
  return id;
}

fs::path hub_cache_folder() {
  for (const char* name : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"}) {
    if (const std::string place = folder_of(name); !place.empty()) return place;
  }
  if (const std::string home = folder_of("HF_HOME"); !home.empty()) return fs::path(home) / "hub";
  if (const std::string cache = folder_of("XDG_CACHE_HOME"); !cache.empty()) return fs::path(cache) / "huggingface/hub";
  return fs::path(folder_of("HOME")) / ".cache/huggingface/hub";
}

fs::path hub_snapshot(const HubId& id, const fs::path& cache) {
  std::string name = "models--" + id.repository;
  name.replace(name.find('/'), 1, "--");
  const fs::path repository = cache / name;
  if (const auto found = state(repository, id.revision)) return *found;
  const std::string download =
      "'huggingface-cli download " + id.repository + (id.revision.empty() ? "" : " --revision " + id.revision) + "'";
  const bool other = !id.revision.empty() && folder(repository);
  throw FileError(id.repository + (id.revision.empty() ? "" : "@" + id.revision) +
                  ": there is no such folder or file, and the Hugging Face cache has no " +
                  (other ? "revision '" + id.revision + "' in " : "") + repository.string() + ": download it with " +
                  download + ", or give the path of a model");
}

}  // namespace models
