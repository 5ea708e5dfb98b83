// SPDX-License-Identifier: MIT
#include "nodes/register.h"

#include "graph/elements.h"
#include "nodes/add_node.h"
#include "nodes/keepers.h"
#include "nodes/services.h"
#include "nodes/sides.h"

namespace nodes {

// One line for each node type of the other families; tests/nodes/register_test.cpp compares.
void register_models(graph::Registry& registry, const std::shared_ptr<Services>& services) {
  keep_values(registry, [services] { return services->device(); });
  ADD_NODE(adamw);
  ADD_NODE(add_noise);
  ADD_NODE(attend, services);
  ADD_NODE(attend_layers, services);
  ADD_NODE(blend);
  ADD_NODE(collage);
  ADD_NODE(compose_layers);
  ADD_NODE(controlnet, services);
  ADD_NODE(crop_latents);
  ADD_NODE(denoising_loss);
  ADD_NODE(draw_regions);
  ADD_NODE(find_token, services);
  ADD_NODE(guide);
  ADD_NODE(hold_layers);
  ADD_NODE(hold_mask);
  ADD_NODE(hold_region);
  ADD_NODE(inpaint_start, services);
  ADD_NODE(insert_tokens, services);
  ADD_NODE(jitter_colours);
  ADD_NODE(keep_token);
  ADD_NODE(lay_paper);
  ADD_NODE(layer);
  ADD_NODE(layer_hint);
  ADD_NODE(layer_labels);
  ADD_NODE(layer_map);
  ADD_NODE(load_canvas);
  ADD_NODE(load_collage, services);
  ADD_NODE(load_grid, services);
  ADD_NODE(load_tensor, services);
  ADD_NODE(load_token, services);
  ADD_NODE(match);
  ADD_NODE(mix_predictions);
  ADD_NODE(noise, services);
  ADD_NODE(noise_latents);
  ADD_NODE(optimise);
  ADD_NODE(patch_bank, services);
  ADD_NODE(pick);
  ADD_NODE(place_layer);
  ADD_NODE(preview);
  ADD_NODE(projection_log);
  ADD_NODE(random_streams);
  ADD_NODE(region);
  ADD_NODE(region_noise);
  ADD_NODE(repeat_token);
  ADD_NODE(sample_timestep);
  ADD_NODE(save_metadata);
  ADD_NODE(save_tensor);
  ADD_NODE(save_token);
  ADD_NODE(scale_start);
  ADD_NODE(schedule, services);
  ADD_NODE(scheduler_step);
  ADD_NODE(segment);
  ADD_NODE(settle_regions);
  ADD_NODE(sgd);
  ADD_NODE(squared_error);
  ADD_NODE(start_token, services);
  ADD_NODE(template_text);
  ADD_NODE(text_encode, services);
  ADD_NODE(to_rendering, services);
  ADD_NODE(unet_predict, services);
  ADD_NODE(unet_step, services);
  ADD_NODE(vae_decode, services);
  ADD_NODE(vae_encode, services);
}

SideOf side_by(std::shared_ptr<Services> services) {
  return [services = std::move(services)](const std::string& model) {
    return side_of(0, services->model({.model = model})->files());
  };
}

void register_all(graph::Registry& registry, std::shared_ptr<Services> services) {
  if (!services) services = std::make_shared<Services>();
  graph::add_elements(registry);
  register_pictures(registry, side_by(services));
  register_models(registry, services);
}

}  // namespace nodes
