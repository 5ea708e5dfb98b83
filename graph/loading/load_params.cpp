// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>

#include "graph/load.h"
#include "graph/loading/text_file.h"
#include "graph/loading/yaml.h"

namespace graph {
namespace {

/// Flattens the sections of a params file to their leaves.
class ParamsReader {
 public:
  ParamsReader(const YamlDocument& document, FaultList& faults) : document_(document), faults_(faults) {}

  std::vector<ParamSetting> read() {
    if (!document_.root) return {};
    if (document_.root->kind == YamlNode::Kind::kMap) {
      read_section(*document_.root);
    } else {
      fault(*document_.root, std::string("expected a map of param: value, found ") + kind_text(*document_.root));
    }
    return std::move(settings_);
  }

 private:
  void fault(const YamlNode& at, const std::string& what) { faults_.add(document_.mark(at), what); }

  void read_section(const YamlNode& section) {
    for (const auto& [key, value] : section.entries) {
      if (value->kind == YamlNode::Kind::kNull) continue;
      if (value->kind == YamlNode::Kind::kMap) {
        read_section(*value);
      } else {
        read_leaf(*key, *value);
      }
    }
  }

  void read_leaf(const YamlNode& key, const YamlNode& value) {
    std::string name = key.text;
    std::replace(name.begin(), name.end(), '-', '_');
    const auto [first, added] = seen_.emplace(name, document_.mark(key));
    if (!added) {
      fault(key, "param '" + key.text + "' is set twice; first at " + first->second.file + ":" +
                     std::to_string(first->second.line) + ":" + std::to_string(first->second.column));
      return;
    }
    ParamSetting setting{key.text, {}};
    if (value.kind == YamlNode::Kind::kScalar) {
      setting.values.push_back({value.text, document_.mark(value), value.plain, false});
    }
    for (const YamlNode* item : value.items) {
      if (item->kind == YamlNode::Kind::kScalar) {
        setting.values.push_back({item->text, document_.mark(*item), item->plain, false});
      } else {
        fault(*item,
              "param '" + key.text + "': expected a list of values to sweep, found " + kind_text(*item) + " in it");
      }
    }
    if (!setting.values.empty()) settings_.push_back(std::move(setting));
  }

  const YamlDocument& document_;
  FaultList& faults_;
  std::map<std::string, Mark> seen_;
  std::vector<ParamSetting> settings_;
};

}  // namespace

std::vector<ParamSetting> load_params(const std::string& path, const LoadLimits& limits) {
  const TextFile file = read_text_file(path, limits.file_bytes);
  if (!file.error.empty()) {
    throw Faults(std::vector<Fault>{{{path, 0, 0}, "cannot read the params file: " + file.error + suggest_file(path)}});
  }
  FaultList faults;
  const YamlDocument document = parse_yaml(file.text, path, limits, faults);
  std::vector<ParamSetting> settings = ParamsReader(document, faults).read();
  faults.throw_if_any();
  return settings;
}

}  // namespace graph
