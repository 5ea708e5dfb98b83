// SPDX-License-Identifier: MIT
#include "graph/builder.h"

#include <algorithm>
#include <stdexcept>

namespace graph {
namespace {

/// A value from C++ is not a text with params in it.
std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) result += c == '$' ? "$$" : std::string(1, c);
  return result;
}

}  // namespace

Builder::Builder(std::string name) {
  spec_.name = std::move(name);
  spec_.mark.file = spec_.name;
}

Builder& Builder::param(const std::string& name, const Scalar& value, const Range& range, const std::string& about) {
  spec_.params.push_back(
      {name, spec_.mark, kind_of(value), Written{escaped(to_text(value)), spec_.mark}, range, about});
  return *this;
}

Builder& Builder::node(const std::string& name, const std::string& type, const Pairs& props, const Pairs& in) {
  NodeSpec node;
  node.name = name;
  node.mark = spec_.mark;
  node.type = {type, spec_.mark};
  for (const auto& [prop, text] : props) {
    node.props.push_back({prop, spec_.mark, Written{text, spec_.mark}});
  }
  for (const auto& [port, source] : in) {
    const Written link{source, spec_.mark};
    const auto known = std::ranges::find(node.in, port, &LinkInput::name);
    if (known == node.in.end()) {
      node.in.push_back({port, spec_.mark, link, {}, false});
      continue;
    }
    if (!known->is_list) known->several = {known->source};
    known->is_list = true;
    known->several.push_back(link);
  }
  spec_.nodes.push_back(std::move(node));
  return *this;
}

Builder& Builder::add_body(const std::string& name, const std::string& type, const Builder& body) {
  node(name, type);
  NodeSpec& owner = spec_.nodes.back();
  owner.state = body.state_;
  owner.next = body.next_;
  owner.out = body.spec_.out;
  owner.collect = body.collect_;
  owner.nodes = body.spec_.nodes;
  return *this;
}

Builder& Builder::loop(const std::string& name, const std::string& steps, const Builder& body) {
  add_body(name, "loop", body);
  spec_.nodes.back().steps = Written{steps, spec_.mark};
  return *this;
}

Builder& Builder::each(const std::string& name, const std::string& times, const Builder& body) {
  add_body(name, "each", body);
  spec_.nodes.back().times = Written{times, spec_.mark};
  return *this;
}

Builder& Builder::each_over(const std::string& name, const Pairs& lists, const Builder& body) {
  add_body(name, "each", body);
  for (const auto& [list, source] : lists)
    spec_.nodes.back().lists.push_back({list, spec_.mark, {source, spec_.mark}, {}, false});
  return *this;
}

Builder& Builder::as(const std::string& name) {
  if (spec_.nodes.empty() || !spec_.nodes.back().has_body())
    throw std::logic_error("Builder::as: there is no each or loop that it could be of");
  spec_.nodes.back().as = Written{name, spec_.mark};
  return *this;
}

Builder& Builder::checkpoint(const std::string& every) {
  if (spec_.nodes.empty() || spec_.nodes.back().type.text != "loop")
    throw std::logic_error("Builder::checkpoint: there is no loop that it could be of");
  spec_.nodes.back().checkpoint = Written{every, spec_.mark};
  return *this;
}

Builder& Builder::collect(const std::string& name, const std::string& source) {
  collect_.push_back({name, spec_.mark, {source, spec_.mark}, {}, false});
  return *this;
}

Builder& Builder::loop_over(const std::string& name, const std::string& over, const Builder& body) {
  add_body(name, "loop", body);
  spec_.nodes.back().over = Written{over, spec_.mark};
  return *this;
}

Builder& Builder::state(const std::string& name, const std::string& initial, const std::string& next) {
  state_.push_back({name, spec_.mark, {initial, spec_.mark}, {}, false});
  next_.push_back({name, spec_.mark, {next, spec_.mark}, {}, false});
  return *this;
}

Builder& Builder::out(const std::string& name, const std::string& source) {
  spec_.out.push_back({name, spec_.mark, {source, spec_.mark}, {}, false});
  return *this;
}

Builder& Builder::when(const std::string& from, const std::string& to, const std::string& every) {
  if (spec_.nodes.empty()) throw std::logic_error("Builder::when: there is no node that it could be of");
  spec_.nodes.back().when =
      WhenInput{Written{from, spec_.mark}, Written{to, spec_.mark}, Written{every, spec_.mark}, spec_.mark, {}, {}, {}};
  return *this;
}

}  // namespace graph
