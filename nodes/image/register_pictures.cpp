// SPDX-License-Identifier: MIT
#include "nodes/register.h"

namespace nodes {

// One line per node type's .cpp of the folders image and testing; tests/nodes/register_test.cpp compares.
void register_contact_sheet(graph::Registry& registry);
void register_draw_noise(graph::Registry& registry);
void register_fault(graph::Registry& registry);
void register_load_image(graph::Registry& registry);
void register_resize(graph::Registry& registry, const SideOf& side_of);
void register_save_image(graph::Registry& registry);
void register_stitch(graph::Registry& registry);

void register_pictures(graph::Registry& registry, const SideOf& side_of) {
  register_contact_sheet(registry);
  register_draw_noise(registry);
  register_fault(registry);
  register_load_image(registry);
  register_resize(registry, side_of);
  register_save_image(registry);
  register_stitch(registry);
}

}  // namespace nodes
