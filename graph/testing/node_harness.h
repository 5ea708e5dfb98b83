// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "graph/registry.h"

namespace graph {

class HarnessCall;

/// Runs one node alone, as the engine would: for the tests of node types, of plugins too.
///   graph::NodeHarness node(registry, "gain", {{"k", "3"}});
///   node.in("x", Number{2}).run();
///   EXPECT_EQ(node.out<Number>("y").value, 6);
/// Mistakes of the test (no such port, another type, nothing sent where it looks) are std::logic_error. Not
/// thread-safe, but the node may send and complete from threads of its own.
class NodeHarness {
 public:
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  /// Makes the node; `props` are names and texts as in a graph file, a ramp's "from..to". Throws Faults with all that
  /// is wrong with them at once: a type or property unknown, given twice, missing, not of its kind, out of range.
  NodeHarness(const Registry& registry, const std::string& type, const Pairs& props = {});
  ~NodeHarness();
  NodeHarness(NodeHarness&&) noexcept;

  /// What comes in. A later value replaces an earlier one; an empty Value takes it away.
  template <class T>
  NodeHarness& in(const std::string& port, T value) {
    if constexpr (std::is_same_v<T, Value>) return set_input(port, std::move(value));
    else return set_input(port, Value::of<T>(std::move(value)));
  }
  /// What comes by each link of an Ins port; an empty Value is a link by which nothing came.
  NodeHarness& links(const std::string& port, std::vector<Value> places);
  /// What a link feeds to a property from the next call on, in the place of what was given: an int where a float is due
  /// will do. Throws std::invalid_argument when it is out of range, and what bind(), the constructor or open() throw.
  template <class T>
  NodeHarness& feed(const std::string& property, T value) {
    return set_fed(property, Value::of<T>(std::move(value)));
  }
  /// Adds a packet to a Gather port, as Node::keep leaves it. An empty value: that item failed or sent nothing.
  NodeHarness& gather(const std::string& port, const Item& item, const Value& value);
  /// The place in a loop, one that is in no other; without a window its progress is the window, too.
  NodeHarness& turn(int index, int count);
  NodeHarness& window(double place);
  /// The indices in the eaches around it, the outermost first.
  NodeHarness& element(std::vector<int> indices);
  NodeHarness& item(Item item);
  NodeHarness& lane(int lane);
  NodeHarness& node_id(std::string id);
  NodeHarness& recipe(std::vector<Text> texts);
  /// What Context::choose hands back under a name, as in a rerun.
  NodeHarness& pick(const std::string& name, std::vector<std::string> picked);
  /// Nobody reads this output.
  NodeHarness& unwanted(const std::string& port);
  /// The call is on the way from what a loop optimises to what it closes: Context::records() is true.
  NodeHarness& record();
  /// From now on Context::cancelled() is true.
  NodeHarness& cancel();
  /// Drops slots, as at the end of an item; inputs, outputs and files stay.
  NodeHarness& end_item();

  /// Opens the node if that has not been done. Throws what it throws.
  NodeHarness& open();
  /// Opens the node, drops the last call's outputs, calls process() and waits for a deferred end. Throws what the node
  /// throws; std::logic_error when a required input is absent, as the engine would not call the node then.
  NodeHarness& run();
  /// One process_batch() with a row for each harness, all of one type. Their nodes must agree on batch_key, as the
  /// engine would not join them otherwise. A batch that throws is tried again row by row, as the engine does it.
  static void run_batch(const std::vector<NodeHarness*>& rows);

  /// What was sent in the last call.
  template <class T>
  std::conditional_t<detail::kIsList<T>, T, const T&> out(const std::string& port) const {
    const Value& value = output(port);
    if (value.empty()) throw std::logic_error("nothing was sent to '" + port + "'");
    return value.template as<T>();
  }
  /// The same as it is; empty when nothing was sent.
  const Value& output(const std::string& port) const;
  bool sent(const std::string& port) const { return !output(port).empty(); }

  const std::vector<std::string>& warnings() const;
  /// Name and contents of all that was written; nothing touches the disk.
  const std::map<std::string, std::string>& files() const;
  /// (i, n) of Context::step.
  const std::vector<std::pair<int, int>>& steps() const;
  /// Names and numbers that were told by Context::scalar, in order.
  const std::vector<std::pair<std::string, double>>& scalars() const;
  const std::vector<Value>& previews() const;
  /// What was picked in the last call, by name.
  const std::map<std::string, std::vector<std::string>>& picks() const;
  /// What was told in the last call, by name.
  const std::map<std::string, std::string>& told() const;
  std::string batch_key() const;
  const Node& node() const;

 private:
  NodeHarness& set_input(const std::string& port, Value value);
  NodeHarness& set_fed(const std::string& property, const Value& value);

  std::unique_ptr<HarnessCall> call_;
};

}  // namespace graph
