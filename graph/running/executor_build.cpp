// SPDX-License-Identifier: MIT
// The flow graph of a run: gates, outs, resources and the edges between them.
#include <algorithm>

#include "base/cores.h"
#include "graph/running/executor.h"

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

int Executor::resource_of(int node) {
  const NodeType* type = graph_.nodes[node].type;
  std::string name = type ? type->contract.resource() : "cpu";  // loops only count their turns
  if (name == kDevice && options_.gpu_is_cpu) name = "cpu";
  for (std::size_t i = 0; i < resources_.size(); ++i) {
    if (resources_[i]->name == name) return static_cast<int>(i);
  }
  const auto given = options_.limits.find(name);
  const int cores = options_.threads > 0 ? options_.threads : base::usable_cores();
  auto resource = std::make_unique<Resource>();
  resource->name = name;
  resource->limit = std::max(1, given != options_.limits.end() ? given->second : default_limit(name, cores));
  resource->ready.set_limit(resource->limit, asynchronous_);  // otherwise the threads that call are the limit
  resources_.push_back(std::move(resource));
  return static_cast<int>(resources_.size()) - 1;
}

void Executor::build() {
  nodes_.resize(graph_.nodes.size());
  regions_.resize(graph_.regions.size());
  for (const Region& region : graph_.regions) {
    int rank = 0;
    for (int n : region.nodes) {
      nodes_[n].resource = resource_of(n);
      nodes_[n].depth = ++rank;
    }
  }
  int threads = 0;
  for (const auto& resource : resources_) threads += resource->name == kDevice ? 0 : resource->limit;
  threads = std::max(threads, 2);
  // Threads that wait for a disk or a device come on top of the cores. Before the arena: TBB fixes its pool with the
  // first.
  using tbb::global_control;
  constexpr auto kParallelism = global_control::max_allowed_parallelism;
  parallelism_ = std::make_unique<global_control>(
      kParallelism, std::max<std::size_t>(threads, global_control::active_value(kParallelism)));
  arena_ = std::make_unique<tbb::task_arena>(threads);
  arena_->execute([this] { flow_ = std::make_unique<tbb::flow::graph>(); });
  build_resources();

  for (const Region& region : graph_.regions) {
    for (int n : region.nodes) {
      if (graph_.nodes[n].sort == GraphNode::Sort::kState) continue;
      nodes_[n].out = std::make_unique<Out>(*flow_);
      nodes_[n].gate = std::make_unique<Gate>(*flow_, tbb::flow::unlimited, [this, n](Frame* frame) noexcept {
        arrive(frame, n);
        return tbb::flow::continue_msg();
      });
      if (graph_.nodes[n].type) {
        const Contract& contract = graph_.nodes[n].type->contract;
        int batch = options_.max_batch > 0 ? std::min(options_.max_batch, contract.batch()) : contract.batch();
        if (contract.deferred()) batch = 1;  // each ends for itself
        resources_[nodes_[n].resource]->ready.add_node(n, batch, contract.concurrency());
      }
      // Behind a gathering node only its last item comes: nothing is shared there.
      const bool alone = plan_.after_gather(n) || plan_.groups(plan_.scope(n)) == plan_.items();
      if (region.loop < 0 && (graph_.nodes[n].gathers || !alone)) {
        shared_[n] = std::make_unique<Shared>();
      }
    }
  }
  for (std::size_t r = 0; r < regions_.size(); ++r) {
    regions_[r].start = std::make_unique<Out>(*flow_);
    regions_[r].end = std::make_unique<Gate>(*flow_, tbb::flow::unlimited, [this](Frame* frame) noexcept {
      if (frame->leaves.fetch_sub(1, std::memory_order_acq_rel) == 1) end_turn(frame);
      return tbb::flow::continue_msg();
    });
    for (int n : layout_.regions[r].starts) tbb::flow::make_edge(*regions_[r].start, *nodes_[n].gate);
    for (int n : layout_.regions[r].leaves) tbb::flow::make_edge(*nodes_[n].out, *regions_[r].end);
    const int state = graph_.regions[r].state;
    for (int n : graph_.regions[r].nodes) {
      if (n == state) continue;
      for (int successor : layout_.nodes[n].successors) tbb::flow::make_edge(*nodes_[n].out, *nodes_[successor].gate);
    }
  }
  admit_ = std::make_unique<LaneNode>(*flow_, tbb::flow::serial, [this](int lane) noexcept { admit(lane); });
}

void Executor::build_resources() {
  for (auto& owned : resources_) {
    Resource* resource = owned.get();
    resource->tickets = std::make_unique<TicketNode>(*flow_, resource->limit, [this, resource](Ticket) noexcept {
      work(*resource);
      return tbb::flow::continue_msg();
    });
    // What libraries keep for each thread that uses a device is large: such calls are made by few threads, always the
    // same.
    if (resource->name == kDevice)
      resource->submitters = std::make_unique<Submitters>(resource->limit, [this, resource]() noexcept {
        work(*resource);
        flow_->release_wait();
      });
    resource->land =
        std::make_unique<LandNode>(*flow_, tbb::flow::unlimited, [this, resource](Flight* flight) noexcept {
          land(*resource, flight);
          return tbb::flow::continue_msg();
        });
  }
}

void Executor::bind_taps() {
  environment_.taps.resize(graph_.nodes.size());
  for (const Tap& tap : options_.taps) {
    const std::size_t dot = tap.port.rfind('.');
    const int node = dot == std::string::npos ? -1 : graph_.find_node(tap.port.substr(0, dot));
    const std::string port = dot == std::string::npos ? "" : tap.port.substr(dot + 1);
    const auto found = node < 0 ? std::vector<std::string>::const_iterator()
                                : std::find(graph_.nodes[node].outs.begin(), graph_.nodes[node].outs.end(), port);
    if (node < 0 || found == graph_.nodes[node].outs.end()) {
      throw std::invalid_argument("tap '" + tap.port + "': no such output port (expected \"node.port\")");
    }
    auto& taps = environment_.taps[node];
    taps.resize(graph_.nodes[node].outs.size(), nullptr);
    taps[found - graph_.nodes[node].outs.begin()] = &tap;
  }
}

}  // namespace graph
