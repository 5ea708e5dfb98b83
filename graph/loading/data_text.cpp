// SPDX-License-Identifier: MIT
#include "graph/loading/data_text.h"

#include <charconv>
#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/limits.h"
#include "graph/loading/text_file.h"

namespace graph {
namespace {

constexpr base::Limit kDataValues{"data-values"};

Data convert_node(const YamlDocument& document, const YamlNode& node, const std::string& folder) {
  const Mark mark = document.mark(node);
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return Data::null(mark);
    case YamlNode::Kind::kScalar:
      return Data::text(node.text, node.plain, mark, folder);
    case YamlNode::Kind::kList: {
      std::vector<Data> items;
      for (const YamlNode* item : node.items) items.push_back(convert_node(document, *item, folder));
      return Data::list(std::move(items), mark);
    }
    case YamlNode::Kind::kMap:
      break;
  }
  std::vector<DataField> fields;
  for (const auto& [key, value] : node.entries)
    fields.push_back({key->text, convert_node(document, *value, folder), document.mark(*key)});
  return Data::map(std::move(fields), mark);
}

/// The code point of \uXXXX at a place; 0 for anything else.
std::uint32_t escaped_unit(std::string_view text, std::size_t at) {
  if (text.size() < at + 6 || text[at] != '\\' || text[at + 1] != 'u') return 0;
  std::uint32_t unit = 0;
  const char* end = text.data() + at + 6;
  const auto [rest, error] = std::from_chars(text.data() + at + 2, end, unit, 16);
  return error == std::errc() && rest == end ? unit : 0;
}

std::string utf8_of(std::uint32_t code) {
  return {static_cast<char>(0xF0 | code >> 18), static_cast<char>(0x80 | (code >> 12 & 0x3F)),
          static_cast<char>(0x80 | (code >> 6 & 0x3F)), static_cast<char>(0x80 | (code & 0x3F))};
}

/// What JSON allows and YAML does not: tabs between values, and characters beyond 16 bits as two escapes. All lines
/// stay where they are.
std::string json_as_yaml(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  bool inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') inside = !inside;
    if (!inside) {
      result += c == '\t' ? ' ' : c;
      continue;
    }
    const std::uint32_t high = escaped_unit(text, i), low = escaped_unit(text, i + 6);
    if (high >= 0xD800 && high < 0xDC00 && low >= 0xDC00 && low < 0xE000) {
      result += utf8_of(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
      i += 11;
    } else if (c == '\\' && i + 1 < text.size()) {
      if (text[i + 1] != '/') result += c;
      result += text[++i];
    } else {
      result += c;
    }
  }
  return result;
}

bool looks_like_json(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
}

Data read_data_text(const std::string& text, const std::string& name, const std::string& folder) {
  FaultList faults;
  const YamlDocument document = parse_yaml(looks_like_json(text) ? json_as_yaml(text) : text, name, {}, faults);
  Data data = document.root ? data_of(document, *document.root, folder, faults) : Data();
  faults.throw_if_any();
  return data;
}

}  // namespace

Data data_of(const YamlDocument& document, const YamlNode& node, const std::string& folder, FaultList& faults) {
  if (node.weight <= kDataValues.most()) return convert_node(document, node, folder);
  faults.add(document.mark(node),
             std::to_string(node.weight) + " values are too many for one setting: at most " + kDataValues.text());
  return {};
}

Data parse_data(const std::string& text, const std::string& name, const std::string& folder) {
  return read_data_text(text, name, folder);
}

Data load_data(const std::string& path) {
  const TextFile file = read_text_file(path, LoadLimits().file_bytes);
  if (!file.error.empty()) {
    throw Faults(std::vector<Fault>{{{path, 0, 0}, "cannot read the file: " + file.error + suggest_file(path)}});
  }
  return read_data_text(file.text, path, std::filesystem::path(path).parent_path().string());
}

}  // namespace graph
