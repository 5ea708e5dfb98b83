// SPDX-License-Identifier: MIT
#include "graph/load.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <unordered_map>

#include "base/reading.h"
#include "graph/loading/graph_reader.h"
#include "graph/loading/text_file.h"
#include "graph/loading/yaml.h"

namespace graph {
namespace {

namespace fs = std::filesystem;

using Files = std::vector<std::pair<std::string, std::string>>;

std::string folder_of(const std::string& path) {
  return fs::path(path).parent_path().string();
}

/// One name for a file, however it was reached.
std::string identity(const std::string& path) {
  std::error_code error;
  const fs::path canonical = fs::weakly_canonical(path, error);
  return error ? fs::path(path).lexically_normal().string() : canonical.string();
}

/// Reads a graph and what it includes; each file once, however often it is included.
class Loader {
 public:
  explicit Loader(const LoadLimits& limits) : limits_(limits) {}
  Loader(const LoadLimits& limits, const Files& given) : limits_(limits), given_(&given) {}

  GraphSpec load(const std::string& path, const std::string& text, const std::string& folder) {
    chain_.push_back({path, identity(path)});
    folder_ = folder;
    GraphSpec spec = read(path, text, folder).spec;
    faults_.throw_if_any();
    spec.files = std::move(files_);
    return spec;
  }

 private:
  struct Loaded {
    GraphSpec spec;
    int height = 0;          ///< levels of includes below
    std::size_t weight = 0;  ///< YAML nodes, includes followed
  };
  struct Included {
    std::shared_ptr<const GraphSpec> spec;  ///< null: faulty
    int height = 0;
    std::size_t weight = 0;
  };
  struct Link {
    std::string path;      ///< as it stands in marks
    std::string identity;  ///< of the file
  };

  Loaded read(const std::string& path, const std::string& text, const std::string& folder) {
    files_.emplace_back(path, text);
    Loaded loaded;
    const YamlDocument document = parse_yaml(text, path, limits_, faults_);
    loaded.weight = document.root ? document.root->weight : 0;
    GraphReader reader(document, faults_, [&](const Written& file, const std::string& node) {
      const Included included = include(folder, file, node);
      loaded.height = std::max(loaded.height, included.height + 1);
      loaded.weight += included.weight;
      if (loaded.weight > limits_.nodes && !too_many_) {
        too_many_ = true;
        faults_.add(file.mark, "node '" + node + "': values once includes are followed: at most " +
                                   LoadLimits::kNodes.text(limits_.nodes));
      }
      return included.spec;
    });
    loaded.spec = reader.read(folder);
    return loaded;
  }

  Included include(const std::string& folder, const Written& file, const std::string& node) {
    const auto fault = [&](const std::string& what) {
      faults_.add(file.mark, "node '" + node + "': " + what);
      return Included{};
    };
    if (file.text.empty()) return fault("include: the name of a file is due");
    const std::string path = (fs::path(folder) / file.text).lexically_normal().string();
    const std::string id = identity(path);
    if (!given_ && !may_include(path)) {
      return fault("cannot include '" + path + "': it lies outside of the folder of '" + chain_[0].path +
                   "'; put it below that, or allow its folder: --allow-read " + fs::path(id).parent_path().string());
    }
    for (std::size_t i = 0; i < chain_.size(); ++i) {
      if (chain_[i].identity == id) return fault("includes go in a circle: " + chain_text(i) + " -> " + path);
    }
    const auto known = included_.find(id);
    const int height = known == included_.end() ? 0 : known->second.height;
    if (chain_.size() + static_cast<std::size_t>(height) > limits_.include_depth) {
      return fault("includes are nested deeper than " + LoadLimits::kIncludeDepth.text(limits_.include_depth));
    }
    if (known != included_.end()) return known->second;
    const TextFile text = text_of(path, id);
    if (!text.error.empty()) {
      return fault("cannot include '" + path + "': " + text.error + (given_ ? "" : suggest_file(path)));
    }
    chain_.push_back({path, id});
    Loaded loaded = read(path, text.text, folder_of(path));
    chain_.pop_back();
    const Included included{std::make_shared<const GraphSpec>(std::move(loaded.spec)), loaded.height, loaded.weight};
    included_.emplace(id, included);
    return included;
  }

  bool may_include(const std::string& path) const {
    if (base::lies_in(path, folder_)) return true;
    return std::ranges::any_of(limits_.include_from,
                               [&](const std::string& folder) { return base::lies_in(path, folder); });
  }

  TextFile text_of(const std::string& path, const std::string& id) const {
    if (!given_) return read_text_file(path, limits_.file_bytes);
    for (const auto& [name, text] : *given_) {
      if (name == path || identity(name) == id) return {text, ""};
    }
    return {"", "it is not among the files given"};
  }

  /// "a.yaml -> b.yaml", from a place in the chain of includes on.
  std::string chain_text(std::size_t from) const {
    std::string text = chain_[from].path;
    for (std::size_t i = from + 1; i < chain_.size(); ++i) text += " -> " + chain_[i].path;
    return text;
  }

  const LoadLimits& limits_;
  const Files* given_ = nullptr;  ///< null: files are read from disk
  std::string folder_;            ///< of the graph file itself
  FaultList faults_;
  Files files_;
  std::vector<Link> chain_;
  std::unordered_map<std::string, Included> included_;
  bool too_many_ = false;
};

}  // namespace

GraphSpec load_file(const std::string& path, const LoadLimits& limits) {
  const TextFile file = read_text_file(path, limits.file_bytes);
  if (!file.error.empty()) {
    throw Faults(std::vector<Fault>{{{path, 0, 0}, "cannot read the graph file: " + file.error + suggest_file(path)}});
  }
  return Loader(limits).load(path, file.text, folder_of(path));
}

GraphSpec load_text(const std::string& text, const std::string& name, const std::string& folder,
                    const LoadLimits& limits) {
  return Loader(limits).load(name, text, folder);
}

GraphSpec load_files(const Files& files, const LoadLimits& limits) {
  if (files.empty()) {
    FaultList faults;
    faults.add({}, "no graph file is given");
    faults.throw_if_any();
  }
  return Loader(limits, files).load(files[0].first, files[0].second, folder_of(files[0].first));
}

}  // namespace graph
