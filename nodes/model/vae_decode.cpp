// SPDX-License-Identifier: MIT
/// vae-decode: latents → picture, or rendering.
///
/// Batches  pictures of one size share a call of the network
/// Errors   latents that are not numbers; another number of channels than the autoencoder has
/// Source   Rombach et al. 2022, section 3.1
#include <algorithm>

#include "graph/registry.h"
#include "nodes/call_leases.h"
#include "nodes/model_properties.h"
#include "nodes/picture_tensors.h"
#include "nodes/services.h"
#include "tensors/device.h"

namespace nodes {
namespace {

class VaeDecode final : public graph::Node {
 public:
  static constexpr graph::In<Latents> kLatents{"latents", "(1,C,h,w) f32"};
  static constexpr graph::Out<Image> kImage{"image", "(8h,8w,3) f32 RGB in [0,1]"};
  static constexpr graph::Out<Rendering> kRendering{"rendering", "(1,3,8h,8w) f32 RGB, not cut off at 0 and 1"};
  static constexpr graph::Prop<bool> kOnCpu{
      .name = "on_cpu",
      .help = "decode on the CPU, in float32, while a GPU goes on with what comes next",
      .value = false,
      .feedable = false};
  static constexpr graph::Prop<std::string> kTileNorms{
      .name = "tile_norms",
      .help =
          "in tiles: by the whole picture, with what has small maps not cut at all, so that no tile is seen, for up "
          "to twice the time; or by each tile alone, as in diffusers",
      .value = "picture",
      .choices = "picture|tile"};
  static graph::Contract contract() {
    return graph::Contract("vae-decode", "Decodes latents into a picture.", kLatents, kImage, kRendering, kModel, kVae,
                           kTile, kTileNorms, kOnCpu)
        .family("model")
        .resource("gpu")
        .batch(4)
        .differentiable()
        .example("image: {type: vae-decode, model: $model, in: {latents: denoise.latents}}");
  }

  VaeDecode(const graph::Props& props, const std::shared_ptr<Services>& services)
      : services_(services),
        name_{.model = props.get(kModel).text, .vae = props.get(kVae).text, .on_cpu = props.get(kOnCpu)},
        tile_(props.get(kTile)),
        norms_(props.get(kTileNorms) == "tile" ? models::Tiling::Norms::kTile : models::Tiling::Norms::kPicture) {}

  void open() override { vae_ = services_->vae(name_); }

  std::string batch_key(const graph::Context& cx) const override { return c10::str(cx.get(kLatents).tensor.sizes()); }

  void foresee(graph::Outlook& outlook) const override { outlook.out(kImage, outlook.in(kLatents)); }

  void process_batch(std::span<graph::Context* const> contexts) const override {
    const models::Autoencoder& vae = leased(*contexts.front(), vae_);
    std::vector<at::Tensor> rows;
    for (const graph::Context* cx : contexts) {
      rows.push_back(name_.on_cpu ? cx->get(kLatents).host() : cx->get(kLatents).tensor);
      if (rows.back().size(0) != 1)
        throw std::runtime_error("latents of " + std::to_string(rows.back().size(0)) +
                                 " pictures; decode them one by one");
    }
    const at::Tensor latents = at::cat(rows);
    const at::Tensor finite = tensors::to_host_later(latents.isfinite().flatten(1).all(1));
    const models::Tiling tiling{.latent_side = tile_ / vae.factor(), .norms = norms_};
    const at::Tensor images = vae.decode(latents.to(vae.dtype()), tiling).to(at::kFloat) / 2 + 0.5;
    for (std::size_t i = 0; i < contexts.size(); ++i) {
      const auto row = static_cast<std::int64_t>(i);
      if (contexts[i]->wanted(kRendering)) contexts[i]->send(kRendering, Rendering{images.narrow(0, row, 1)});
      if (!contexts[i]->wanted(kImage)) continue;
      contexts[i]->when_done([cx = contexts[i], picture = to_image_later(images, row), finite, row] {
        if (!finite[row].item<bool>()) throw std::runtime_error("the latents are not numbers (NaN or infinite)");
        const graph::PhaseTimer copying = cx->timed(graph::Phase::kCopy);
        cx->send(kImage, picture());
      });
    }
  }

 private:
  const std::shared_ptr<Services> services_;
  const Services::ModelName name_;
  const int tile_;
  const models::Tiling::Norms norms_;
  Network<models::Autoencoder> vae_;
};

}  // namespace

void register_vae_decode(graph::Registry& registry, const std::shared_ptr<Services>& services) {
  registry.add<VaeDecode>(services);
}

}  // namespace nodes
