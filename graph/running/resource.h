// SPDX-License-Identifier: MIT
#pragma once

#include <oneapi/tbb/flow_graph.h>

#include <functional>
#include <memory>
#include <string>

#include "graph/running/ready.h"
#include "graph/running/submitters.h"

namespace graph {

/// What a call occupies while it goes on ("cpu", "io", "gpu" …): what is ready for it, and who makes its calls, at most
/// `limit` at a time. Thread-safe after open().
class Resource {
 public:
  /// `device`: calls may go on when those who make them are free for others.
  Resource(std::string name, int limit, bool device);

  /// `work` is done once for each ticket, and must not throw. By threads of the flow graph, or by a few of its own
  /// where what libraries keep for each thread that uses a device is large.
  void open(tbb::flow::graph& flow, bool own_threads, std::function<void()> work);
  void give_ticket();

  const std::string name;
  const int limit;
  ReadyQueue queue;

 private:
  struct Ticket {};
  using TicketNode = tbb::flow::function_node<Ticket>;

  tbb::flow::graph* flow_ = nullptr;
  std::unique_ptr<TicketNode> tickets_;
  std::unique_ptr<Submitters> submitters_;  ///< in the place of `tickets_`
};

}  // namespace graph
