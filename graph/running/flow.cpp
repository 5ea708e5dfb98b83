// SPDX-License-Identifier: MIT
#include "graph/running/flow.h"

#include <algorithm>

#include "base/cores.h"

namespace graph {
namespace {

/// The resource whose calls are made by threads of their own.
constexpr const char* kDevice = "gpu";

/// Of a resource that the run sets no limit for.
int default_limit(const std::string& name, int cores) {
  if (name == "cpu") return cores;
  if (name == "io") return 4;
  if (name == kDevice) return 2;  // one that the device works on, and the next, so that it never waits
  return 1;
}

}  // namespace

Flow::Flow(const Environment& environment, Bodies& bodies)
    : environment_(environment),
      bodies_(bodies),
      nodes_(environment.graph.nodes.size()),
      regions_(environment.graph.regions.size()) {
  choose_resources();
  open_arena();
  open_resources();
  const int regions = static_cast<int>(regions_.size());
  for (const Region& region : environment_.graph.regions) {
    for (int n : region.nodes) add_node(n);
  }
  for (int r = 0; r < regions; ++r) add_region(r);
  for (int r = 0; r < regions; ++r) add_edges(r);
  admit_ = std::make_unique<tbb::flow::function_node<int>>(*flow_, tbb::flow::serial, [this](int lane) noexcept {
    bodies_.admit(lane);
    return tbb::flow::continue_msg();
  });
  land_ = std::make_unique<tbb::flow::function_node<Flight*>>(*flow_, tbb::flow::unlimited, [this](Flight* f) noexcept {
    bodies_.land(*f);
    return tbb::flow::continue_msg();
  });
}

int Flow::find_resource(int node) {
  const RunOptions& options = environment_.options;
  const NodeType* type = environment_.graph.nodes[node].type;
  std::string name = type ? type->contract.resource() : "cpu";  // loops only count their turns
  if (name == kDevice && options.gpu_is_cpu) name = "cpu";
  for (std::size_t i = 0; i < resources_.size(); ++i) {
    if (resources_[i]->name == name) return static_cast<int>(i);
  }
  const auto given = options.limits.find(name);
  const int cores = options.threads > 0 ? options.threads : base::usable_cores();
  const int limit = std::max(1, given != options.limits.end() ? given->second : default_limit(name, cores));
  // Where no call outlasts process(), the threads that call are the limit.
  resources_.push_back(std::make_unique<Resource>(name, limit, environment_.asynchronous));
  return static_cast<int>(resources_.size()) - 1;
}

void Flow::choose_resources() {
  for (const Region& region : environment_.graph.regions) {
    for (int n : region.nodes) nodes_[n].resource = find_resource(n);
  }
  rank_region(0, 0);
  for (int r = 0; r < static_cast<int>(regions_.size()); ++r) widths_.push_back(find_width(r));
}

/// Numbers the nodes, those of a body before what comes after it. The last number.
int Flow::rank_region(int region, int rank) {
  for (int n : environment_.graph.regions[region].nodes) {
    if (environment_.graph.nodes[n].body >= 0) rank = rank_region(environment_.graph.nodes[n].body, rank);
    nodes_[n].depth = ++rank;
  }
  return rank;
}

int Flow::find_width(int region) const {
  int width = 0, cores = base::usable_cores();
  for (int n : environment_.graph.regions[region].nodes) {
    const Resource& resource = *resources_[nodes_[n].resource];
    if (const int batch = batch_of(n); batch > 1) width = std::max(width, batch * resource.limit);
    if (environment_.graph.nodes[n].body >= 0) width = std::max(width, find_width(environment_.graph.nodes[n].body));
    if (resource.name == "cpu") cores = resource.limit;
  }
  return std::max(width, cores);
}

int Flow::batch_of(int node) const {
  const NodeType* const type = environment_.graph.nodes[node].type;
  if (!type || type->contract.deferred()) return 1;           // what defers ends for itself
  if (environment_.plan.recording().records[node]) return 1;  // a history is one item's
  const int most = environment_.options.max_batch;
  return most > 0 ? std::min(most, type->contract.batch()) : type->contract.batch();
}

namespace {
thread_local Flow::Hold* held = nullptr;
thread_local Flow::Worker* worker = nullptr;
}  // namespace

Flow::Worker::Worker(const Resource& resource) : resource_(resource), around_(worker) {
  worker = this;
}

Flow::Worker::~Worker() {
  worker = around_;
}

void Flow::note_time(Clock::time_point now) {
  if (worker) worker->now_ = now;
}

void Flow::give_ticket(Resource& resource) {
  if (worker && &worker->resource_ == &resource && !worker->kept_) worker->kept_ = true;
  else resource.give_ticket();
}

Flow::Hold::Hold(Flow& flow) : flow_(held ? nullptr : &flow) {
  if (!flow_) return;
  tickets_.assign(flow.resources_.size(), 0);
  held = this;
}

Flow::Hold::~Hold() {
  if (!flow_) return;
  held = nullptr;
  for (std::size_t r = 0; r < tickets_.size(); ++r) {
    for (int ticket = 0; ticket < tickets_[r]; ++ticket) give_ticket(*flow_->resources_[r]);
  }
}

void Flow::push(Frame* frame, int node) {
  const int resource = nodes_[node].resource;
  resources_[resource]->queue.push(ready(frame, node));
  if (held) ++held->tickets_[resource];
  else give_ticket(*resources_[resource]);
}

/// Threads that wait for a disk or a device come on top of the cores. Before the arena: TBB fixes its pool with the
/// first.
void Flow::open_arena() {
  int threads = 0;
  for (const auto& resource : resources_) threads += resource->name == kDevice ? 0 : resource->limit;
  threads = std::max(std::min(threads, base::most_threads()), 2);
  using tbb::global_control;
  constexpr auto kParallelism = global_control::max_allowed_parallelism;
  parallelism_ = std::make_unique<global_control>(
      kParallelism, std::min<std::size_t>(std::max<std::size_t>(threads, global_control::active_value(kParallelism)),
                                          static_cast<std::size_t>(base::most_threads())));
  arena_ = std::make_unique<tbb::task_arena>(threads);
  arena_->execute([this] { flow_ = std::make_unique<tbb::flow::graph>(); });
}

void Flow::open_resources() {
  for (const auto& owned : resources_) {
    owned->open(*flow_, owned->name == kDevice, [this, resource = owned.get()] { bodies_.work(*resource); });
  }
}

void Flow::add_node(int node) {
  const GraphNode& spec = environment_.graph.nodes[node];
  if (spec.sort == GraphNode::Sort::kHead) return;
  nodes_[node].out = std::make_unique<Out>(*flow_);
  const int local = environment_.layout.nodes[node].local;
  nodes_[node].gate = std::make_unique<Gate>(*flow_, tbb::flow::unlimited, [this, node, local](Frame* frame) noexcept {
    if (frame->arrivals[local].fetch_sub(1, std::memory_order_acq_rel) == 1 && !bodies_.pass_by(frame, node))
      push(frame, node);
    return tbb::flow::continue_msg();
  });
  if (!spec.type) return;
  resource_of(node).queue.add_node(node, batch_of(node), spec.type->contract.concurrency());
}

void Flow::add_region(int region) {
  regions_[region].start = std::make_unique<Out>(*flow_);
  regions_[region].end = std::make_unique<Gate>(*flow_, tbb::flow::unlimited, [this](Frame* frame) noexcept {
    if (frame->leaves.fetch_sub(1, std::memory_order_acq_rel) == 1) bodies_.end_pass(frame);
    return tbb::flow::continue_msg();
  });
}

void Flow::add_edges(int region) {
  const Layout& layout = environment_.layout;
  for (int n : layout.regions[region].starts) tbb::flow::make_edge(*regions_[region].start, *nodes_[n].gate);
  for (int n : layout.regions[region].leaves) tbb::flow::make_edge(*nodes_[n].out, *regions_[region].end);
  for (int n : environment_.graph.regions[region].nodes) {
    if (n == environment_.graph.regions[region].head) continue;
    for (int successor : layout.nodes[n].successors) tbb::flow::make_edge(*nodes_[n].out, *nodes_[successor].gate);
  }
}

void Flow::run(int lanes) {
  arena_->execute([this, lanes] {
    for (int lane = 0; lane < lanes; ++lane) free_lane(lane);
    flow_->wait_for_all();
  });
}

Ready Flow::ready(Frame* frame, int node) const {
  const bool known = worker && worker->now_ != Clock::time_point();
  return {frame->item->order, nodes_[node].depth, node, frame, known ? worker->now_ : Clock::now()};
}

void Flow::hand_over(Flight& flight) {
  flow_->reserve_wait();
  flight.hand_over([this, &flight] {
    land_->try_put(&flight);
    flow_->release_wait();
  });
}

}  // namespace graph
