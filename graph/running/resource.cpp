// SPDX-License-Identifier: MIT
#include "graph/running/resource.h"

namespace graph {

Resource::Resource(std::string resource_name, int most, bool device) : name(std::move(resource_name)), limit(most) {
  queue.set_limit(limit, device);
}

void Resource::open(tbb::flow::graph& flow, bool own_threads, std::function<void()> work) {
  flow_ = &flow;
  if (own_threads) {
    submitters_ = std::make_unique<Submitters>(limit, [this, work = std::move(work)] {
      work();
      flow_->release_wait();
    });
    return;
  }
  tickets_ = std::make_unique<TicketNode>(flow, limit, [work = std::move(work)](Ticket) noexcept {
    work();
    return tbb::flow::continue_msg();
  });
}

/// The run waits for a ticket given to threads that are not of the flow graph until its work is done.
void Resource::give_ticket() {
  if (!submitters_) {
    tickets_->try_put(Ticket{});
    return;
  }
  flow_->reserve_wait();
  submitters_->give_ticket();
}

}  // namespace graph
