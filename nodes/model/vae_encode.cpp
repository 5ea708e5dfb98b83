// SPDX-License-Identifier: MIT
/// vae-encode: picture or rendering → latents, times the autoencoder's scaling factor.
///
/// Errors   a picture with a side below 8. Sides that are not multiples of 8 are cut down to one, on the right and at
///          the bottom
/// Source   Rombach et al. 2022, section 3.1; Kingma and Welling 2014
#include "graph/registry.h"
#include "nodes/call_leases.h"
#include "nodes/draws.h"
#include "nodes/model_properties.h"
#include "nodes/noise_draws.h"
#include "nodes/picture_tensors.h"
#include "nodes/services.h"

namespace nodes {
namespace {

class VaeEncode final : public graph::Node {
 public:
  static constexpr graph::In<Image> kImage{"image", "(H,W,3) f32 RGB in [0,1]"};
  static constexpr graph::In<Rendering> kRendering{"rendering",
                                                   "(B,3,H,W) f32 RGB in [0,1], through which gradients go"};
  static constexpr graph::In<tensors::Generator> kGeneratorIn{"generator", "to draw from, in the place of the seed",
                                                              true};
  static constexpr graph::In<Streams> kStreamsIn{"streams", "likewise, in the place of both", true};
  static constexpr graph::Out<Latents> kLatents{"latents", "(1 or B,C,H/8,W/8) f32"};
  static constexpr graph::Out<tensors::Generator> kGenerator{"generator", "advanced by what was drawn"};
  static constexpr graph::Out<Streams> kStreams{"streams", "behind what was drawn from them; none where none came"};
  static constexpr graph::Prop<std::string> kMode{.name = "mode",
                                                  .help = "of what the encoder says: a random sample or the mean",
                                                  .value = "sample",
                                                  .choices = "sample|mean"};
  static constexpr graph::Prop<std::int64_t> kSeed{
      .name = "seed", .help = "of the generator, where none is linked", .value = 0};
  static graph::Contract contract() {
    return graph::Contract("vae-encode", "Encodes a picture into latents.", kImage, kRendering, kGeneratorIn,
                           kStreamsIn, kLatents, kGenerator, kStreams, kModel, kVae, kMode, kSeed, kTile)
        .family("model")
        .resource("gpu")
        .either(kImage, kRendering)
        .differentiable()
        .example("start: {type: vae-encode, model: $model, seed: $seed, in: {image: photo.image}}");
  }

  VaeEncode(const graph::Props& props, const std::shared_ptr<Services>& services)
      : services_(services),
        name_{.model = props.get(kModel).text, .vae = props.get(kVae).text},
        sample_(props.get(kMode) == "sample"),
        seed_(props.get(kSeed)),
        tile_(props.get(kTile)) {}

  void open() override { vae_ = services_->vae(name_); }

  void foresee(graph::Outlook& outlook) const override {
    graph::Extent extent = outlook.in(kImage);
    if (extent.empty()) extent = outlook.in(kRendering);
    for (std::int64_t& side : extent) side -= side % 8;
    outlook.out(kLatents, std::move(extent));
  }

  void process(graph::Context& cx) const override {
    const models::Autoencoder& vae = leased(cx, vae_);
    const at::Tensor image = on_device(cx, vae.dtype()) * 2 - 1;
    const models::Posterior posterior = vae.encode(image, {tile_ / vae.factor()});
    const tensors::Generator* linked = cx.find(kGeneratorIn);
    tensors::Generator own = linked != nullptr ? *linked : tensors::Generator(seed_);
    const Streams* streams = cx.find(kStreamsIn);
    std::optional<Draws> draws;
    if (streams != nullptr) draws.emplace(cx, streams, seed_);
    cx.send(kLatents, Latents{latents_of(posterior, draws && sample_ ? draws->torch() : own).to(at::kFloat)});
    cx.send(kGenerator, std::move(own));
    if (draws) cx.send(kStreams, draws->rest());
  }

 private:
  at::Tensor latents_of(const models::Posterior& posterior, tensors::Generator& generator) const {
    if (!sample_) return posterior.mean;
    const at::Tensor drawn = draw_from(generator, posterior.mean.device())(posterior.mean.sizes());
    return posterior.sample(drawn.to(posterior.mean.scalar_type()));
  }

  at::Tensor on_device(graph::Context& cx, at::ScalarType dtype) const {
    if (const Rendering* rendering = cx.find(kRendering)) return rendering->tensor.to(dtype);
    const graph::PhaseTimer copying = cx.timed(graph::Phase::kCopy);
    return to_tensor(cx.get(kImage)).to(services_->device(), dtype);
  }

  const std::shared_ptr<Services> services_;
  const Services::ModelName name_;
  const bool sample_;
  const std::int64_t seed_;
  const int tile_;
  Network<models::Autoencoder> vae_;
};

}  // namespace

void register_vae_encode(graph::Registry& registry, const std::shared_ptr<Services>& services) {
  registry.add<VaeEncode>(services);
}

}  // namespace nodes
