// SPDX-License-Identifier: MIT
#include "graph/loading/yaml_tree.h"

#include <algorithm>
#include <utility>

namespace graph {
namespace {

/// Whether the text starts with no quote, or with one that ends: yaml-cpp takes the end of a file for the other quote.
bool closed(std::string_view text) {
  const char quote = text.empty() ? ' ' : text[0];
  if (quote != '"' && quote != '\'') return true;
  for (std::size_t i = 1; i < text.size(); ++i) {
    const bool escaped = quote == '"' ? text[i] == '\\' : text.substr(i, 2) == "''";
    if (escaped) ++i;
    else if (text[i] == quote) return true;
  }
  return false;
}

std::string place(const YamlDocument& document, const YamlNode& node) {
  return document.file + ":" + std::to_string(node.line) + ":" + std::to_string(node.column);
}

/// The entry of that key, or null; notes the key for the next one. `keys` is used for maps with many entries.
const YamlNode* find_key(const YamlNode& map, const YamlNode& key,
                         std::unordered_map<std::string_view, const YamlNode*>& keys) {
  constexpr std::size_t kFew = 8;
  if (map.entries.size() < kFew) {
    for (const auto& entry : map.entries) {
      if (entry.first->text == key.text) return entry.first;
    }
    return nullptr;
  }
  if (keys.empty()) {
    for (const auto& entry : map.entries) keys.emplace(entry.first->text, entry.first);
  }
  const auto [found, added] = keys.emplace(key.text, &key);
  return added ? nullptr : found->second;
}

}  // namespace

std::size_t find_taken_value(std::string_view text, std::size_t from, std::size_t to, bool last) {
  constexpr std::string_view kBlanks = " \t";
  std::size_t found = text.npos;
  to = std::min(to, text.size());
  for (std::size_t at = text.find('#', from); at < to; at = text.find('#', at + 1)) {
    const std::size_t line = text.rfind('\n', at) + 1;  // npos + 1 is 0
    const std::size_t before = text.find_last_not_of(kBlanks, at == 0 ? 0 : at - 1);
    const bool begins = at > line && kBlanks.find(text[at - 1]) != kBlanks.npos && before != text.npos &&
                        before >= line && std::string_view(":-,[").find(text[before]) != text.npos;
    const bool says = at + 1 < text.size() && std::string_view(" \t\r\n#!").find(text[at + 1]) == text.npos;
    if (!begins || !says) continue;
    found = at;
    if (!last) break;
  }
  return found;
}

std::string_view taken_value(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at, text.find('\n', at) - at);
  return rest.substr(0, rest.find_last_not_of(" \t\r") + 1);
}

TextBuffer::int_type TextBuffer::underflow() {
  constexpr std::size_t kBlock = 16u << 10;
  stopped_ = stopped_ || read_ - event_ > read_ahead_;
  if (stopped_ || read_ == text_.size()) return traits_type::eof();
  const std::size_t size = std::min(kBlock, text_.size() - read_);
  char* begin = const_cast<char*>(text_.data()) + read_;  // a get area is never written to
  setg(begin, begin, begin + size);
  read_ += size;
  return traits_type::to_int_type(*begin);
}

TreeBuilder::TreeBuilder(YamlDocument& document, std::string_view text, const LoadLimits& limits, FaultList& faults)
    : document_(document), text_(text), limits_(limits), faults_(faults), buffer_(text, limits.value_bytes) {
  ascii_ = std::all_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x80; });
  counted_.line = -1;
}

Mark TreeBuilder::mark_of(const YAML::Mark& mark) {
  const bool inside = mark.pos >= mark.column && static_cast<std::size_t>(mark.pos) <= text_.size();
  if (ascii_ || !inside) return {document_.file, mark.line + 1, mark.column + 1};
  const bool onward = mark.line == counted_.line && mark.pos >= counted_.pos;
  const int from = onward ? counted_.pos : mark.pos - mark.column;
  if (!onward) characters_ = 0;
  for (int i = from; i < mark.pos; ++i) characters_ += (static_cast<unsigned char>(text_[i]) & 0xC0) != 0x80;
  counted_ = mark;
  return {document_.file, mark.line + 1, characters_ + 1};
}

void TreeBuilder::OnDocumentStart(const YAML::Mark& mark) {
  if (documents_++ > 0) throw StopParsing{mark, "a second document starts here; a file holds one"};
}

void TreeBuilder::OnDocumentEnd() {
  if (buffer_.stopped() || !last_scalar_) return;
  if (closed(text_.substr(static_cast<std::size_t>(last_scalar_->pos)))) return;
  throw StopParsing{*last_scalar_, "a quote is not closed"};
}

void TreeBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const auto from = static_cast<std::size_t>(std::max(last_event_.pos, 0));
  YamlNode& node = make(YamlNode::Kind::kNull, mark, anchor);
  if (!open_.empty() && open_.back().key) {  // yaml-cpp places what is not there on the next line
    node.line = open_.back().key->line;
    node.column = open_.back().key->column;
  }
  const std::size_t taken = find_taken_value(text_, from, static_cast<std::size_t>(std::max(mark.pos, 0)));
  if (taken != text_.npos) {  // read on as it was meant
    node.kind = YamlNode::Kind::kScalar;
    node.text = taken_value(text_, taken);
    node.plain = false;
    faults_.add(document_.mark(node), "'" + node.text +
                                          "' is a comment, since it begins with #, and no value; a text " +
                                          "that does stands in quotes: \"" + node.text + "\"");
  }
  place_in_parent(node, mark);
}

void TreeBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  buffer_.note_event();
  const YamlNode* node = anchors_[anchor];
  for (const Open& open : open_) {
    if (open.node == node) throw StopParsing{mark, "an alias stands inside the value that it names"};
  }
  count(node->weight, mark);
  check_depth(open_.size() + node->height, mark);
  place_in_parent(*node, mark);
}

void TreeBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                           const std::string& value) {
  YamlNode& node = make(YamlNode::Kind::kScalar, mark, anchor);
  node.text = value;
  node.plain = tag == "?";
  if (tag != "?" && tag != "!" && tag != "tag:yaml.org,2002:str") refuse_tag(mark, tag);
  last_scalar_ = mark;
  place_in_parent(node, mark);
}

void TreeBuilder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                                  YAML::EmitterStyle::value) {
  start(YamlNode::Kind::kList, mark, tag, anchor);
}

void TreeBuilder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                             YAML::EmitterStyle::value) {
  start(YamlNode::Kind::kMap, mark, tag, anchor);
}

YamlNode& TreeBuilder::make(YamlNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
  buffer_.note_event();
  last_event_ = mark;
  count(1, mark);
  YamlNode& node = document_.nodes.emplace_back();
  node.kind = kind;
  const Mark at = mark_of(mark);
  node.line = at.line;
  node.column = at.column;
  if (anchor != YAML::NullAnchor) anchors_[anchor] = &node;
  return node;
}

void TreeBuilder::start(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
  check_depth(open_.size() + 1, mark);
  if (tag != "?" && tag != "!" && !tag.empty()) refuse_tag(mark, tag);
  YamlNode& node = make(kind, mark, anchor);
  node.height = 1;
  open_.push_back({&node, mark});
}

void TreeBuilder::end() {
  const Open last = std::move(open_.back());
  open_.pop_back();
  place_in_parent(*last.node, last.mark);
}

void TreeBuilder::place_in_parent(const YamlNode& node, const YAML::Mark& mark) {
  if (open_.empty()) {
    document_.root = &node;
    return;
  }
  Open& parent = open_.back();
  parent.node->weight += node.weight;
  parent.node->height = std::max(parent.node->height, node.height + 1);
  if (parent.node->kind == YamlNode::Kind::kList) {
    parent.node->items.push_back(&node);
  } else if (!parent.key) {
    check_key(node, mark);
    parent.key = &node;
  } else {
    add_entry(parent, node);
  }
}

void TreeBuilder::check_key(const YamlNode& key, const YAML::Mark& mark) {
  if (key.kind != YamlNode::Kind::kScalar) {
    throw StopParsing{mark, std::string("a key must be a word, found ") + kind_text(key)};
  }
  if (key.text != "<<" || !key.plain) return;
  throw StopParsing{mark, "merge keys (<<) are not read; write the keys out, or give the whole value an anchor"};
}

void TreeBuilder::add_entry(Open& map, const YamlNode& value) {
  const YamlNode& key = *std::exchange(map.key, nullptr);
  if (const YamlNode* first = find_key(*map.node, key, map.keys)) {
    faults_.add(document_.mark(key), "key '" + key.text + "' is given twice; first at " + place(document_, *first));
    return;
  }
  map.node->entries.emplace_back(&key, &value);
}

void TreeBuilder::refuse_tag(const YAML::Mark& mark, const std::string& tag) {
  faults_.add(mark_of(mark), "tag '" + tag + "' is not read: a value is what its key declares; remove the tag");
}

void TreeBuilder::count(std::size_t weight, const YAML::Mark& mark) {
  count_ += weight;
  if (count_ <= limits_.nodes) return;
  throw StopParsing{mark, "values once aliases are followed: at most " + LoadLimits::kNodes.text(limits_.nodes)};
}

void TreeBuilder::check_depth(std::size_t depth, const YAML::Mark& mark) const {
  if (depth <= limits_.depth) return;
  throw StopParsing{mark, "lists and maps are nested deeper than " + LoadLimits::kDepth.text(limits_.depth)};
}

}  // namespace graph
