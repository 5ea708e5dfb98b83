// SPDX-License-Identifier: MIT
/// inpaint-start: the latents that an inpainting begins with, and what it needs on its way: for models that know
/// latents alone the picture's latents and the noise, for hold-mask; for inpainting models mask and masked picture, for
/// unet-step. What the model does not need is not sent, so that one graph serves both.
///
/// Draws    in diffusers' order: a sample of the picture's latents (an inpainting model: with a strength below 1
///          alone), the noise, a sample of the masked picture's. At a strength of 1 the latents are noise, without a
///          trace of the picture
/// Errors   a mask that is not of the picture's size, sides that are not multiples of 8, a model that takes something
///          else
/// Source   diffusers' StableDiffusionInpaintPipeline and its SDXL sibling, number for number
#include <optional>
#include <stdexcept>

#include "graph/registry.h"
#include "imaging/masks.h"
#include "nodes/call_leases.h"
#include "nodes/model_properties.h"
#include "nodes/noise_draws.h"
#include "nodes/picture_tensors.h"
#include "nodes/sampling/inpainting.h"
#include "nodes/services.h"
#include "nodes/sides.h"
#include "tensors/device.h"

namespace nodes {
namespace {

class InpaintStart final : public graph::Node {
 public:
  static constexpr graph::In<Image> kImage{"image", "(8h,8w,3) f32 RGB in [0,1]"};
  static constexpr graph::In<Mask> kMask{"mask", "(8h,8w) f32: from 0.5 on it is painted anew"};
  static constexpr graph::In<schedulers::Schedule> kSchedule{"schedule",
                                                             "N turns, of which the first says how much noise"};
  static constexpr graph::In<tensors::Generator> kGeneratorIn{"generator", "to draw from, in the place of the seed",
                                                              true};
  static constexpr graph::Out<Latents> kLatents{"latents", "(1,C,h,w) f32, noisy"};
  static constexpr graph::Out<Latents> kReference{"reference",
                                                  "(1,C,h,w) f32: the picture's, of models without a mask"};
  static constexpr graph::Out<Latents> kNoise{"noise", "(1,C,h,w) f32, standard normal, likewise"};
  static constexpr graph::Out<Latents> kMaskedOut{"masked",
                                                  "(1,1+C,h,w) f32: mask and masked picture, of inpainting models"};
  static constexpr graph::Out<tensors::Generator> kGenerator{"generator", "behind the numbers that were drawn"};
  static constexpr graph::Prop<std::int64_t> kSeed{
      .name = "seed", .help = "of the generator, where none is linked", .value = 0};
  static graph::Contract contract() {
    return graph::Contract("inpaint-start", "What an inpainting begins with.", kImage, kMask, kSchedule, kGeneratorIn,
                           kLatents, kReference, kNoise, kMaskedOut, kGenerator, kModel, kVae, kSeed, kTile)
        .family("sampling")
        .resource("gpu")
        .example(
            "start: {type: inpaint-start, model: $model, seed: $seed, "
            "in: {image: photo.image, mask: mask.mask, schedule: schedule.schedule}}");
  }

  InpaintStart(const graph::Props& props, const std::shared_ptr<Services>& services)
      : services_(services),
        name_{.model = props.get(kModel).text, .vae = props.get(kVae).text},
        seed_(props.get(kSeed)),
        tile_(props.get(kTile)) {}

  void open() override {
    masked_ = takes_masked(services_->model({.model = name_.model})->files());
    vae_ = services_->vae(name_);
  }

  void process(graph::Context& cx) const override {
    const models::Autoencoder& vae = leased(cx, vae_);
    const at::Tensor image = to_tensor(cx.get(kImage)).to(services_->device()) * 2 - 1;
    const Mask mask{imaging::hard_mask(cx.get(kMask).weights)};
    check_sizes(cx.get(kImage).pixels, mask.weights);
    if (cv::countNonZero(mask.weights) == 0) cx.warn("the mask covers nothing: there is nothing to paint");
    const schedulers::Schedule& schedule = cx.get(kSchedule);
    const bool whole = schedule.index(0) == 0;  // strength 1
    const tensors::Generator* linked = cx.find(kGeneratorIn);
    tensors::Generator generator = linked != nullptr ? *linked : tensors::Generator(seed_);
    at::Tensor reference;
    if (!masked_ || !whole) reference = sampled(vae, image, generator);
    const std::vector<std::int64_t> shape{1, vae.latent_channels(), image.size(2) / vae.factor(),
                                          image.size(3) / vae.factor()};
    const at::Tensor noise = draw_from(generator, services_->device())(shape);
    cx.send(kLatents, Latents{whole ? noise * schedule.init_noise_sigma() : add_noise(schedule, reference, noise)});
    if (masked_) {
      const at::Tensor kept = image * (to_tensor(mask) < 0.5).to(image.device());
      const at::Tensor cells = tensors::to_device(mask_at(mask, shape[2], shape[3]), services_->device());
      cx.send(kMaskedOut, Latents{at::cat({cells, sampled(vae, kept, generator)}, 1)});
    } else {
      generator.randn(shape);  // diffusers encodes the masked picture, too, and does not use it
      cx.send(kReference, Latents{reference});
      cx.send(kNoise, Latents{noise});
    }
    cx.send(kGenerator, std::move(generator));
  }

 private:
  static void check_sizes(const cv::Mat& image, const cv::Mat& mask) {
    check_side("the picture's width", image.cols);
    check_side("the picture's height", image.rows);
    if (image.size() != mask.size())
      throw std::runtime_error("the mask has " + std::to_string(mask.cols) + " x " + std::to_string(mask.rows) +
                               " px, and the picture " + std::to_string(image.cols) + " x " +
                               std::to_string(image.rows) + " px: bring it to that size (shape-mask)");
  }

  at::Tensor sampled(const models::Autoencoder& vae, const at::Tensor& image, tensors::Generator& generator) const {
    const models::Posterior posterior = vae.encode(image.to(vae.dtype()), {tile_ / vae.factor()});
    const at::Tensor noise = draw_from(generator, services_->device())(posterior.mean.sizes());
    return posterior.sample(noise.to(posterior.mean.scalar_type())).to(at::kFloat);
  }

  const std::shared_ptr<Services> services_;
  const Services::ModelName name_;
  const std::int64_t seed_;
  const int tile_;
  bool masked_ = false;
  Network<models::Autoencoder> vae_;
};

}  // namespace

void register_inpaint_start(graph::Registry& registry, const std::shared_ptr<Services>& services) {
  registry.add<InpaintStart>(services);
}

}  // namespace nodes
