// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "graph/load.h"
#include "graph/loading/fault_list.h"

namespace graph {

/// A node of a YAML file. Scalars are texts: what they mean is for the reader, who knows what is due. Nodes named by an
/// alias are shared, never copied.
struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  bool plain = true;       ///< of a scalar: written without quotes
  int line = 0;            ///< counts from 1
  int column = 0;          ///< counts from 1, in characters
  int height = 0;          ///< levels of lists and maps, this one included
  std::size_t weight = 1;  ///< nodes below and including this one, aliases followed
  std::string text;
  std::vector<const YamlNode*> items;                                ///< of a list
  std::vector<std::pair<const YamlNode*, const YamlNode*>> entries;  ///< of a map: key (a scalar) and value

  /// The value of a map's key, or null.
  const YamlNode* find(std::string_view key) const;
};

/// A parsed file. Movable; the nodes live as long as it does.
struct YamlDocument {
  std::string file;  ///< as it stands in marks
  std::deque<YamlNode> nodes;
  const YamlNode* root = nullptr;  ///< null: there is no document that could be read

  Mark mark(const YamlNode& node) const { return {file, node.line, node.column}; }
};

/// "a list", "a map", "a text", "nothing": for messages.
const char* kind_text(const YamlNode& node);

/// Parses one document of YAML in UTF-8. What is wrong goes to `faults`: too many bytes (`limits.file_bytes`), levels
/// (`limits.depth`) or nodes (`limits.nodes`, aliases followed), not text, not YAML, a key twice, a key that is no
/// scalar, a merge key, a tag, an alias inside what it names, a second document, nothing at all. Never recurses deeper
/// than `limits.depth`, and takes time linear in the size of the text.
YamlDocument parse_yaml(const std::string& text, const std::string& file, const LoadLimits& limits, FaultList& faults);

}  // namespace graph
