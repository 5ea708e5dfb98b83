// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "graph/node.h"
#include "graph/registry.h"

namespace modules {

/// Writes what a port sends to a file below the output folder: see program::Taps, which puts it into a graph. Errors:
/// an element that a list has not; a file that cannot be written.
class Tap : public graph::Node {
 public:
  static constexpr graph::In<graph::Value> kValue{"value", "of a type that can be kept"};
  static constexpr graph::Prop<std::string> kName{
      .name = "name", .help = "of the file, in front of item, turns, elements and ending", .value = ""};
  static constexpr graph::Prop<std::string> kEnding{.name = "ending", .help = "of the file", .value = ".npz"};
  static constexpr graph::Prop<std::string> kElement{
      .name = "element", .help = "indices: of the eaches around it, then of lists; * is all", .value = ""};

  explicit Tap(const graph::Props& props);
  void process(graph::Context& cx) const override;

 protected:
  /// The file's name without its ending. `chosen`: of the lists in the value, the indices that are taken; −1: all.
  virtual std::string stem(const graph::Context& cx, const std::vector<int>& chosen) const;

 private:
  const std::string name_, ending_;
  std::vector<int> element_;  ///< −1: all
};

/// A tap whose files are named after the port, the item where that counts, and turns and elements.
class PlainTap final : public Tap {
 public:
  static graph::Contract contract() {
    return graph::Contract("tap", "Writes what a port sends.", kValue, kName, kEnding, kElement).resource("io");
  }
  using Tap::Tap;
};

/// A tap whose files are named by a pattern.
class NamedTap final : public Tap {
 public:
  static constexpr graph::Prop<graph::Pattern> kPath{.name = "path", .help = "of the file"};
  static graph::Contract contract() {
    return graph::Contract("tap-file", "Writes what a port sends.", kValue, kName, kEnding, kElement, kPath)
        .resource("io");
  }
  explicit NamedTap(const graph::Props& props) : Tap(props), path_(props.get(kPath)) {}

 protected:
  std::string stem(const graph::Context& cx, const std::vector<int>& chosen) const override;

 private:
  const graph::Pattern path_;
};

}  // namespace modules
