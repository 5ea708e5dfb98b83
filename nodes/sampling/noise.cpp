// SPDX-License-Identifier: MIT
/// noise: standard normal latents from a seed, as diffusers draws them, times the schedule's initial sigma where one is
/// linked, as the first turn expects them.
///
/// Errors   a size that is not a multiple of 8, 0 without a model: refused when the node is opened
/// Source   Ho et al. 2020; torch's CPU generator, whatever the device, so that a seed is the same picture everywhere
#include <stdexcept>

#include "graph/registry.h"
#include "nodes/services.h"
#include "nodes/sides.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class Noise final : public graph::Node {
 public:
  static constexpr graph::In<schedulers::Schedule> kSchedule{"schedule", "N turns: multiplies with its initial sigma",
                                                             true};
  static constexpr graph::Out<Latents> kLatents{"latents", "(1,C,h,w) f32"};
  static constexpr graph::Out<tensors::Generator> kGenerator{"generator", "behind the numbers that were drawn"};
  static constexpr graph::Prop<std::int64_t> kSeed{.name = "seed", .help = "of the generator", .value = 0};
  static constexpr graph::Prop<int> kWidth{.name = "width",
                                           .help = "of the picture; a multiple of 8; 0: as the model is made for",
                                           .value = 1024,
                                           .min = 0,
                                           .max = 65536,
                                           .unit = "px"};
  static constexpr graph::Prop<int> kHeight{.name = "height",
                                            .help = "of the picture; a multiple of 8; 0: as the model is made for",
                                            .value = 1024,
                                            .min = 0,
                                            .max = 65536,
                                            .unit = "px"};
  static constexpr graph::Prop<graph::Path> kSizedFor{
      .name = "model", .help = "whose size is taken where width or height is 0", .value = "", .feedable = false};
  static constexpr graph::Prop<int> kChannels{
      .name = "channels", .help = "of the latents", .value = 4, .min = 1, .max = 64};
  static graph::Contract contract() {
    return graph::Contract("noise", "Draws the latents that a denoising begins with.", kSchedule, kLatents, kGenerator,
                           kSeed, kWidth, kHeight, kSizedFor, kChannels)
        .family("sampling")
        .example("noise: {type: noise, seed: $seed, width: 1024, height: 1024, in: {schedule: schedule.schedule}}");
  }

  Noise(const graph::Props& props, const std::shared_ptr<Services>& services)
      : services_(services),
        seed_(props.get(kSeed)),
        width_(props.get(kWidth)),
        height_(props.get(kHeight)),
        model_(props.get(kSizedFor).text),
        channels_(props.get(kChannels)) {
    if ((width_ == 0 || height_ == 0) && model_.empty())
      throw std::invalid_argument("width or height is 0: give both, in px, or the model");
    check_side("width", width_);
    check_side("height", height_);
  }

  void open() override {
    if (width_ == 0 || height_ == 0) {
      const auto model = services_->model({.model = model_});
      width_ = side_of(width_, model->files());
      height_ = side_of(height_, model->files());
    }
    check_side("width", width_);
    check_side("height", height_);
  }

  void foresee(graph::Outlook& outlook) const override {
    if ((width_ == 0 || height_ == 0) && model_.empty()) return;
    const auto side = [&](int given) {
      return given > 0 ? given : side_of(given, services_->model({.model = model_})->files());
    };
    outlook.out(kLatents, {side(width_), side(height_)});
  }

  void process(graph::Context& cx) const override {
    tensors::Generator generator(seed_);
    at::Tensor latents = generator.randn({1, channels_, height_ / 8, width_ / 8});
    if (const schedulers::Schedule* schedule = cx.find(kSchedule)) latents = latents * schedule->init_noise_sigma();
    cx.send(kLatents, Latents{latents.to(services_->device())});
    cx.send(kGenerator, std::move(generator));
  }

 private:
  const std::shared_ptr<Services> services_;
  const std::int64_t seed_;
  int width_, height_;
  const std::string model_;
  const int channels_;
};

}  // namespace

void register_noise(graph::Registry& registry, const std::shared_ptr<Services>& services) {
  registry.add<Noise>(services);
}

}  // namespace nodes
