// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "graph/graph.h"

namespace graph {

/// Builds a graph from C++, with the same checks as a graph file.
///   Builder b("contact");
///   b.param("seed", std::int64_t{0});
///   b.node("noise", "draw-noise", {{"seed", "$seed"}});
///   b.node("save", "save-image", {}, {{"image", "noise.image"}});
///   Graph graph = b.check(registry);
class Builder {
 public:
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  explicit Builder(std::string name);

  Builder& param(const std::string& name, const Scalar& value, const Range& range = {}, const std::string& about = "");
  /// props: name and text, as in a graph file; in: port, or a property that the link feeds, and "node.port". A port of
  /// several links is named once for each.
  Builder& node(const std::string& name, const std::string& type, const Pairs& props = {}, const Pairs& in = {});
  /// A loop of so many turns. `body` is a Builder whose nodes, state, next and out are the loop's.
  Builder& loop(const std::string& name, const std::string& steps, const Builder& body);
  /// A loop over a value with a length.
  Builder& loop_over(const std::string& name, const std::string& over, const Builder& body);
  /// An each of that many elements, or over lists that are walked together: name and "node.port".
  Builder& each(const std::string& name, const std::string& times, const Builder& body);
  Builder& each_over(const std::string& name, const Pairs& lists, const Builder& body);
  /// What the elements of the each, or the turns of the loop, that was added last are called in its body's links.
  Builder& as(const std::string& name);
  /// Of a loop's body: what each turn sends, as a list.
  Builder& collect(const std::string& name, const std::string& source);
  /// Of a loop's body: `state` name, "node.port" of its initial value outside, "node.port" of its next value inside.
  Builder& state(const std::string& name, const std::string& initial, const std::string& next);
  Builder& out(const std::string& name, const std::string& source);
  /// Of the loop added last: it is kept after every so many turns.
  Builder& checkpoint(const std::string& every);
  /// Of the node added last.
  Builder& when(const std::string& from, const std::string& to, const std::string& every = "1");

  const GraphSpec& spec() const { return spec_; }
  /// Throws Faults.
  Graph check(const Registry& registry) const { return graph::check(spec_, registry); }

 private:
  GraphSpec spec_;
  Builder& add_body(const std::string& name, const std::string& type, const Builder& body);

  std::vector<LinkInput> state_, next_, collect_;
};

}  // namespace graph
