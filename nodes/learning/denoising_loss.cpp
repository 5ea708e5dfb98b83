// SPDX-License-Identifier: MIT
/// denoising-loss: how far what a denoiser predicts with the prompt is from what it was trained to: the mean of
/// (target − prediction)². The target is the noise, the clean latents, or the velocity √ᾱ·noise − √(1−ᾱ)·latents, as
/// the model's schedule has it. With a mask it is the mean, still over all numbers, of (mask·target −
/// mask·prediction)²: the mask is brought to the latents' grid bilinearly, without looking at what lies between, and
/// rounded to bytes.
///
/// Errors   shapes that differ, a timestep beyond the schedule's training
/// Source   Ho et al. 2020, equation 14; Salimans and Ho 2022 (velocity); Gal et al. 2022, equation 2. The mask:
/// Collage
///          Diffusion's textual inversion
#include <cmath>
#include <stdexcept>

#include "graph/registry.h"
#include "nodes/picture_tensors.h"
#include "nodes/values.h"
#include "schedulers/prediction.h"
#include "schedulers/solver.h"

namespace nodes {
namespace {

class DenoisingLoss final : public graph::Node {
 public:
  static constexpr graph::In<Predictions> kPredictions{"predictions", "(B,C,h,w) f32; the one with the prompt counts"};
  static constexpr graph::In<Latents> kLatents{"latents", "(B,C,h,w) f32, clean"};
  static constexpr graph::In<Latents> kNoise{"noise", "(B,C,h,w) f32 that was added"};
  static constexpr graph::In<schedulers::Schedule> kSchedule{"schedule", "whose training levels count"};
  static constexpr graph::In<std::int64_t> kTimestep{"timestep", "of the noise"};
  static constexpr graph::In<Mask> kMask{"mask", "(H,W) f32 in [0,1]: what counts; without one everything does", true};
  static constexpr graph::Out<Loss> kLoss{"loss", "() f32 ≥ 0"};
  static constexpr graph::Prop<double> kWeight{.name = "weight",
                                               .help = "of the loss beside others: 1 / n of each of n for their mean",
                                               .value = 1.0,
                                               .min = 0,
                                               .max = 1e6};
  static graph::Contract contract() {
    return graph::Contract("denoising-loss", "How far a prediction is from what was to be predicted.", kPredictions,
                           kLatents, kNoise, kSchedule, kTimestep, kMask, kLoss, kWeight)
        .family("learning")
        .resource("gpu")
        .differentiable()
        .example(
            "error: {type: denoising-loss, in: {predictions: predict.predictions, latents: code.latents, "
            "noise: noisy.noise, schedule: schedule.schedule, timestep: t.timestep}}");
  }

  explicit DenoisingLoss(const graph::Props& props) : weight_(props.get(kWeight)) {}

  void process(graph::Context& cx) const override {
    const at::Tensor &prediction = cx.get(kPredictions).prompt, &clean = cx.get(kLatents).tensor,
                     &noise = cx.get(kNoise).tensor;
    if (prediction.sizes() != clean.sizes() || clean.sizes() != noise.sizes())
      throw std::runtime_error("a prediction of the shape " + c10::str(prediction.sizes()) + ", latents of " +
                               c10::str(clean.sizes()) + " and noise of " + c10::str(noise.sizes()));
    const schedulers::Schedule& schedule = cx.get(kSchedule);
    const auto timestep = static_cast<std::size_t>(cx.get(kTimestep));
    if (timestep >= schedule.alphas_cumprod().size())
      throw std::runtime_error("there is no timestep " + std::to_string(timestep));
    const float alpha = schedule.alphas_cumprod()[timestep];
    at::Tensor due = target(schedule.solver().prediction(), alpha, clean, noise), said = prediction;
    if (const Mask* mask = cx.find(kMask)) {
      const at::Tensor counts = on_grid(*mask, clean);
      due = counts * due;
      said = counts * said;
    }
    const at::Tensor loss = (due - said).square().mean();
    cx.send(kLoss, Loss{weight_ == 1 ? loss : loss * weight_});
  }

 private:
  /// (1,1,h,w) f32, bytes / 255, where the latents are.
  static at::Tensor on_grid(const Mask& mask, const at::Tensor& latents) {
    const at::Tensor bytes = to_tensor(mask) * 255;
    return (at::upsample_bilinear2d(bytes, latents.sizes().slice(2), /*align_corners=*/false).round() / 255)
        .to(latents.device());
  }

  static at::Tensor target(schedulers::PredictionType type, float alpha, const at::Tensor& clean,
                           const at::Tensor& noise) {
    if (type == schedulers::PredictionType::kEpsilon) return noise;
    if (type == schedulers::PredictionType::kSample) return clean;
    return std::sqrt(alpha) * noise - std::sqrt(1 - alpha) * clean;
  }

  const double weight_;
};

}  // namespace

void register_denoising_loss(graph::Registry& registry) {
  registry.add<DenoisingLoss>();
}

}  // namespace nodes
