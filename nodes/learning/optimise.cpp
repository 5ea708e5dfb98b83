// SPDX-License-Identifier: MIT
/// optimise: one step of an optimiser, down the gradient of what is closed with respect to the parameters.
///
/// The gradient is that of Σ loss + Σ gradient · latents: a loss is a number that was computed from the parameters; or,
/// where the gradient at latents is known in another way (score distillation), it goes on back from there.
///
/// Tells    loss and rate
/// Errors   a gradient of another shape than what it is of; a loss or a gradient that is not a number; what came
/// without
///          history, because a node on the way was switched off
/// Source   methods/learning/optimiser.h
#include <stdexcept>

#include "graph/registry.h"
#include "nodes/learning/learned.h"
#include "nodes/values.h"
#include "tensors/device.h"
#include "tensors/history.h"

namespace nodes {
namespace {

class Optimise final : public graph::Node {
 public:
  static constexpr graph::In<graph::Value> kParameters{"parameters",
                                                       "the loop's state: latents, a token or a rendering"};
  static constexpr graph::In<learning::Optimiser> kOptimiser{"optimiser", "as the last step left it"};
  static constexpr graph::Ins<Loss> kLosses{
      .name = "loss", .shape = "what is to become small; of several the sum", .optional = true, .closes = true};
  static constexpr graph::In<Latents> kLatents{
      .name = "latents", .shape = "(B,C,h,w) f32, with a gradient of their own", .optional = true, .closes = true};
  static constexpr graph::In<Gradient> kGradient{"gradient", "(B,C,h,w) f32, at the latents", true};
  static constexpr graph::Out<graph::Value> kNext{
      .name = "parameters", .shape = "after the step", .type_of = "parameters", .optimised = true};
  static constexpr graph::Out<learning::Optimiser> kNextOptimiser{"optimiser", "after the step"};
  static constexpr graph::Out<double> kLoss{"loss", "before the step: the sum; 0 where none is linked"};
  static constexpr graph::Out<double> kNorm{"norm", "of the gradient, before it was clipped"};
  static constexpr graph::Out<double> kRate{"rate", "of the step"};
  static graph::Contract contract() {
    return graph::Contract("optimise", "Makes one step down the gradient.", kParameters, kOptimiser, kLosses, kLatents,
                           kGradient, kNext, kNextOptimiser, kLoss, kNorm, kRate)
        .family("learning")
        .resource("gpu")
        .example("step: {type: optimise, in: {parameters: state.latents, optimiser: state.adam, loss: error.loss}}");
  }

  explicit Optimise(const graph::Props& /*props*/) {}

  void process(graph::Context& cx) const override {
    const graph::Value& value = cx.get(kParameters);
    const learning::Optimiser& optimiser = cx.get(kOptimiser);
    const std::int64_t steps = cx.turn().count;
    const learning::Tensors leaves = tensors_of(value);
    const std::vector<tensors::End> ends = ends_of(cx);
    const at::Tensor loss = sum_of(cx.get(kLosses));
    const learning::Tensors gradients = tensors::gradients(ends, leaves);
    learning::Tensors parameters;
    for (const at::Tensor& leaf : leaves) parameters.push_back(tensors::detached(leaf));
    learning::Stepped made = learning::stepped(optimiser, parameters, gradients, steps);
    const at::Tensor told = tensors::to_host_later(at::stack({loss.to(made.norm), made.norm}));
    const double rate = optimiser.next_rate(steps);
    cx.when_done([&cx, told, rate, next = with_tensors(value, made.parameters), made = std::move(made.optimiser)] {
      check(cx, told[0].item<double>(), "the loss");
      check(cx, told[1].item<double>(), "the gradient");
      cx.scalar(kLoss.name, told[0].item<double>());
      cx.scalar(kRate.name, rate);
      cx.send(kLoss, told[0].item<double>());
      cx.send(kNorm, told[1].item<double>());
      cx.send(kRate, double{rate});
      cx.send(kNextOptimiser, learning::Optimiser(made));
      cx.send(kNext, graph::Value(next));
    });
  }

 private:
  static void check(const graph::Context& cx, double number, const std::string& what) {
    if (std::isfinite(number)) return;
    throw std::runtime_error(what + " is not a number (NaN or infinite) in turn " + std::to_string(cx.turn().index) +
                             "; a lower learning_rate, or max_grad_norm, may help");
  }

  static std::vector<tensors::End> ends_of(const graph::Context& cx) {
    std::vector<tensors::End> ends;
    for (const Loss* loss : cx.get(kLosses).present()) add(ends, {loss->tensor}, "loss");
    const Latents* const latents = cx.find(kLatents);
    const Gradient* const gradient = cx.find(kGradient);
    if ((latents == nullptr) != (gradient == nullptr))
      throw std::runtime_error("latents and gradient go together, and one of them did not come");
    if (latents != nullptr) {
      if (latents->tensor.sizes() != gradient->tensor.sizes())
        throw std::runtime_error("a gradient of the shape " + c10::str(gradient->tensor.sizes()) +
                                 " for latents of the shape " + c10::str(latents->tensor.sizes()));
      add(ends, {latents->tensor, gradient->tensor.to(latents->tensor)}, "latents");
    }
    if (ends.empty()) throw std::runtime_error("nothing came that could be optimised for: no loss, and no gradient");
    return ends;
  }
  static void add(std::vector<tensors::End>& ends, tensors::End end, const std::string& port) {
    if (!tensors::has_history(end.tensor))
      throw std::runtime_error("what came at '" + port +
                               "' does not depend on the parameters: a node on the way is switched off in this turn");
    ends.push_back(std::move(end));
  }

  static at::Tensor sum_of(const graph::List<Loss>& losses) {
    at::Tensor sum;
    for (const Loss* loss : losses.present()) sum = sum.defined() ? sum + loss->tensor.detach() : loss->tensor.detach();
    return sum.defined() ? sum : at::zeros({});
  }
};

}  // namespace

void register_optimise(graph::Registry& registry) {
  registry.add<Optimise>();
}

}  // namespace nodes
