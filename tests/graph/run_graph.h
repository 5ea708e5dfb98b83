// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "graph/load.h"
#include "graph/run.h"
#include "tests/graph/fake_nodes.h"

/// Runs graphs written as text on the fake nodes, and keeps what their ports send.
namespace fake {

inline graph::Plan plan_of(const std::string& yaml, const std::vector<graph::Assignment>& assignments = {},
                           const graph::Registry& known = registry()) {
  return graph::Plan(std::make_shared<const graph::Graph>(graph::check(graph::load_text(yaml), known)), assignments);
}

inline graph::Assignment ints(const std::string& name, std::int64_t first, std::int64_t last) {
  graph::Assignment assignment{name, {}, {"--" + name, 0, 0}};
  for (std::int64_t i = first; i <= last; ++i) assignment.values.emplace_back(i);
  return assignment;
}

inline graph::Assignment texts(const std::string& name, const std::vector<std::string>& values) {
  graph::Assignment assignment{name, {}, {"--" + name, 0, 0}};
  for (const std::string& value : values) assignment.values.emplace_back(value);
  return assignment;
}

/// What ports sent, by item: a list, as a loop's body sends once a turn.
class Seen {
 public:
  explicit Seen(const std::vector<std::string>& ports) : ports_(ports) {}

  void attach(graph::RunOptions& options) {
    for (const std::string& port : ports_) {
      options.taps.push_back({port, [this, port](const graph::Item& item, const graph::Value& value) {
                                const std::lock_guard lock(mutex_);
                                values_[port][item.index].push_back(value.as<std::int64_t>());
                              }});
    }
  }
  std::map<int, std::vector<std::int64_t>> at(const std::string& port) { return values_[port]; }
  std::int64_t last(const std::string& port, int item) { return values_.at(port).at(item).back(); }

 private:
  std::vector<std::string> ports_;
  std::mutex mutex_;
  std::map<std::string, std::map<int, std::vector<std::int64_t>>> values_;
};

/// A run on a few lanes.
inline graph::RunReport execute(const graph::Plan& plan, graph::RunOptions options = {}, Seen* seen = nullptr) {
  if (seen) seen->attach(options);
  if (options.lanes == 0) options.lanes = 3;
  return graph::run(plan, options);
}

/// Keeps the events of some kinds.
class Events final : public graph::BusObserver {
 public:
  explicit Events(unsigned kinds) : kinds_(kinds) {}
  unsigned wants() const override { return kinds_; }
  void observe(const graph::Event& event) override { list.push_back(event); }
  std::vector<graph::Event> of(graph::Event::Kind kind) const {
    std::vector<graph::Event> found;
    for (const graph::Event& event : list) {
      if (event.kind == kind) found.push_back(event);
    }
    return found;
  }
  std::vector<graph::Event> list;

 private:
  const unsigned kinds_;
};

}  // namespace fake
