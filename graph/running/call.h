// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "graph/planning/window.h"
#include "graph/run.h"
#include "graph/running/ends.h"
#include "graph/running/environment.h"
#include "graph/running/ready.h"

namespace graph {

/// One row of a node call: the Context that the node sees, and what it has sent so far.
class Call final : public Context {
 public:
  Call(Environment& environment, const Ready& ready);

  Frame& frame() const { return *frame_; }
  int index() const { return node_; }
  std::vector<Value>& outputs() { return outputs_; }
  Outcome outcome() const { return outcome_; }
  void set_outcome(Outcome outcome) { outcome_ = outcome; }
  /// When it became ready to be called.
  Clock::time_point ready_since() const { return ready_since_; }
  /// No other call runs beside it.
  bool is_alone() const { return alone_; }
  /// It ran out of memory, and is to be made again.
  bool is_starved() const { return starved_; }
  void set_starved() { starved_ = true; }
  void set_instance(const Node& instance) { instance_ = &instance; }
  /// The same for a node with properties that links feed: kept as long as the call.
  void set_bound(std::shared_ptr<const Node> bound) {
    bound_ = std::move(bound);
    instance_ = bound_.get();
  }
  bool has_fed() const { return !spec_.fed.empty(); }
  /// What links feed to its properties, in the order of GraphNode::fed. All have come.
  std::vector<Value> fed() const;
  /// Whether links in `when` leave it on; nothing that comes switches it off.
  bool switched_on() const;
  void set_gathered(std::vector<Gathered> gathered, int port) {
    gathered_ = std::move(gathered);
    gather_port_ = port;
  }
  void set_completion(std::function<std::shared_ptr<Completion>()> defer) { defer_ = std::move(defer); }
  /// Drops what was sent, for another try.
  void clear() {
    outputs_.assign(outputs_.size(), Value());
    picks_.clear();
    rest_.clear();
  }
  /// Its picks count: it has ended well.
  void keep_picks() { add_picks(*frame_, std::exchange(picks_, {})); }
  /// Its device went on working after process() had returned.
  void note_device(Clock::duration time) { phase_times_.wait += time; }
  /// Does what the node left for when its device has ended.
  void do_rest() {
    for (const auto& rest : std::exchange(rest_, {})) rest();
  }
  Event event(Event::Kind kind) const { return environment_.event(kind, *frame_, node_); }
  /// False when a required input is absent, or what a link feeds to a property.
  bool complete() const;
  const Value& input(int port) const override;
  std::vector<Value> inputs(int port) const override;

  const Node& node() const override { return *instance_; }
  const std::string& node_id() const override;
  const Item& item() const override;
  int lane() const override { return frame_->item->lane; }
  Turn turn() const override { return frame_->turn; }
  const std::vector<int>& element() const override { return frame_->element; }
  std::vector<int> turns() const override;
  double window() const override;
  bool records() const override { return environment_.plan.recording().records[node_]; }
  bool cancelled() const override { return environment_.stop_at_once(); }
  void write_file(const std::string& name, std::span<const std::byte> bytes) override;
  std::string expand(const Pattern& pattern) const override;
  std::vector<std::string> choose_several(const std::string& name,
                                          const std::function<std::vector<std::string>()>& draw) override;
  void tell(const std::string& name, const std::string& text) override;
  std::vector<Text> recipe() const override;
  void warn(const std::string& text) override;
  void step(int i, int n) override;
  void scalar(const std::string& name, double value) override;
  void preview(const Value& value) override;
  void when_done(std::function<void()> rest) override { rest_.push_back(std::move(rest)); }
  std::shared_ptr<Completion> defer() override;

 protected:
  const Contract& contract() const override { return spec_.type->contract; }
  const std::vector<Gathered>& gathered(int port) const override;
  void output(int port, Value value) override { outputs_[port] = std::move(value); }
  bool output_wanted(int port) const override;
  Slot& own_slot() override;

 private:
  Scalar field_value(const Pattern& pattern, const std::string& field) const;
  std::string overrides_text(const Pattern& pattern) const;
  std::string id_text() const;

  Environment& environment_;
  Frame* const frame_;
  const int node_;
  const GraphNode& spec_;
  const Node* instance_ = nullptr;
  std::shared_ptr<const Node> bound_;
  Outcome outcome_ = Outcome::kDone;
  const Clock::time_point ready_since_;
  const bool alone_;
  bool starved_ = false;
  std::vector<Value> outputs_;
  std::vector<Pick> picks_;
  std::vector<Gathered> gathered_;
  int gather_port_ = -1;
  std::function<std::shared_ptr<Completion>()> defer_;
  std::vector<std::function<void()>> rest_;
  mutable std::optional<Item> item_;
  mutable std::vector<Value> detached_;  ///< by input: what is given without its history
};

}  // namespace graph
