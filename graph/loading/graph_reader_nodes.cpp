// SPDX-License-Identifier: MIT
#include "graph/loading/data_text.h"
#include "graph/loading/graph_reader.h"

namespace graph {
namespace {

const std::vector<std::string>& loop_keys() {
  static const std::vector<std::string> keys{"type",  "about", "when", "steps", "over",    "as",
                                             "state", "nodes", "next", "out",   "collect", "checkpoint"};
  return keys;
}

const std::vector<std::string>& each_keys() {
  static const std::vector<std::string> keys{"type", "about", "when", "over", "times", "as", "at_once", "nodes", "out"};
  return keys;
}

/// Keys whose values are maps, of nodes with a body alone.
bool is_body_key(const std::string& name) {
  return name == "nodes" || name == "state" || name == "next" || name == "out" || name == "collect" || name == "over";
}

}  // namespace

std::vector<NodeSpec> GraphReader::read_nodes(const YamlNode& value, const std::string& owner) {
  std::vector<NodeSpec> nodes;
  const auto& entries = map_of(value, owner, "{NAME: {type: TYPE}}");
  nodes.reserve(entries.size());
  for (const auto& entry : entries) nodes.push_back(read_node(entry));
  const bool map = value.kind == YamlNode::Kind::kMap || value.kind == YamlNode::Kind::kNull;
  if (map && entries.empty()) fault(value, owner + "there are none; add {NAME: {type: TYPE}}");
  return nodes;
}

NodeSpec GraphReader::read_node(const Value& entry) {
  const auto& [key, value] = entry;
  const std::string owner = "node '" + key->text + "': ";
  NodeSpec node;
  node.name = key->text;
  node.mark = document_.mark(*key);
  if (value->kind != YamlNode::Kind::kMap) {
    fault(*value, owner + "expected a map such as {type: TYPE}, found " + kind_text(*value));
    return node;
  }
  const YamlNode* type = value->find("type");
  const YamlNode* include = value->find("include");
  if (type && include) {
    fault(*include, owner + "it has both a type and an include; a node is one or the other");
  } else if (!type && !include) {
    std::string cure = "; add type: TYPE, or include: FILE";
    for (const auto& inner : value->entries) {
      const std::string guess = faults_.suggest(inner.first->text, {"type", "include"});
      if (!guess.empty()) cure = "; there is '" + inner.first->text + "'" + guess;
    }
    fault(*key, owner + "it has no type" + cure);
  }
  if (type) node.type = text_of(*type, owner + "type: ");
  for (const auto& inner : value->entries) {
    if (read_common_key(node, inner, owner)) continue;
    if (node.type.text == "loop") {
      read_loop_key(node, inner, owner);
    } else if (node.type.text == "each") {
      read_each_key(node, inner, owner);
    } else {
      read_property(node, inner, owner);
    }
  }
  if (node.has_body() && !value->find("nodes"))
    fault(*key, owner + "a" + (node.type.text == "each" ? "n each" : " loop") + " needs nodes: {NAME: {type: TYPE}}");
  return node;
}

/// Keys that a node, a bin, a loop and an each have in common. The last two have no `in` and no `per`, which is refused
/// where their own keys are read.
bool GraphReader::read_common_key(NodeSpec& node, const Value& entry, const std::string& owner) {
  const auto& [key, value] = entry;
  if (key->text == "type") return true;  // read before the other keys
  if (key->text == "include") {
    const Written path = text_of(*value, owner + "include: ");
    if (value->kind == YamlNode::Kind::kScalar) node.include = include_(path, node.name);
  } else if (key->text == "about") {
    text_of(*value, owner + "about: ");
  } else if (key->text == "when") {
    node.when = read_when(*value, owner + "when: ");
  } else if (!node.has_body() && key->text == "in") {
    node.in = read_links(*value, owner + "in: ", true);
  } else if (!node.has_body() && key->text == "per") {
    node.per = read_names(*value, owner + "per: ");
  } else if (!node.has_body() && key->text == "curated") {
    node.curated = text_of(*value, owner + "curated: ");
  } else {
    return false;
  }
  return true;
}

/// What a loop and an each have in common.
bool GraphReader::read_body_key(NodeSpec& node, const Value& entry, const std::string& here) {
  const auto& [key, value] = entry;
  if (key->text == "over") read_over(node, *value, here);
  else if (key->text == "as") node.as = text_of(*value, here);
  else if (key->text == "out") node.out = read_links(*value, here);
  else if (key->text == "nodes") node.nodes = read_nodes(*value, here);
  else return false;
  return true;
}

/// One link, or {name: link, …}: several lists that are walked together.
void GraphReader::read_over(NodeSpec& node, const YamlNode& value, const std::string& here) {
  if (value.kind != YamlNode::Kind::kMap) {
    node.over = text_of(value, here);
    return;
  }
  node.lists = read_links(value, here);
  if (value.entries.empty()) fault(value, here + "there is nothing to run over; write {NAME: node.port}");
}

void GraphReader::read_each_key(NodeSpec& node, const Value& entry, const std::string& owner) {
  const auto& [key, value] = entry;
  const std::string here = owner + key->text + ": ";
  if (read_body_key(node, entry, here)) return;
  if (key->text == "times") {
    node.times = text_of(*value, here);
  } else if (key->text == "at_once") {
    node.at_once = text_of(*value, here);
  } else if (key->text == "in") {
    fault(*key, owner + "an each has no in: its nodes name nodes outside of it as they are; what it walks is over:");
  } else if (key->text == "state" || key->text == "next") {
    fault(*key, owner + "an each has no " + key->text + ": its elements know nothing of each other; a loop carries");
  } else if (key->text == "steps") {
    fault(*key, owner + "an each has no steps; write times: N, or over: node.port");
  } else {
    unknown_key(*key, owner, each_keys());
  }
}

void GraphReader::read_loop_key(NodeSpec& node, const Value& entry, const std::string& owner) {
  const auto& [key, value] = entry;
  const std::string here = owner + key->text + ": ";
  if (read_body_key(node, entry, here)) return;
  if (key->text == "steps") {
    node.steps = text_of(*value, here);
  } else if (key->text == "state") {
    node.state = read_links(*value, here);
  } else if (key->text == "next") {
    node.next = read_links(*value, here);
  } else if (key->text == "collect") {
    node.collect = read_links(*value, here);
  } else if (key->text == "checkpoint") {
    read_checkpoint(node, *value, here);
  } else if (key->text == "in") {
    fault(*key,
          owner + "a loop has no in: its nodes name nodes outside of it as they are; what is carried is its state");
  } else {
    unknown_key(*key, owner, loop_keys());
  }
}

/// {every: N}
void GraphReader::read_checkpoint(NodeSpec& node, const YamlNode& value, const std::string& here) {
  for (const auto& [key, inner] : map_of(value, here, "{every: 50}")) {
    if (key->text == "every") node.checkpoint = text_of(*inner, here + "every: ");
    else unknown_key(*key, here, {"every"});
  }
  if (value.kind == YamlNode::Kind::kMap && value.entries.empty()) fault(value, here + "write {every: N}");
}

void GraphReader::read_property(NodeSpec& node, const Value& entry, const std::string& owner) {
  const auto& [key, value] = entry;
  const std::string here = owner + key->text + ": ";
  PropInput prop;
  prop.name = key->text;
  prop.name_mark = document_.mark(*key);
  const bool tree = value->kind == YamlNode::Kind::kMap || value->kind == YamlNode::Kind::kList;
  if (value->kind == YamlNode::Kind::kMap && is_body_key(key->text)) {
    fault(*value, here + "only a loop or an each has '" + key->text + "'; add type: loop, or type: each");
    return;
  }
  if (value->kind == YamlNode::Kind::kNull && value->line == key->line && key->text.ends_with(')') &&
      key->text.find('(') == std::string::npos) {
    fault(*key, here + "this is the end of a formula: a comma in braces ends a value; quote it: \"$(…)\"");
    return;
  }
  prop.value = written(*value);
  if (tree) prop.value.tree = data_of(document_, *value, folder_, faults_);
  node.props.push_back(std::move(prop));
}

WhenInput GraphReader::read_when(const YamlNode& value, const std::string& owner) {
  WhenInput when;
  when.mark = document_.mark(value);
  if (value.kind == YamlNode::Kind::kNull)
    fault(value, owner + "expected a map such as {from: 0.5, to: 1}, found nothing");
  for (const auto& [key, inner] : map_of(value, owner, "{from: 0.5, to: 1}")) {
    if (key->text == "from") {
      when.from = text_of(*inner, owner + "from: ");
    } else if (key->text == "to") {
      when.to = text_of(*inner, owner + "to: ");
    } else if (key->text == "every") {
      when.every = text_of(*inner, owner + "every: ");
    } else if (key->text == "nth") {
      when.nth = text_of(*inner, owner + "nth: ");
    } else if (key->text == "if") {
      when.only_if = text_of(*inner, owner + "if: ");
    } else if (key->text == "unless") {
      when.unless = text_of(*inner, owner + "unless: ");
    } else {
      unknown_key(*key, owner, {"from", "to", "every", "nth", "if", "unless"});
    }
  }
  return when;
}

std::vector<LinkInput> GraphReader::read_links(const YamlNode& value, const std::string& owner, bool may_be_lists) {
  std::vector<LinkInput> links;
  for (const auto& [key, source] : map_of(value, owner, "{image: node.port}")) {
    const std::string here = owner + key->text + ": ";
    if (source->kind == YamlNode::Kind::kList && may_be_lists) {
      LinkInput link{key->text, document_.mark(*key), {"", document_.mark(*source)}, {}, true};
      for (const YamlNode* one : source->items) link.several.push_back(text_of(*one, here));
      links.push_back(std::move(link));
    } else if (source->kind == YamlNode::Kind::kList) {
      fault(*source, here + "one link is due, found a list; here a name stands for one port");
    } else if (source->kind != YamlNode::Kind::kScalar) {
      fault(*source, here + "expected a link such as node.port, found " + kind_text(*source));
    } else {
      links.push_back({key->text, document_.mark(*key), written(*source), {}, false});
    }
  }
  return links;
}

}  // namespace graph
