// SPDX-License-Identifier: MIT
#include "graph/loading/graph_reader.h"

#include <stdexcept>

#include "base/names.h"
#include "graph/loading/data_text.h"

namespace graph {
namespace {

constexpr std::int64_t kVersion = 1;

const std::vector<std::string>& graph_keys() {
  static const std::vector<std::string> keys{"graph", "about", "version", "params", "items",
                                             "in",    "nodes", "out",     "output"};
  return keys;
}

const std::vector<std::string>& item_keys() {
  static const std::vector<std::string> keys{"files", "below", "columns", "skip", "if"};
  return keys;
}

const std::vector<std::string>& param_keys() {
  static const std::vector<std::string> keys{"type",    "default", "min",   "max",    "choices", "about", "alias",
                                             "section", "list",    "fixed", "unused", "key",     "flag",  "nullable"};
  return keys;
}

}  // namespace

void GraphReader::unknown_key(const YamlNode& key, const std::string& owner, const std::vector<std::string>& known) {
  std::string cure = faults_.suggest(key.text, known);
  if (cure.empty()) cure = "; the keys here are " + base::joined(known);
  fault(key, owner + "unknown key '" + key.text + "'" + cure);
}

const std::vector<GraphReader::Value>& GraphReader::map_of(const YamlNode& value, const std::string& owner,
                                                           const std::string& example) {
  static const std::vector<Value> none;
  if (value.kind == YamlNode::Kind::kMap) return value.entries;
  if (value.kind != YamlNode::Kind::kNull) {
    fault(value, owner + "expected a map such as " + example + ", found " + kind_text(value));
  }
  return none;
}

Written GraphReader::written(const YamlNode& value) const {
  return {value.text, document_.mark(value), value.plain, value.kind == YamlNode::Kind::kNull};
}

Written GraphReader::text_of(const YamlNode& value, const std::string& owner) {
  if (value.kind != YamlNode::Kind::kScalar) fault(value, owner + "expected one value, found " + kind_text(value));
  return written(value);
}

GraphSpec GraphReader::read(const std::string& folder) {
  GraphSpec spec;
  spec.folder = folder_ = folder;
  spec.mark = {document_.file, 1, 1};
  if (!document_.root) return spec;
  const YamlNode& root = *document_.root;
  if (root.kind != YamlNode::Kind::kMap) {
    fault(root, std::string("expected a map with graph: and nodes:, found ") + kind_text(root));
    return spec;
  }
  for (const auto& entry : root.entries) {
    const auto& [key, value] = entry;
    const std::string& name = key->text;
    if (name == "graph") {
      const Written text = text_of(*value, "graph: ");
      spec.name = text.text;
      spec.mark = text.mark;
    } else if (name == "about") {
      spec.about = text_of(*value, "about: ").text;
    } else if (name == "version") {
      read_version(*value);
    } else if (name == "params") {
      for (const auto& param : map_of(*value, "params: ", "{seed: {type: int, default: 0}}")) {
        spec.params.push_back(read_param(param));
      }
    } else if (name == "items") {
      spec.items = read_items(*value);
    } else if (name == "in") {
      for (const auto& [port, type] : map_of(*value, "in: ", "{image: image}")) {
        spec.in.push_back({port->text, document_.mark(*port), text_of(*type, "in: " + port->text + ": ")});
      }
    } else if (name == "nodes") {
      spec.nodes = read_nodes(*value, "nodes: ");
    } else if (name == "out") {
      spec.out = read_links(*value, "out: ");
    } else if (name == "output") {
      const Written text = text_of(*value, "output: ");
      spec.shared_output = text.text == "shared";
      if (!spec.shared_output && value->kind == YamlNode::Kind::kScalar) {
        fault(*value, "output: expected shared (runs of this graph lie in one folder), got '" + text.text +
                          "'; leave it out for a folder of each run's own");
      }
    } else {
      unknown_key(*key, "", graph_keys());
    }
  }
  if (!root.find("graph")) fault(root, "the graph has no name; add graph: NAME");
  if (!root.find("nodes")) fault(root, "the graph has no nodes; add nodes: {NAME: {type: TYPE}}");
  return spec;
}

ItemsInput GraphReader::read_items(const YamlNode& value) {
  ItemsInput items;
  items.mark = document_.mark(value);
  for (const auto& [key, inner] : map_of(value, "items: ", "{files: rows.csv}")) {
    const std::string here = "items: " + key->text + ": ";
    if (key->text == "files") {
      items.files = text_of(*inner, here);
    } else if (key->text == "below") {
      items.below = text_of(*inner, here);
    } else if (key->text == "columns") {
      for (const auto& [param, from] : map_of(*inner, here, "{tag: file.stem}"))
        items.columns.emplace_back(written(*param), text_of(*from, here + param->text + ": "));
    } else if (key->text == "skip") {
      items.skip = text_of(*inner, here);
    } else if (key->text == "if") {
      items.only_if = text_of(*inner, here);
    } else {
      unknown_key(*key, "items: ", item_keys());
    }
  }
  if (!items.files) fault(value, "items: it names no files; add files: a table, or a pattern such as \"data/*.json\"");
  return items;
}

void GraphReader::read_version(const YamlNode& value) {
  const Written text = text_of(value, "version: ");
  if (value.kind != YamlNode::Kind::kScalar) return;
  try {
    const std::int64_t version = std::get<std::int64_t>(parse_scalar(Kind::kInt, text.text));
    if (version == kVersion) return;
    fault(value, "version " + text.text + " of the graph file's format is not known" +
                     (version > kVersion ? "; this program reads version 1: update it" : "; write version: 1"));
  } catch (const std::invalid_argument& e) {
    fault(value, std::string("version: ") + e.what());
  }
}

ParamInput GraphReader::read_param(const Value& entry) {
  const auto& [key, value] = entry;
  const std::string owner = "param '" + key->text + "': ";
  ParamInput param;
  param.name = key->text;
  param.mark = document_.mark(*key);
  if (value->kind != YamlNode::Kind::kMap) {
    fault(*value, owner + "expected a map such as {type: int, default: 0}, found " + kind_text(*value));
    return param;
  }
  for (const auto& inner : value->entries) read_param_key(param, inner, owner);
  if (!value->find("type"))
    fault(*key, owner + "it has no type; add type: with one of " + base::joined(param_kind_names()));
  return param;
}

void GraphReader::read_param_key(ParamInput& param, const Value& entry, const std::string& owner) {
  const auto& [key, value] = entry;
  const std::string here = owner + key->text + ": ";
  if (key->text == "type") {
    const Written text = text_of(*value, here);
    const auto& names = param_kind_names();
    const bool known = std::find(names.begin(), names.end(), text.text) != names.end();
    if (known) param.kind = *kind_of(text.text);
    if (known || value->kind != YamlNode::Kind::kScalar) return;
    fault(*value, owner + "unknown type '" + text.text + "'" + faults_.suggest(text.text, names) + "; the types are " +
                      base::joined(names));
  } else if (key->text == "default") {
    param.value = written(*value);
    const bool tree = value->kind == YamlNode::Kind::kMap || value->kind == YamlNode::Kind::kList;
    if (tree) param.value->tree = data_of(document_, *value, folder_, faults_);
  } else if (key->text == "min") {
    param.range.min = read_number(*value, here);
  } else if (key->text == "max") {
    param.range.max = read_number(*value, here);
  } else if (key->text == "choices") {
    param.range.choices = read_choices(*value, here);
  } else if (key->text == "about") {
    param.about = text_of(*value, here).text;
  } else if (key->text == "alias") {
    param.alias = text_of(*value, here).text;
  } else if (key->text == "section") {
    param.section = text_of(*value, here).text;
  } else if (key->text == "list") {
    param.list = read_truth(*value, here);
  } else if (key->text == "fixed") {
    param.fixed = read_truth(*value, here);
  } else if (key->text == "unused") {
    param.unused = read_truth(*value, here);
  } else if (key->text == "nullable") {
    param.nullable = read_truth(*value, here);
  } else if (key->text == "flag") {
    param.flag = text_of(*value, here).text;
  } else if (key->text == "key") {
    if (value->kind == YamlNode::Kind::kList) param.keys = read_names(*value, here);
    else param.keys = {text_of(*value, here)};
  } else {
    unknown_key(*key, owner, param_keys());
  }
}

bool GraphReader::read_truth(const YamlNode& value, const std::string& owner) {
  const Written text = text_of(value, owner);
  if (value.kind != YamlNode::Kind::kScalar) return false;
  try {
    return std::get<bool>(parse_scalar(Kind::kBool, text.text));
  } catch (const std::invalid_argument& e) {
    fault(value, owner + e.what());
    return false;
  }
}

double GraphReader::read_number(const YamlNode& value, const std::string& owner) {
  const Written text = text_of(value, owner);
  if (value.kind != YamlNode::Kind::kScalar) return 0;
  try {
    return std::get<double>(parse_scalar(Kind::kFloat, text.text));
  } catch (const std::invalid_argument& e) {
    fault(value, owner + e.what());
    return 0;
  }
}

std::vector<std::string> GraphReader::read_choices(const YamlNode& value, const std::string& owner) {
  std::vector<std::string> choices;
  for (const Written& choice : read_names(value, owner)) choices.push_back(choice.text);
  return choices;
}

std::vector<Written> GraphReader::read_names(const YamlNode& value, const std::string& owner) {
  std::vector<Written> names;
  if (value.kind != YamlNode::Kind::kList) {
    fault(value, owner + "expected a list such as [a, b], found " + kind_text(value));
    return names;
  }
  for (const YamlNode* item : value.items) names.push_back(text_of(*item, owner));
  if (names.empty()) fault(value, owner + "the list is empty");
  return names;
}

}  // namespace graph
