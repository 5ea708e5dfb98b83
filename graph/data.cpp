// SPDX-License-Identifier: MIT
#include "graph/data.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <map>

#include "base/sha1.h"
#include "graph/scalar.h"

namespace graph {

struct Data::Tree {
  Sort sort = Sort::kNull;
  Leaf leaf{};
  bool quoted = false;
  std::vector<Data> items{};
  std::vector<DataField> fields{};
  Mark mark{};
  std::string folder{};
};

namespace {

std::string json_string(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      std::array<char, 8> code;
      std::snprintf(code.data(), code.size(), "\\u%04x", static_cast<unsigned>(c));
      result += code.data();
    } else {
      result += c;
    }
  }
  return result + '"';
}

/// Whether a plain text is what JSON writes without quotes.
bool is_json_literal(const std::string& text) {
  if (text == "true" || text == "false") return true;
  const std::size_t begin = text.starts_with('-') ? 1 : 0;
  if (begin >= text.size() || text[begin] < '0' || text[begin] > '9') return false;
  if (text[begin] == '0' && begin + 1 < text.size() && text[begin + 1] >= '0' && text[begin + 1] <= '9') return false;
  double value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && rest == text.data() + text.size() && text.back() != '.' &&
         text.find(".e") == std::string::npos && text.find(".E") == std::string::npos;
}

/// `canonical`: keys in alphabetical order, leaves by their texts alone, so that equal data have one text.
void write_json(const Data& data, bool canonical, std::string& out) {
  switch (data.sort()) {
    case Data::Sort::kNull:
      out += "null";
      return;
    case Data::Sort::kList: {
      out += '[';
      const char* between = "";
      for (const Data& item : data.items()) {
        out += between;
        between = ",";
        write_json(item, canonical, out);
      }
      out += ']';
      return;
    }
    case Data::Sort::kMap: {
      std::vector<const DataField*> fields;
      for (const DataField& field : data.fields()) fields.push_back(&field);
      if (canonical) std::ranges::sort(fields, {}, [](const DataField* field) { return field->name; });
      out += '{';
      const char* between = "";
      for (const DataField* field : fields) {
        out += between;
        between = ",";
        out += json_string(field->name) + ":";
        write_json(field->value, canonical, out);
      }
      out += '}';
      return;
    }
    default:
      break;
  }
  const std::string text = leaf_text(data);
  const bool words = data.sort() == Data::Sort::kString || data.sort() == Data::Sort::kPath || data.quoted() ||
                     (data.sort() == Data::Sort::kText && !is_json_literal(text));
  out += canonical || words ? json_string(text) : text;
}

Data::Sort sort_of(const Data::Leaf& leaf) {
  constexpr std::array kSorts{Data::Sort::kNull,  Data::Sort::kBool,   Data::Sort::kInt,
                              Data::Sort::kFloat, Data::Sort::kString, Data::Sort::kPath};
  return kSorts[leaf.index()];
}

}  // namespace

Data::Data() {
  static const auto none = std::make_shared<const Tree>();
  tree_ = none;
}

Data Data::null(const Mark& mark) {
  return Data(std::make_shared<const Tree>(Tree{.mark = mark}));
}

Data Data::text(std::string text, bool plain, const Mark& mark, const std::string& folder) {
  return Data(std::make_shared<const Tree>(
      Tree{.sort = Sort::kText, .leaf = std::move(text), .quoted = !plain, .mark = mark, .folder = folder}));
}

Data Data::leaf(Leaf value, const Mark& mark) {
  const Sort sort = sort_of(value);
  return Data(std::make_shared<const Tree>(Tree{.sort = sort, .leaf = std::move(value), .mark = mark}));
}

Data Data::list(std::vector<Data> items, const Mark& mark) {
  return Data(std::make_shared<const Tree>(Tree{.sort = Sort::kList, .items = std::move(items), .mark = mark}));
}

Data Data::map(std::vector<DataField> fields, const Mark& mark) {
  return Data(std::make_shared<const Tree>(Tree{.sort = Sort::kMap, .fields = std::move(fields), .mark = mark}));
}

Data::Sort Data::sort() const {
  return tree_->sort;
}

bool Data::quoted() const {
  return tree_->quoted;
}

const Mark& Data::mark() const {
  return tree_->mark;
}

const std::string& Data::folder() const {
  return tree_->folder;
}

const Data::Leaf& Data::value_() const {
  return tree_->leaf;
}

const std::vector<Data>& Data::items() const {
  if (sort() != Sort::kList) throw std::logic_error("data: not a list");
  return tree_->items;
}

const std::vector<DataField>& Data::fields() const {
  if (sort() != Sort::kMap) throw std::logic_error("data: not a map");
  return tree_->fields;
}

const Data* Data::find(std::string_view field) const {
  for (const DataField& one : fields()) {
    if (one.name == field) return &one.value;
  }
  return nullptr;
}

const Data& Data::operator[](std::string_view field) const {
  const Data* value = find(field);
  if (!value) throw std::logic_error("data: no field '" + std::string(field) + "'");
  return *value;
}

bool Data::operator==(const Data& other) const {
  if (tree_ == other.tree_) return true;
  std::string mine, theirs;
  write_json(*this, true, mine);
  write_json(other, true, theirs);
  return mine == theirs;
}

std::string leaf_text(const Data& data) {
  switch (data.sort()) {
    case Data::Sort::kBool:
      return data.as<bool>() ? "true" : "false";
    case Data::Sort::kInt:
      return std::to_string(data.as<std::int64_t>());
    case Data::Sort::kFloat:
      return to_text(Scalar(data.as<double>()));
    case Data::Sort::kPath:
      return data.as<Path>().text;
    case Data::Sort::kText:
    case Data::Sort::kString:
      return data.as<std::string>();
    default:
      return "";
  }
}

std::string to_text(const Data& data) {
  std::string text;
  write_json(data, false, text);
  return text;
}

std::string digest(const Data& data) {
  std::string text;
  write_json(data, true, text);
  return base::sha1_hex(text).substr(0, 8);
}

Data with_paths(const Data& data, const std::function<std::string(const std::string&)>& text_of) {
  if (data.sort() == Data::Sort::kPath) return Data::leaf(Path{text_of(data.as<Path>().text)}, data.mark());
  if (data.sort() == Data::Sort::kList) {
    std::vector<Data> items;
    for (const Data& item : data.items()) items.push_back(with_paths(item, text_of));
    return Data::list(std::move(items), data.mark());
  }
  if (data.sort() == Data::Sort::kMap) {
    std::vector<DataField> fields;
    for (const DataField& field : data.fields()) fields.push_back({field.name, with_paths(field.value, text_of)});
    return Data::map(std::move(fields), data.mark());
  }
  return data;
}

const char* sort_text(const Data& data) {
  switch (data.sort()) {
    case Data::Sort::kNull:
      return "nothing";
    case Data::Sort::kList:
      return "a list";
    case Data::Sort::kMap:
      return "a map";
    default:
      return "a text";
  }
}

}  // namespace graph
