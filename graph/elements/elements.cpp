// SPDX-License-Identifier: MIT
#include "graph/elements.h"

namespace graph {

void add_first(Registry& registry);
void add_value(Registry& registry);

void add_elements(Registry& registry) {
  add_first(registry);
  add_value(registry);
}

}  // namespace graph
