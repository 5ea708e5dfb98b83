// SPDX-License-Identifier: MIT
#include "graph/loading/yaml.h"

#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <istream>
#include <optional>
#include <string_view>

#include "base/utf8.h"
#include "graph/loading/yaml_tree.h"

namespace graph {
namespace {

/// What makes a file something else than text; empty when it is text.
std::optional<Fault> not_text(std::string_view text, const std::string& file) {
  Mark mark{file, 1, 1};
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    const std::size_t length = base::utf8_length(text.substr(i));
    const bool control = (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
    if (length == 0 || control) {
      std::array<char, 8> hex;
      std::snprintf(hex.data(), hex.size(), "0x%02X", c);
      return Fault{mark, std::string("not a text file: byte ") + hex.data() +
                             (length == 0 ? " is not UTF-8" : " is a control character") +
                             "; a graph file is YAML in UTF-8"};
    }
    i += length;
    ++mark.column;
    if (c == '\n') mark = {file, mark.line + 1, 1};
  }
  return std::nullopt;
}

/// yaml-cpp's words, with the cure for the mistakes that people make most.
std::string explain(const YAML::ParserException& error, std::string_view line) {
  const std::string& what = error.msg;
  if (line.find_first_not_of(" \t") != std::string_view::npos &&
      line.substr(0, line.find_first_not_of(" \t")).find('\t') != std::string_view::npos) {
    return "not YAML: a tab in the indentation; indent with spaces";
  }
  std::string cure;
  if (what == "illegal map value") cure = " (check the indentation; a text with ': ' in it must stand in quotes)";
  if (what.find("end of map flow") != std::string::npos) cure = " (a '}' or a ',' is missing)";
  if (what.find("end of sequence flow") != std::string::npos) cure = " (a ']' or a ',' is missing)";
  if (what == "end of map not found") cure = " (is this line indented as the ones above?)";
  if (what == "end of sequence not found") cure = " (is this line indented as the ones above?)";
  if (what.find("the referenced anchor is not defined") != std::string::npos) {
    cure = " (text that starts with '*' must stand in quotes)";
  }
  return "not YAML: " + what + cure;
}

/// Brackets that are not closed since a comment has taken what stood behind it: "{palette: #ff0000}".
bool add_taken_value(const YAML::ParserException& error, std::string_view text, TreeBuilder& builder,
                     FaultList& faults) {
  if (error.msg.find("flow") == std::string::npos) return false;
  const std::size_t at = find_taken_value(text, 0, static_cast<std::size_t>(std::max(error.mark.pos, 0)), true);
  if (at == text.npos) return false;
  YAML::Mark mark;
  mark.pos = static_cast<int>(at);
  mark.line = static_cast<int>(std::ranges::count(text.substr(0, at), '\n'));
  mark.column = static_cast<int>(at - (text.rfind('\n', at) + 1));
  const std::string taken(taken_value(text, at));
  faults.add(builder.mark_of(mark), "'" + taken + "' is a comment, since it begins with #, and what it says is not " +
                                        "read; a text that does stands in quotes: \"#…\"");
  return true;
}

std::string_view line_at(std::string_view text, int line) {
  for (; line > 0 && !text.empty(); --line) text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  return text.substr(0, text.find('\n'));
}

/// Whether the whole text was read: else what there is of the tree is not worth looking at.
bool parse(std::string_view text, TreeBuilder& builder, const LoadLimits& limits, FaultList& faults) {
  try {
    std::istream stream(&builder.buffer());
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
    if (!builder.buffer().stopped()) return true;
  } catch (const StopParsing& stop) {
    faults.add(builder.mark_of(stop.mark), stop.what);
    return false;
  } catch (const YAML::ParserException& error) {
    if (!builder.buffer().stopped()) {
      if (add_taken_value(error, text, builder, faults)) return false;
      faults.add(builder.mark_of(error.mark), explain(error, line_at(text, error.mark.line)));
      return false;
    }
  }
  faults.add(builder.last_event(),
             "after this place stands a value of more than " + LoadLimits::kValueBytes.text(limits.value_bytes) +
                 ", and a map in braces or a list in brackets counts as one; write it in indented lines");
  return false;
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  for (const auto& entry : entries) {
    if (entry.first->text == key) return entry.second;
  }
  return nullptr;
}

const char* kind_text(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kScalar:
      return "a text";
    case YamlNode::Kind::kList:
      return "a list";
    case YamlNode::Kind::kMap:
      break;
  }
  return "a map";
}

YamlDocument parse_yaml(const std::string& text, const std::string& file, const LoadLimits& limits, FaultList& faults) {
  YamlDocument document;
  document.file = file;
  if (text.size() > limits.file_bytes) {
    faults.add({file, 0, 0}, "too large: " + std::to_string(text.size()) + " bytes, where a file may have at most " +
                                 LoadLimits::kFileBytes.text(limits.file_bytes));
    return document;
  }
  if (const std::optional<Fault> fault = not_text(text, file)) {
    faults.add(fault->mark, fault->what);
    return document;
  }
  std::string_view body = text;
  if (body.substr(0, 3) == "\xEF\xBB\xBF") body.remove_prefix(3);
  TreeBuilder builder(document, body, limits, faults);
  if (!parse(body, builder, limits, faults)) {
    document.root = nullptr;
  } else if (!document.root) {
    faults.add({file, 1, 1}, "the file is empty");
  }
  return document;
}

}  // namespace graph
