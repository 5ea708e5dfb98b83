// SPDX-License-Identifier: MIT
#include "observers/record/recorded_paths.h"

#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "graph/file_list.h"
#include "graph/path.h"
#include "graph/shape.h"
#include "observers/json.h"

namespace observers {
namespace {

namespace fs = std::filesystem;

/// Of each property, and of each folder, so many are looked at.
constexpr std::int64_t kMostPlaces = 10'000;
constexpr std::size_t kMostFiles = 20'000;

std::string absolute_text(const std::string& path) {
  return graph::resolved(path);
}

graph::Data shaped_or_same(const graph::Data& data, const graph::Range& range) {
  if (!range.shape) return data;
  try {
    return graph::read_data(data, *range.shape, "");
  } catch (const graph::DataFaults&) {
    return data;  // the plan says what is wrong with it
  }
}

/// The same value with other paths in it.
graph::Scalar with_other_paths(const graph::Scalar& value, const graph::Range& range, bool files,
                               const std::function<std::string(const std::string&)>& other) {
  if (const auto* path = std::get_if<graph::Path>(&value)) return graph::Path{other(path->text)};
  if (const auto* data = std::get_if<graph::Data>(&value))
    return graph::with_paths(shaped_or_same(*data, range), other);
  const auto* text = std::get_if<std::string>(&value);
  return text && files ? graph::Scalar(graph::with_files(*text, other)) : value;
}

/// The files behind one place: how many, how large, and when the last of them changed.
class Contents {
 public:
  void add(const fs::path& path) {
    struct stat status {};
    if (files_ == kMostFiles || ::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return;
    ++files_;
    bytes_ += static_cast<std::uint64_t>(status.st_size);
    newest_ = std::max(newest_, std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec);
  }

  /// `output`: what a run writes there is not what it reads.
  void add_folder(const fs::path& folder, const fs::path& output) {
    std::error_code error;
    const auto options = fs::directory_options::skip_permission_denied;
    for (fs::recursive_directory_iterator it(folder, options, error), end; !error && it != end; it.increment(error)) {
      if (it->path().filename().string().starts_with('.') || it->path() == output) it.disable_recursion_pending();
      else add(it->path());
      if (files_ == kMostFiles) return;
    }
  }

  void add_matching(const fs::path& pattern) {
    std::error_code error;
    for (fs::directory_iterator it(pattern.parent_path(), error), end; !error && it != end; it.increment(error))
      if (fnmatch(pattern.filename().c_str(), it->path().filename().c_str(), FNM_PERIOD) == 0) add(it->path());
  }

  void write_to(Json& input) const {
    if (files_ == 0) return;
    input["files"] = files_;
    input["bytes"] = bytes_;
    input["modified"] = newest_;
  }

 private:
  std::size_t files_ = 0;
  std::uint64_t bytes_ = 0;
  std::int64_t newest_ = 0;
};

Json input_at(const std::string& of, const std::string& text, const fs::path& output) {
  const std::string path = absolute_text(text);
  Json input{{"of", of}, {"place", path}};
  if (!fs::path(path).is_absolute()) return input;
  Contents contents;
  std::error_code error;
  if (path.find_first_of("*?[") != std::string::npos && !fs::exists(path, error)) {
    contents.add_matching(path);
  } else {
    const fs::path real = fs::canonical(path, error);
    if (!error) input["place"] = real.string();
    if (fs::is_directory(real, error)) contents.add_folder(real, output);
    else contents.add(real);
  }
  contents.write_to(input);
  return input;
}

/// The paths that a property has over the run, each once, in the order of the items.
std::vector<std::string> paths_of(const graph::Plan& plan, int node, const graph::Expr& expr,
                                  const graph::PropSpec& spec) {
  std::vector<std::string> paths;
  std::set<std::string> known;
  const auto add = [&](const std::string& path) {
    if (!path.empty() && known.insert(path).second) paths.push_back(path);
    return path;
  };
  const graph::Scope scope = plan.property_scope(node);
  for (std::int64_t group = 0; group < std::min(plan.groups(scope), kMostPlaces); ++group) {
    const std::int64_t item = plan.item_of(scope, group);
    if (item >= plan.items()) continue;
    try {
      with_other_paths(plan.evaluate(expr, item), spec.range, spec.files, add);
    } catch (const std::invalid_argument&) {
      // The run says what is wrong with it.
    }
  }
  return paths;
}

bool names_files(const graph::PropSpec& spec) {
  return spec.kind == graph::Kind::kPath || spec.kind == graph::Kind::kData || spec.files;
}

/// By what reads it: the places.
std::vector<std::pair<std::string, std::vector<std::string>>> places_by_reader(const Json& inputs) {
  std::vector<std::pair<std::string, std::vector<std::string>>> readers;
  for (const Json& input : inputs) {
    const auto of = input.at("of").get<std::string>();
    if (readers.empty() || readers.back().first != of) readers.push_back({of, {}});
    readers.back().second.push_back(input.at("place").get<std::string>());
  }
  return readers;
}

}  // namespace

RecordedPaths::RecordedPaths(const graph::Graph& graph) : graph_(graph), files_(graph.params.size()) {
  for (const graph::GraphNode& node : graph.nodes) {
    if (!node.type) continue;
    const std::vector<graph::PropSpec>& specs = node.type->contract.props();
    for (std::size_t prop = 0; prop < node.props.size() && prop < specs.size(); ++prop) {
      const graph::Expr& expr = node.props[prop];
      const bool alone = expr.pieces.size() == 1 && std::holds_alternative<int>(expr.pieces[0]);
      if (specs[prop].files && alone) files_[std::get<int>(expr.pieces[0])] = true;
    }
  }
}

graph::Scalar RecordedPaths::of(int param, const graph::Scalar& value) const {
  return with_other_paths(value, graph_.params[param].range, files_[param], absolute_text);
}

Json recorded_overrides(const graph::Graph& graph, const std::vector<graph::Override>& overrides) {
  Json set = Json::object();
  for (const graph::Override& override_ : overrides) {
    std::string text = override_.text;
    const int node = graph.find_node(override_.node);
    if (node >= 0 && graph.nodes[node].type) {
      const graph::Contract& contract = graph.nodes[node].type->contract;
      const int prop = contract.find_prop(override_.property);
      const graph::PropSpec* spec = prop < 0 ? nullptr : &contract.props()[prop];
      if (spec && spec->kind == graph::Kind::kPath) text = absolute_text(text);
      else if (spec && spec->files) text = graph::with_files(text, absolute_text);
    }
    set[override_.node + "." + override_.property] = text;
  }
  return set;
}

Json recorded_inputs(const graph::Plan& plan, const std::string& output_folder) {
  Json inputs = Json::array();
  std::error_code error;
  const fs::path output = fs::weakly_canonical(output_folder, error);
  const graph::Graph& graph = plan.graph();
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const graph::GraphNode& node = graph.nodes[n];
    if (!node.type) continue;
    const std::vector<graph::PropSpec>& specs = node.type->contract.props();
    for (std::size_t prop = 0; prop < std::min(specs.size(), node.props.size()); ++prop) {
      const auto feeds = [&](const graph::GraphNode::Fed& fed) { return fed.prop == static_cast<int>(prop); };
      if (!names_files(specs[prop]) || std::ranges::any_of(node.fed, feeds)) continue;
      for (const std::string& path : paths_of(plan, static_cast<int>(n), node.props[prop], specs[prop]))
        inputs.push_back(input_at(node.id + "." + specs[prop].name, path, output));
    }
  }
  return inputs;
}

std::vector<std::string> moved_inputs(const Json& was, const std::string& folder, const Json& is) {
  std::vector<std::string> moved;
  const auto now = places_by_reader(is);
  for (const auto& [reader, places] : places_by_reader(was)) {
    const auto found = std::ranges::find(now, reader, [](const auto& entry) { return entry.first; });
    if (found == now.end()) continue;
    for (std::size_t i = 0; i < std::min(places.size(), found->second.size()); ++i) {
      const std::string before = graph::resolved(places[i], folder);  // it may be there by now
      // Of what is not there any more, the node says so.
      if (before == found->second[i] || !fs::path(found->second[i]).is_absolute()) continue;
      moved.push_back(reader + " was '" + places[i] + "', is '" + found->second[i] + "'");
      break;
    }
  }
  return moved;
}

std::vector<std::string> changed_inputs(const Json& was, const Json& is) {
  std::map<std::string, const Json*> before;
  for (const Json& input : was) before.emplace(input.at("place").get<std::string>(), &input);
  const auto state_of = [](const Json& input) {
    return std::tuple(whole_number<std::int64_t>(input.value("files", Json(0))),
                      whole_number<std::int64_t>(input.value("bytes", Json(0))),
                      whole_number<std::int64_t>(input.value("modified", Json(0))));
  };
  std::vector<std::string> changed;
  std::set<std::string> told;
  for (const Json& now : is) {
    const auto place = now.at("place").get<std::string>();
    const auto old = before.find(place);
    if (old == before.end() || state_of(*old->second) == state_of(now) || !told.insert(place).second) continue;
    changed.push_back("'" + place + "' has changed since the run began: what is there already was made of the old one");
  }
  return changed;
}

}  // namespace observers
