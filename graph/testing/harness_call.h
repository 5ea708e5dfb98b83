// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "graph/testing/node_harness.h"

namespace graph {

/// Where a deferred call ends.
struct HarnessEnding {
  base::Mutex mutex;
  base::Condition changed;
  bool ended DECOUPAGE_GUARDED_BY(mutex) = false;
  std::optional<std::string> failure DECOUPAGE_GUARDED_BY(mutex);

  void end(std::optional<std::string> why);
  /// Throws std::runtime_error when the call failed.
  void wait();
};

/// The Context that a NodeHarness shows its node: everything is set and read by the harness.
class HarnessCall final : public Context {
 public:
  HarnessCall(const NodeType& type, const NodeHarness::Pairs& props);

  void open();
  /// What the engine does before every call: opened, nothing sent, required inputs there.
  void prepare();
  void clear();
  void process();
  /// What the node left to do. Throws what that throws.
  void do_rest();

  int in_index(const std::string& port, bool gather) const;
  int out_index(const std::string& port) const;
  void check_type(const InSpec& spec, const Value& value) const;

  const Node& node() const override { return *instance; }
  const std::string& node_id() const override { return id; }
  const Item& item() const override { return place; }
  int lane() const override { return own_lane; }
  Turn turn() const override { return own_turn; }
  const std::vector<int>& element() const override { return own_element; }
  std::vector<int> turns() const override { return own_turns; }
  double window() const override { return own_window.value_or(own_turn.progress()); }
  bool records() const override { return is_recording; }
  bool cancelled() const override { return is_cancelled; }
  void write_file(const std::string& name, std::span<const std::byte> bytes) override;
  std::string expand(const Pattern& pattern) const override;
  std::vector<std::string> choose_several(const std::string& name,
                                          const std::function<std::vector<std::string>()>& draw) override;
  void tell(const std::string& name, const std::string& text) override { told[name] = text; }
  std::vector<Text> recipe() const override { return texts; }
  void warn(const std::string& text) override { warnings.push_back(text); }
  void step(int i, int n) override { steps.emplace_back(i, n); }
  void scalar(const std::string& name, double value) override { scalars.emplace_back(name, value); }
  void preview(const Value& value) override { previews.push_back(value); }
  void when_done(std::function<void()> left) override { rest.push_back(std::move(left)); }
  std::shared_ptr<Completion> defer() override;

  const Contract& contract() const override { return type.contract; }
  const Value& input(int port) const override { return values[port]; }
  std::vector<Value> inputs(int port) const override { return several[port]; }
  const std::vector<Gathered>& gathered(int port) const override { return packets[port]; }
  void output(int port, Value value) override;
  bool output_wanted(int port) const override { return wanted[port]; }
  Slot& own_slot() override { return slot; }

  const NodeType& type;
  std::vector<Scalar> property_values;
  /// What a link feeds to a property from the next call on.
  void feed(const std::string& property, const Value& value);

  const std::unique_ptr<Node> unbound;
  const Node* instance = nullptr;  ///< what is called: the same, or what was bound or made for what is fed
  bool opened = false;
  std::unique_ptr<Node> bound;
  std::vector<Value> values;
  std::vector<std::vector<Value>> several;
  std::vector<std::vector<Gathered>> packets;
  std::vector<Value> outputs;
  std::vector<bool> wanted;
  std::string id;
  Item place;
  int own_lane = 0;
  Turn own_turn;
  std::vector<int> own_turns;
  std::vector<int> own_element;
  std::optional<double> own_window;
  bool is_cancelled = false;
  bool is_recording = false;
  std::vector<Text> texts;
  std::map<std::string, std::vector<std::string>> given_picks, picks;
  Slot slot;
  std::shared_ptr<HarnessEnding> ending;
  std::vector<std::function<void()>> rest;
  std::vector<std::string> warnings;
  std::map<std::string, std::string> told;
  std::map<std::string, std::string> files;
  std::vector<std::pair<int, int>> steps;
  std::vector<std::pair<std::string, double>> scalars;
  std::vector<Value> previews;
};

}  // namespace graph
