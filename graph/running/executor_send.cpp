// SPDX-License-Identifier: MIT
// A node has ended: what it sent is kept for its readers, and those that wait for it are told.
#include "graph/running/executor.h"

namespace graph {

void Executor::finish(Frame* frame, int node, std::vector<Value>& outputs, Outcome outcome) {
  if (outcome == Outcome::kDone) environment_.note_ran(*frame, node);
  loops_.pass(frame, node, outputs, outcome);
  const bool shares = shared_.has(node) && !environment_.graph.nodes[node].gathers;
  if (!shares) {
    store(frame, node, outputs, true);
    return send_on(frame, node);
  }
  if (!environment_.needed(*frame, node)) return send_on(frame, node);
  const std::vector<Frame*> waiting = shared_.finish(frame, node, outputs, outcome);
  store(frame, node, outputs, true);
  leave_group(frame, node);
  for (Frame* other : waiting) flow_.push(other, node);
}

/// The frame goes on from a node that it shares.
void Executor::leave_group(Frame* frame, int node) {
  shared_.leave(frame, node);
  send_on(frame, node);
}

/// `tapped`: what is read from outside is read now, and not by every item that shares it.
void Executor::store(Frame* frame, int node, std::vector<Value>& outputs, bool tapped) {
  const Layout::Region& region = environment_.layout.regions[frame->region];
  const std::vector<const Tap*>& taps = environment_.taps[node];
  for (std::size_t port = 0; port < outputs.size(); ++port) {
    if (outputs[port].empty()) continue;
    if (tapped && !taps.empty() && taps[port]) {
      try {
        const Plan& plan = environment_.plan;
        taps[port]->read(plan.describe(plan.scope(node) & frame->scope, frame->item->item), outputs[port].detached());
      } catch (const std::exception& e) {
        environment_.fail(*frame, node, "tap '" + taps[port]->port + "': " + e.what());
      }
    }
    const int slot = environment_.layout.nodes[node].first_port + static_cast<int>(port);
    if (region.readers[slot] == 0) continue;
    // Gradients go back into a call when all that came from what it sent is there, not part by part.
    const bool recorded = environment_.plan.recording().records[node];
    frame->values[slot] = recorded ? outputs[port].joined() : std::move(outputs[port]);
    environment_.branch(*frame, node, static_cast<int>(port));
  }
}

void Executor::release_reads(Frame* frame, int node) {
  for (int slot : environment_.layout.nodes[node].reads) {
    if (frame->readers[slot].fetch_sub(1, std::memory_order_acq_rel) == 1) frame->drop(slot);
  }
}

void Executor::send_on(Frame* frame, int node) {
  release_reads(frame, node);
  flow_.send_on(frame, node);
}

}  // namespace graph
