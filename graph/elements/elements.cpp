// SPDX-License-Identifier: MIT
#include "graph/elements.h"

namespace graph {

void add_column(Registry& registry);
void add_first(Registry& registry);
void add_follow(Registry& registry);
void add_text_grid(Registry& registry);
void add_value(Registry& registry);
void keep_scalars(Registry& registry);

void add_elements(Registry& registry) {
  add_column(registry);
  add_first(registry);
  add_follow(registry);
  add_text_grid(registry);
  add_value(registry);
  keep_scalars(registry);
}

}  // namespace graph
