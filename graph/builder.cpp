// SPDX-License-Identifier: MIT
#include "graph/builder.h"

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
    node.props.push_back({prop, spec_.mark, Written{text, spec_.mark}, std::nullopt, std::nullopt});
  }
  for (const auto& [port, source] : in) node.in.push_back({port, spec_.mark, {source, spec_.mark}});
  spec_.nodes.push_back(std::move(node));
  return *this;
}

Builder& Builder::loop(const std::string& name, const std::string& steps, const Builder& body) {
  node(name, "loop");
  NodeSpec& loop = spec_.nodes.back();
  loop.steps = Written{steps, spec_.mark};
  loop.state = body.state_;
  loop.next = body.next_;
  loop.out = body.spec_.out;
  loop.nodes = body.spec_.nodes;
  return *this;
}

Builder& Builder::loop_over(const std::string& name, const std::string& over, const Builder& body) {
  loop(name, "", body);
  NodeSpec& loop = spec_.nodes.back();
  loop.steps.reset();
  loop.over = Written{over, spec_.mark};
  return *this;
}

Builder& Builder::state(const std::string& name, const std::string& initial, const std::string& next) {
  state_.push_back({name, spec_.mark, {initial, spec_.mark}});
  next_.push_back({name, spec_.mark, {next, spec_.mark}});
  return *this;
}

Builder& Builder::out(const std::string& name, const std::string& source) {
  spec_.out.push_back({name, spec_.mark, {source, spec_.mark}});
  return *this;
}

Builder& Builder::when(const std::string& from, const std::string& to, const std::string& every) {
  if (spec_.nodes.empty()) throw std::logic_error("Builder::when: there is no node that it could be of");
  spec_.nodes.back().when =
      WhenInput{Written{from, spec_.mark}, Written{to, spec_.mark}, Written{every, spec_.mark}, spec_.mark, {}, {}, {}};
  return *this;
}

}  // namespace graph
