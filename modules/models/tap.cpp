// SPDX-License-Identifier: MIT
#include "modules/models/tap.h"

#include <algorithm>

#include "nodes/keeping.h"

namespace modules {
namespace {

std::vector<int> indices_of(const std::string& text) {
  std::vector<int> indices;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string one = text.substr(begin, end - begin);
    indices.push_back(one == "*" ? -1 : std::stoi(one));
    begin = end + 1;
  }
  return indices;
}

/// "-t0003"
std::string numbered(const char* letter, int number, int digits) {
  std::string text = std::to_string(number);
  text.insert(0, text.size() < static_cast<std::size_t>(digits) ? digits - text.size() : 0, '0');
  return std::string("-") + letter + text;
}

}  // namespace

Tap::Tap(const graph::Props& props)
    : name_(props.get(kName)), ending_(props.get(kEnding)), element_(indices_of(props.get(kElement))) {}

std::string Tap::stem(const graph::Context& cx, const std::vector<int>& chosen) const {
  std::string stem = name_;
  if (!cx.item().label.empty()) stem += numbered("", cx.item().index, 4);
  for (const int turn : cx.turns()) stem += numbered("t", turn, 4);
  for (const int element : cx.element()) stem += numbered("e", element, 2);
  for (const int index : chosen) stem += index < 0 ? "" : numbered("e", index, 2);
  return stem;
}

std::string NamedTap::stem(const graph::Context& cx, const std::vector<int>& /*chosen*/) const {
  const std::string path = cx.expand(path_);
  return path.substr(0, path.rfind('.'));
}

void Tap::process(graph::Context& cx) const {
  const std::size_t around = cx.element().size();
  for (std::size_t i = 0; i < std::min(around, element_.size()); ++i) {
    if (element_[i] >= 0 && element_[i] != cx.element()[i]) return;
  }
  const std::vector<int> inside(element_.begin() + static_cast<std::ptrdiff_t>(std::min(around, element_.size())),
                                element_.end());
  const graph::Value& value = cx.get(kValue);
  const std::vector<nodes::Leaf> leaves = nodes::leaves_of(value, inside);
  const bool one = std::ranges::any_of(inside, [](int index) { return index >= 0; });
  if (one && std::ranges::none_of(leaves, &nodes::Leaf::holds)) return;  // nothing came there
  if (ending_ != ".png")
    return cx.write_file(stem(cx, inside) + ending_, nodes::kept_bytes(value.type(), leaves, ending_));
  for (const nodes::Leaf& leaf : leaves) {
    if (!leaf.holds()) continue;
    std::string name = stem(cx, inside);
    for (const int index : leaf.place) name += numbered("e", index, 2);
    cx.write_file(name + ending_, nodes::kept_bytes(value.type(), {leaf}, ending_));
  }
}

}  // namespace modules
