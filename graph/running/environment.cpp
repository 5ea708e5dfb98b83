// SPDX-License-Identifier: MIT
#include "graph/running/environment.h"

#include <algorithm>
#include <stdexcept>

#include "base/output_file.h"

namespace graph {
namespace {

/// Names of a run without end, which cannot all be kept.
constexpr std::size_t kNamesOfEndless = 4096;

std::vector<std::vector<const Tap*>> bind_taps(const Graph& graph, const std::vector<Tap>& taps) {
  std::vector<std::vector<const Tap*>> bound(graph.nodes.size());
  for (const Tap& tap : taps) {
    const std::size_t dot = tap.port.rfind('.');
    const int node = dot == std::string::npos ? -1 : graph.find_node(tap.port.substr(0, dot));
    const std::string port = dot == std::string::npos ? "" : tap.port.substr(dot + 1);
    const auto found = node < 0 ? std::vector<std::string>::const_iterator()
                                : std::find(graph.nodes[node].outs.begin(), graph.nodes[node].outs.end(), port);
    if (node < 0 || found == graph.nodes[node].outs.end()) {
      throw std::invalid_argument("tap '" + tap.port + "': no such output port (expected \"node.port\")");
    }
    bound[node].resize(graph.nodes[node].outs.size(), nullptr);
    bound[node][found - graph.nodes[node].outs.begin()] = &tap;
  }
  return bound;
}

}  // namespace

Environment::Environment(const Plan& run_plan, const RunOptions& run_options)
    : plan(run_plan),
      graph(run_plan.graph()),
      options(run_options),
      layout(run_plan),
      asynchronous(run_options.hooks != nullptr && run_options.hooks->asynchronous()),
      taps(bind_taps(graph, run_options.taps)),
      given_picks(run_options.picks) {}

Event Environment::event(Event::Kind kind, const Frame& frame, int node) const {
  Event event;
  event.kind = kind;
  event.item = frame.item->item + options.first_item;
  event.lane = frame.item->lane;
  event.node = node;
  event.turn = frame.turn.index;
  event.turns = frame.turn.count;
  event.element = frame.element;
  return event;
}

std::vector<int> Environment::turns_around(const Frame& turns) {
  std::vector<int> around;
  for (const Frame* at = turns.parent; at->parent != nullptr; at = at->parent) {
    if (!at->each) around.insert(around.begin(), at->turn.index);
  }
  return around;
}

std::int64_t Environment::first_item(const Frame& frame, int node) const {
  return plan.first_item(plan.scope(node), frame.item->item) + options.first_item;
}

const Value& Environment::given_as_it_is(const Frame& frame, int node, std::size_t in) const {
  const PortRef& link = graph.nodes[node].ins[in];
  const int fork = plan.recording().branch(node, in);
  const Frame* at = &frame;
  while (at->region != graph.nodes[link.node].region) at = at->parent;
  const int slot = layout.nodes[link.node].first_port + link.port;
  return fork < 0 || at->forks.empty() || at->forks[slot].empty() ? at->values[slot] : at->forks[slot][fork];
}

Value Environment::given(const Frame& frame, int node, std::size_t in) const {
  const Value& value = given_as_it_is(frame, node, in);
  return plan.recording().is_detached(node, in) ? value.detached() : value;
}

/// A value has two readers at most, of which one is a reader's alias: how two gradients are added makes no difference.
void Environment::branch(Frame& frame, int node, int port) const {
  const std::vector<int>& counts = plan.recording().forks[node];
  const int count = counts.empty() ? 0 : counts[port];
  const int slot = layout.nodes[node].first_port + port;
  if (count == 0 || frame.values[slot].empty()) return;
  std::vector<Value>& aliases = frame.forks[slot];
  aliases.clear();
  Value rest = frame.values[slot];
  for (; static_cast<int>(aliases.size()) + 1 < count; rest = rest.alias()) aliases.push_back(rest.alias());
  aliases.push_back(rest);
}

void Environment::fail(Frame& frame, int node, const std::string& what) const {
  fail(frame, {node, frame.element, what.empty() ? "failed without saying why" : what});
}

void Environment::fail(Frame& frame, const Failing& failing) const {
  ItemRun& item = *frame.item;
  frame.failed = true;
  if (Frame* const around = frame.each_frame) return around->each->fail(around->element.back(), failing);
  {
    const base::MutexLock lock(item.mutex);
    const bool first = item.error_node < 0;
    if (first) {
      item.error = failing.what;
      item.error_node = failing.node;
      item.error_element = failing.element;
    }
    (layout.after_gather[failing.node] ? item.failed_after : item.failed) = true;
    if (!first) return;
  }
  Event error = event(Event::kError, frame, failing.node);
  error.text = failing.what;
  error.element = failing.element;
  post(std::move(error));
}

std::string Environment::shared_error(const Frame& frame, int node) const {
  ItemRun& item = *frame.item;
  const base::MutexLock lock(item.mutex);
  if (item.error.find(" (shared with item ") != std::string::npos) return item.error;
  const bool inside = item.error_node >= 0 && item.error_node != node;
  return (inside ? "'" + graph.place_of(item.error_node, item.error_element) + "': " : std::string()) + item.error +
         " (shared with item " + std::to_string(item.item + options.first_item) + ")";
}

void Environment::note_ran(const Frame& frame, int node) const {
  if (frame.region != 0) return;
  const std::vector<int>& inside = layout.sinks_inside(node);
  const bool sink = layout.nodes[node].sink;
  if (!sink && inside.empty()) return;
  const base::MutexLock lock(frame.item->mutex);
  std::vector<int>& ran = frame.item->ran;
  if (sink) ran.push_back(node);
  ran.insert(ran.end(), inside.begin(), inside.end());
}

bool Environment::dead(const Frame& frame, int node) const {
  if (frame.item->cancelled || (layout.after_gather[node] ? frame.item->failed_after : frame.item->failed)) return true;
  for (const Frame* at = frame.each_frame; at != nullptr; at = at->parent->each_frame) {
    if (at->each->dead(at->element.back())) return true;
  }
  return false;
}

bool Environment::needed(const Frame& frame, int node) const {
  return frame.region != 0 || !frame.item->needed || (*frame.item->needed)[node];
}

void Environment::claim_file(const std::string& name) {
  const base::MutexLock lock(files_mutex_);
  const std::size_t hash = std::hash<std::string>()(base::file_key(name));
  if (!files_.insert(hash).second) {
    throw std::runtime_error("'" + name +
                             "' was written already in this run, or a name that some file systems take for the same; "
                             "give each its own name ({item}, {node}, …)");
  }
  if (!plan.endless()) return;
  last_files_.push_back(hash);
  if (last_files_.size() <= kNamesOfEndless) return;
  files_.erase(last_files_.front());
  last_files_.pop_front();
}

void Environment::release_file(const std::string& name) {
  const base::MutexLock lock(files_mutex_);
  const std::size_t hash = std::hash<std::string>()(base::file_key(name));
  files_.erase(hash);
  if (plan.endless()) std::erase(last_files_, hash);
}

}  // namespace graph
