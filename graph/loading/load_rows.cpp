// SPDX-License-Identifier: MIT
#include <filesystem>

#include "graph/load.h"
#include "graph/loading/data_text.h"
#include "graph/loading/text_file.h"
#include "graph/loading/yaml.h"

namespace graph {
namespace {

/// Flattens the maps of a list to rows.
class RowsReader {
 public:
  RowsReader(const YamlDocument& document, const std::string& folder, FaultList& faults)
      : document_(document), folder_(folder), faults_(faults) {}

  std::vector<std::vector<RowCell>> read() {
    std::vector<std::vector<RowCell>> rows;
    if (!document_.root) return rows;
    if (document_.root->kind != YamlNode::Kind::kList) {
      fault(*document_.root,
            std::string("expected a list of rows such as - {seed: 1}, found ") + kind_text(*document_.root));
    }
    for (const YamlNode* item : document_.root->items) {
      if (item->kind != YamlNode::Kind::kMap) {
        fault(*item, std::string("expected a row such as {seed: 1}, found ") + kind_text(*item));
        continue;
      }
      rows.emplace_back();
      add(*item, "", rows.back());
    }
    return rows;
  }

 private:
  void fault(const YamlNode& at, const std::string& what) { faults_.add(document_.mark(at), what); }

  void add(const YamlNode& map, const std::string& prefix, std::vector<RowCell>& row) {
    for (const auto& [key, value] : map.entries) {
      const std::string name = prefix + key->text;
      if (value->kind == YamlNode::Kind::kMap) add(*value, name + ".", row);
      else row.push_back(cell(name, *value));
    }
  }

  RowCell cell(const std::string& name, const YamlNode& value) {
    RowCell cell{name, document_.mark(value), {}, value.kind == YamlNode::Kind::kList};
    const auto written = [&](const YamlNode& node) {
      return Written{node.text, document_.mark(node), node.plain, node.kind == YamlNode::Kind::kNull};
    };
    if (!cell.is_list) cell.values.push_back(written(value));
    for (const YamlNode* item : value.items) {
      if (item->kind == YamlNode::Kind::kScalar || item->kind == YamlNode::Kind::kNull)
        cell.values.push_back(written(*item));
      else if (!cell.tree) cell.tree = data_of(document_, value, folder_, faults_);
    }
    return cell;
  }

  const YamlDocument& document_;
  const std::string folder_;
  FaultList& faults_;
};

}  // namespace

std::vector<std::vector<RowCell>> load_rows(const std::string& path, const LoadLimits& limits) {
  const TextFile file = read_text_file(path, limits.file_bytes);
  if (!file.error.empty()) {
    throw Faults(std::vector<Fault>{{{path, 0, 0}, "cannot read the table: " + file.error + suggest_file(path)}});
  }
  FaultList faults;
  const YamlDocument document = parse_yaml(file.text, path, limits, faults);
  std::vector<std::vector<RowCell>> rows =
      RowsReader(document, std::filesystem::path(path).parent_path().string(), faults).read();
  faults.throw_if_any();
  return rows;
}

}  // namespace graph
