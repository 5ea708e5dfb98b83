// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "graph/loading/yaml.h"

namespace graph {

/// Reads the graph in one parsed file: the form alone, not what names mean. Everything wrong goes to the fault list.
class GraphReader {
 public:
  /// Gives the graph of an `include:`; null when it cannot be had (and the reason is in the fault list).
  using Include = std::function<std::shared_ptr<const GraphSpec>(const Written& path, const std::string& node)>;

  GraphReader(const YamlDocument& document, FaultList& faults, Include include)
      : document_(document), faults_(faults), include_(std::move(include)) {}

  GraphSpec read(const std::string& folder);

 private:
  using Value = std::pair<const YamlNode*, const YamlNode*>;  ///< key and value

  void fault(const YamlNode& at, const std::string& what) { faults_.add(document_.mark(at), what); }
  void unknown_key(const YamlNode& key, const std::string& owner, const std::vector<std::string>& known);

  /// The entries of a map; nothing at all counts as an empty one, anything else is a fault.
  const std::vector<Value>& map_of(const YamlNode& value, const std::string& owner, const std::string& example);
  /// A scalar; a fault and an empty text for anything else.
  Written text_of(const YamlNode& value, const std::string& owner);
  Written written(const YamlNode& value) const;

  void read_version(const YamlNode& value);
  ItemsInput read_items(const YamlNode& value);
  ParamInput read_param(const Value& entry);
  void read_param_key(ParamInput& param, const Value& entry, const std::string& owner);
  bool read_truth(const YamlNode& value, const std::string& owner);
  double read_number(const YamlNode& value, const std::string& owner);
  std::vector<std::string> read_choices(const YamlNode& value, const std::string& owner);

  std::vector<NodeSpec> read_nodes(const YamlNode& value, const std::string& owner);
  NodeSpec read_node(const Value& entry);
  bool read_common_key(NodeSpec& node, const Value& entry, const std::string& owner);
  void read_loop_key(NodeSpec& node, const Value& entry, const std::string& owner);
  void read_each_key(NodeSpec& node, const Value& entry, const std::string& owner);
  bool read_body_key(NodeSpec& node, const Value& entry, const std::string& here);
  void read_over(NodeSpec& node, const YamlNode& value, const std::string& here);
  void read_checkpoint(NodeSpec& node, const YamlNode& value, const std::string& here);
  void read_property(NodeSpec& node, const Value& entry, const std::string& owner);
  WhenInput read_when(const YamlNode& value, const std::string& owner);
  std::vector<LinkInput> read_links(const YamlNode& value, const std::string& owner, bool may_be_lists = false);
  std::vector<Written> read_names(const YamlNode& value, const std::string& owner);

  const YamlDocument& document_;
  FaultList& faults_;
  Include include_;
  std::string folder_;  ///< what relative paths in the file count from
};

}  // namespace graph
