// SPDX-License-Identifier: MIT
/// vae-decode: latents → picture.
///
/// Ports    latents in (1,C,h,w) f32; image out (8h,8w,3) f32 RGB in [0,1]
/// Props    model, vae; tile: pictures with a longer side are decoded in overlapping tiles, which bounds memory
/// Errors   latents that are no numbers; another number of channels than the autoencoder has
/// Source   Rombach et al. 2022, section 3.1
/// YAML     image: {type: vae-decode, model: $model, in: {latents: denoise.latents}}
#include <algorithm>

#include "graph/registry.h"
#include "nodes/model_nodes.h"

namespace nodes {
namespace {

class VaeDecode final : public graph::Node {
 public:
  static constexpr graph::In<Latents> kLatents{"latents", "(1,C,h,w) f32"};
  static constexpr graph::Out<Image> kImage{"image", "(8h,8w,3) f32 RGB in [0,1]"};
  static graph::Contract contract() {
    return graph::Contract("vae-decode", "Decodes latents into a picture.", kLatents, kImage, kModel, kVae, kTile)
        .family("model")
        .example("image: {type: vae-decode, model: $model, in: {latents: denoise.latents}}");
  }

  VaeDecode(const graph::Props& props, const std::shared_ptr<Services>& services)
      : services_(services),
        name_{.model = props.get(kModel).text, .vae = props.get(kVae).text},
        tile_(props.get(kTile)) {}

  void open() override {
    model_ = services_->model(name_);
    model_->vae();
  }

  void process(graph::Context& cx) const override {
    const at::Tensor& latents = cx.get(kLatents).tensor;
    if (latents.size(0) != 1)
      throw std::runtime_error("latents of " + std::to_string(latents.size(0)) + " pictures; decode them one by one");
    if (!latents.isfinite().all().item<bool>())
      throw std::runtime_error("the latents are not numbers (NaN or infinite)");
    const models::Autoencoder& vae = model_->vae();
    const at::Tensor image = vae.decode(latents.to(dtype_of(vae)), {tile_ / vae.factor()});
    cx.send(kImage, to_image(image.to(at::kFloat) / 2 + 0.5));
  }

 private:
  const std::shared_ptr<Services> services_;
  const Services::ModelName name_;
  const int tile_;
  std::shared_ptr<models::Model> model_;
};

}  // namespace

void register_vae_decode(graph::Registry& registry, const std::shared_ptr<Services>& services) {
  registry.add<VaeDecode>(services);
}

}  // namespace nodes
