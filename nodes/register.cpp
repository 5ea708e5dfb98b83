// SPDX-License-Identifier: MIT
#include "nodes/register.h"

#include "nodes/model_nodes.h"
#include "nodes/services.h"

namespace nodes {

using Shared = std::shared_ptr<Services>;

// One line per node type's .cpp of the other folders; tests/nodes/register_test.cpp compares.
void register_add_noise(graph::Registry& registry);
void register_blend(graph::Registry& registry);
void register_collage(graph::Registry& registry);
void register_draw_regions(graph::Registry& registry);
void register_guide(graph::Registry& registry);
void register_lay_paper(graph::Registry& registry);
void register_load_tensor(graph::Registry& registry, const Shared& services);
void register_match(graph::Registry& registry);
void register_noise(graph::Registry& registry, const Shared& services);
void register_patch_bank(graph::Registry& registry, const Shared& services);
void register_preview(graph::Registry& registry);
void register_projection_log(graph::Registry& registry);
void register_save_metadata(graph::Registry& registry);
void register_save_tensor(graph::Registry& registry);
void register_schedule(graph::Registry& registry, const Shared& services);
void register_scheduler_step(graph::Registry& registry);
void register_segment(graph::Registry& registry);
void register_text_encode(graph::Registry& registry, const Shared& services);
void register_unet_predict(graph::Registry& registry, const Shared& services);
void register_unet_step(graph::Registry& registry, const Shared& services);
void register_vae_decode(graph::Registry& registry, const Shared& services);
void register_vae_encode(graph::Registry& registry, const Shared& services);

void register_models(graph::Registry& registry, const Shared& services) {
  register_add_noise(registry);
  register_blend(registry);
  register_collage(registry);
  register_draw_regions(registry);
  register_guide(registry);
  register_lay_paper(registry);
  register_load_tensor(registry, services);
  register_match(registry);
  register_noise(registry, services);
  register_patch_bank(registry, services);
  register_preview(registry);
  register_projection_log(registry);
  register_save_metadata(registry);
  register_save_tensor(registry);
  register_schedule(registry, services);
  register_scheduler_step(registry);
  register_segment(registry);
  register_text_encode(registry, services);
  register_unet_predict(registry, services);
  register_unet_step(registry, services);
  register_vae_decode(registry, services);
  register_vae_encode(registry, services);
}

SideOf side_by(Shared services) {
  return [services = std::move(services)](const std::string& model) {
    return side_of(0, services->model({.model = model})->files());
  };
}

void register_all(graph::Registry& registry, Shared services) {
  if (!services) services = std::make_shared<Services>();
  register_pictures(registry, side_by(services));
  register_models(registry, services);
}

}  // namespace nodes
