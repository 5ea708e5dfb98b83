// SPDX-License-Identifier: MIT
#include "nodes/register.h"

#include "nodes/services.h"

// Declares the function at the end of a node type's .cpp, which takes what nodes share or does not, and calls it.
#define ADD_NODE(type, ...)                                                        \
  void register_##type(graph::Registry& registry);                                 \
  void register_##type(graph::Registry&, const std::shared_ptr<Services>& shared); \
  register_##type(registry __VA_OPT__(, ) __VA_ARGS__)

namespace nodes {

void register_all(graph::Registry& registry, std::shared_ptr<Services> services) {
  if (!services) services = std::make_shared<Services>();
  // One line for each node type; tests/nodes/register_test.cpp compares them with the files.
  ADD_NODE(add_noise);
  ADD_NODE(blend);
  ADD_NODE(collage);
  ADD_NODE(contact_sheet);
  ADD_NODE(draw_noise);
  ADD_NODE(draw_regions);
  ADD_NODE(fault);
  ADD_NODE(guide);
  ADD_NODE(lay_paper);
  ADD_NODE(load_image);
  ADD_NODE(load_tensor, services);
  ADD_NODE(match);
  ADD_NODE(noise, services);
  ADD_NODE(patch_bank, services);
  ADD_NODE(preview);
  ADD_NODE(projection_log);
  ADD_NODE(resize, services);
  ADD_NODE(save_image);
  ADD_NODE(save_metadata);
  ADD_NODE(save_tensor);
  ADD_NODE(schedule, services);
  ADD_NODE(scheduler_step);
  ADD_NODE(segment);
  ADD_NODE(stitch);
  ADD_NODE(text_encode, services);
  ADD_NODE(unet_predict, services);
  ADD_NODE(unet_step, services);
  ADD_NODE(vae_decode, services);
  ADD_NODE(vae_encode, services);
}

}  // namespace nodes

#undef ADD_NODE
