// SPDX-License-Identifier: MIT
#pragma once

#include "graph/node.h"
#include "nodes/residency.h"

namespace nodes {

/// The network of a node's call, leased until its device is done with it: see lease(). The time until it is there is
/// noted in `cx`; in a batch any row's will do.
template <class N>
const N& leased(graph::Context& cx, const Network<N>& network) {
  const graph::PhaseTimer waiting = cx.timed(graph::Phase::kWait);
  const auto leases = std::make_shared<const Leases>(lease(network));
  cx.when_done([leases] {});
  return (*leases)[network];
}

}  // namespace nodes
