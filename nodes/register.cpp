// SPDX-License-Identifier: MIT
#include "nodes/register.h"

namespace nodes {

// One line per .cpp of this folder; tests/nodes/register_test.cpp compares.
void register_contact_sheet(graph::Registry& registry);
void register_draw_noise(graph::Registry& registry);
void register_lay_paper(graph::Registry& registry);
void register_load_image(graph::Registry& registry);
void register_resize(graph::Registry& registry);
void register_save_image(graph::Registry& registry);

void register_all(graph::Registry& registry) {
  register_contact_sheet(registry);
  register_draw_noise(registry);
  register_lay_paper(registry);
  register_load_image(registry);
  register_resize(registry);
  register_save_image(registry);
}

}  // namespace nodes
