// SPDX-License-Identifier: MIT
#include "nodes/add_node.h"
#include "nodes/register.h"

namespace nodes {

// One line for each node type of the families image and testing; tests/nodes/register_test.cpp compares.
void register_pictures(graph::Registry& registry, const SideOf& side_of) {
  ADD_NODE(box_mask);
  ADD_NODE(canny);
  ADD_NODE(contact_sheet);
  ADD_NODE(crop);
  ADD_NODE(crop_region, side_of);
  ADD_NODE(draw_noise);
  ADD_NODE(fault);
  ADD_NODE(image_grid);
  ADD_NODE(load_image);
  ADD_NODE(load_mask);
  ADD_NODE(paste);
  ADD_NODE(resize, side_of);
  ADD_NODE(save_image);
  ADD_NODE(shape_mask);
  ADD_NODE(stitch);
}

}  // namespace nodes
