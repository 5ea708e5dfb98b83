// SPDX-License-Identifier: MIT
#include "program/params_file.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/names.h"
#include "graph/data.h"

namespace program {
namespace {

using graph::Data;
using graph::DataField;
using graph::Mark;
using graph::Param;

using Names = std::vector<std::string>;

std::string dotted(const Names& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ".") + name;
  return text;
}

std::string place_text(const Mark& mark) {
  return mark.file + ":" + std::to_string(mark.line) + ":" + std::to_string(mark.column);
}

Names split_key(const std::string& key) {
  Names names;
  for (std::size_t begin = 0; begin <= key.size();) {
    const std::size_t end = std::min(key.find('.', begin), key.size());
    names.push_back(base::snake_case(key.substr(begin, end - begin)));
    begin = end + 1;
  }
  return names;
}

/// Finds the params of the values in a params file.
class FileMatcher {
 public:
  explicit FileMatcher(const graph::Graph& graph) : graph_(graph) {
    for (std::size_t i = 0; i < graph.params.size(); ++i) {
      const Param& param = graph.params[i];
      if (param.bound) continue;
      for (const std::string& key : param.keys) keys_.push_back({split_key(key), static_cast<int>(i)});
      if (!param.section.empty()) sections_.push_back(base::snake_case(param.section));
    }
  }

  std::vector<FileSetting> match(const Data& file) {
    if (file.is_null()) return {};
    if (file.sort() == Data::Sort::kList && file.items().size() == 1 &&
        file.items().front().sort() == Data::Sort::kMap) {
      read_section(file.items().front());
    } else if (file.sort() == Data::Sort::kList) {
      fault(file.mark(), "expected a map of param: value, found a list of " + std::to_string(file.items().size()) +
                             ": give it as --items, for an item of each");
    } else if (file.sort() != Data::Sort::kMap) {
      fault(file.mark(), std::string("expected a map of param: value, found ") + sort_text(file));
    } else {
      read_section(file);
    }
    if (!faults_.empty()) throw graph::Faults(std::move(faults_));
    return std::move(settings_);
  }

 private:
  struct Key {
    Names names;
    int param;
  };

  void fault(const Mark& mark, const std::string& what) { faults_.push_back({mark, what}); }

  void read_section(const Data& section) {
    for (const DataField& field : section.fields()) {
      at_.push_back(base::snake_case(field.name));
      const bool map = field.value.sort() == Data::Sort::kMap;
      const int param = find();
      const bool data = param >= 0 && graph_.params[param].kind == graph::Kind::kData;
      if (map && !data) read_section(field.value);
      else add(field, param);
      at_.pop_back();
    }
  }

  /// The param whose place at_ is, or -1.
  int find() const {
    const Key* longest = nullptr;
    for (const Key& key : keys_) {
      const bool ends =
          key.names.size() <= at_.size() && std::equal(key.names.rbegin(), key.names.rend(), at_.rbegin());
      if (ends && (!longest || key.names.size() > longest->names.size())) longest = &key;
    }
    if (longest) return longest->param;
    for (std::size_t from = 0; from + 1 < at_.size(); ++from) {  // the longest first
      if (const int param = graph_.find_param(joined(from)); param >= 0) return param;
    }
    return graph_.find_param(at_.back());
  }

  std::string joined(std::size_t from) const {
    std::string text;
    for (std::size_t i = from; i < at_.size(); ++i) text += (text.empty() ? "" : "_") + at_[i];
    return text;
  }

  void add(const DataField& field, int param) {
    if (field.value.is_null() && (param < 0 || !may_be_null(graph_.params[param]))) return;
    if (field.value.sort() == Data::Sort::kList && field.value.items().empty() &&
        (param < 0 || graph_.params[param].kind != graph::Kind::kData))
      return;
    if (param >= 0 && !stands_right(field, graph_.params[param])) return;
    const std::string id = param >= 0 ? graph_.params[param].id : at_.back();
    const auto [first, added] = seen_.emplace(id, field.mark);
    if (!added) return fault(field.mark, "param '" + id + "' is set twice; first at " + place_text(first->second));
    settings_.push_back({param, field.name, joined(0), field.value, field.mark});
  }

  static bool may_be_null(const Param& param) { return param.nullable || param.kind == graph::Kind::kData; }

  /// Whether a value is where its param says it stands.
  bool stands_right(const DataField& field, const Param& param) {
    std::string right;
    if (!param.keys.empty()) {
      const bool here = std::ranges::any_of(param.keys, [&](const std::string& key) {
        const Names names = split_key(key);
        return names.size() <= at_.size() && std::equal(names.rbegin(), names.rend(), at_.rbegin());
      });
      // At the top it is nobody else's.
      if (!here && at_.size() > 1) right = base::listed(param.keys);
    } else if (!param.section.empty() && at_.size() > 1) {
      const std::string& section = at_[at_.size() - 2];
      const bool known = std::ranges::count(sections_, section) > 0;
      if (known && section != base::snake_case(param.section)) right = param.section + "." + param.id;
    }
    if (right.empty()) return true;
    fault(field.mark, "'" + dotted(at_) + "' is no setting of graph '" + graph_.name + "': param '" + param.id +
                          "' stands at " + right);
    return false;
  }

  const graph::Graph& graph_;
  std::vector<Key> keys_;
  Names sections_;
  Names at_;                          ///< where the reader is, in snake_case
  std::map<std::string, Mark> seen_;  ///< by param, and by other names
  std::vector<FileSetting> settings_;
  std::vector<graph::Fault> faults_;
};

}  // namespace

std::vector<FileSetting> read_params_file(const graph::Graph& graph, const std::string& path) {
  return FileMatcher(graph).match(graph::load_data(path));
}

}  // namespace program
