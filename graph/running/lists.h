// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "graph/graph.h"
#include "graph/running/frame.h"

namespace graph {

/// The length of the lists that a body walks together. Throws std::runtime_error when they have several, with each and
/// where it comes from.
std::size_t common_length(const Region& body, const std::vector<Value>& lists);

/// Which element of how many.
struct ElementPlace {
  int index, count;
};
/// Puts into the frame what its head sends of an element: those of the lists, its index, how many there are. What
/// nobody reads is left out.
void set_element(const Layout& layout, const Region& body, const std::vector<Value>& lists, const ElementPlace& place,
                 Frame& frame);

}  // namespace graph
