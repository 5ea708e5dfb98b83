// SPDX-License-Identifier: MIT
/// noise-latents: latents with as much noise as the training had at a timestep: √ᾱ·latents + √(1−ᾱ)·noise.
///
/// Errors   a timestep beyond the schedule's training
/// Source   Ho et al. 2020, equation 4
#include <cmath>
#include <stdexcept>

#include "graph/registry.h"
#include "nodes/draws.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class NoiseLatents final : public graph::Node {
 public:
  static constexpr graph::In<Latents> kLatentsIn{"latents", "(B,C,h,w) f32, clean"};
  static constexpr graph::In<schedulers::Schedule> kSchedule{"schedule", "whose training levels count"};
  static constexpr graph::In<std::int64_t> kTimestep{"timestep", "from 0"};
  static constexpr graph::In<Streams> kStreamsIn{"streams", "to draw from, in the place of the seed", true};
  static constexpr graph::Out<Latents> kLatents{"latents", "(B,C,h,w) f32, noisy"};
  static constexpr graph::Out<Latents> kNoise{"noise", "(B,C,h,w) f32 that was added, standard normal"};
  static constexpr graph::Out<Streams> kStreams{"streams", "behind what was drawn"};
  static constexpr graph::Prop<std::int64_t> kSeed{
      .name = "seed", .help = "of the noise, where no streams are linked", .value = 0};
  static graph::Contract contract() {
    return graph::Contract("noise-latents", "Adds the noise of a training timestep.", kLatentsIn, kSchedule, kTimestep,
                           kStreamsIn, kLatents, kNoise, kStreams, kSeed)
        .family("learning")
        .differentiable()
        .example(
            "noisy: {type: noise-latents, "
            "in: {latents: code.latents, schedule: schedule.schedule, timestep: t.timestep}}");
  }

  explicit NoiseLatents(const graph::Props& props) : seed_(props.get(kSeed)) {}

  void process(graph::Context& cx) const override {
    const at::Tensor& latents = cx.get(kLatentsIn).tensor;
    const auto alphas = cx.get(kSchedule).alphas_cumprod();
    const std::int64_t timestep = cx.get(kTimestep);
    if (timestep < 0 || timestep >= static_cast<std::int64_t>(alphas.size()))
      throw std::runtime_error("there is no timestep " + std::to_string(timestep) + ": the training had " +
                               std::to_string(alphas.size()));
    Draws draws(cx, cx.find(kStreamsIn), seed_);
    const at::Tensor noise = draws.torch().randn(latents.sizes()).to(latents.device());
    const float alpha = alphas[static_cast<std::size_t>(timestep)];
    cx.send(kLatents, Latents{std::sqrt(alpha) * latents + std::sqrt(1 - alpha) * noise});
    cx.send(kNoise, Latents{noise});
    cx.send(kStreams, draws.rest());
  }

 private:
  const std::int64_t seed_;
};

}  // namespace

void register_noise_latents(graph::Registry& registry) {
  registry.add<NoiseLatents>();
}

}  // namespace nodes
