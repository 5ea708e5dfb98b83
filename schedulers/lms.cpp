// SPDX-License-Identifier: MIT
/// lms: linear multistep (Adams-Bashforth in σ) of orders 1, 2, 3, then 4. diffusers' LMSDiscreteScheduler.
/// The slope's Lagrange polynomial through the last turns' noise levels is integrated exactly, where diffusers asks
/// scipy's quad for a relative error of 1e-4.
///
/// As in diffusers, a schedule that begins in its middle (img2img) takes the coefficients of the order that its place
/// would have, also where the history is still shorter.
///
/// State: history = the last slopes, at most 4.
#include <algorithm>

#include "schedulers/registry.h"
#include "schedulers/sigma_solver.h"

namespace schedulers {
namespace {

constexpr std::size_t kOrder = 4;

/// Integral from `from` to `to` of the polynomial with these coefficients, lowest first.
double integral(const std::vector<double>& polynomial, double from, double to) {
  double high = 0;
  double low = 0;
  for (std::size_t i = polynomial.size(); i-- > 0;) {
    const double c = polynomial[i] / static_cast<double>(i + 1);
    high = (high + c) * to;
    low = (low + c) * from;
  }
  return high - low;
}

class Lms final : public SigmaSolver {
 public:
  explicit Lms(const Request& request) : SigmaSolver(lms(), request, {.rescales = false}) {}

  at::Tensor step(const StepInput& turn, State& state) const override {
    const at::Tensor original = predict_original(turn.index, turn.prediction, turn.latents);
    remember(state, (turn.latents - original) / sigmas_[turn.index], kOrder);
    const std::size_t order = std::min(turn.index + 1, kOrder);
    const std::size_t slopes = std::min(order, state.history.size());
    at::Tensor sum;
    for (std::size_t i = 0; i < slopes; ++i) {
      const at::Tensor term = state.history[state.history.size() - 1 - i] * coefficient(order, turn.index, i);
      sum = sum.defined() ? sum + term : term;
    }
    return turn.latents + sum;
  }

 private:
  /// The weight of the slope `which` turns ago.
  double coefficient(std::size_t order, std::size_t index, std::size_t which) const {
    // Around the level where the step begins, so that the powers stay small.
    const double origin = sigmas_[index];
    const auto place = [&](std::size_t k) { return static_cast<double>(sigmas_[index - k]) - origin; };
    std::vector<double> polynomial{1.0};
    for (std::size_t k = 0; k < order; ++k) {
      if (k == which) continue;
      const double scale = 1 / (place(which) - place(k));
      std::vector<double> product(polynomial.size() + 1, 0.0);
      for (std::size_t i = 0; i < polynomial.size(); ++i) {
        product[i] -= polynomial[i] * place(k) * scale;
        product[i + 1] += polynomial[i] * scale;
      }
      polynomial = std::move(product);
    }
    return integral(polynomial, 0, static_cast<double>(sigmas_[index + 1]) - origin);
  }
};

}  // namespace

Scheduler lms() {
  return {
      .name = "lms",
      .class_name = "LMSDiscreteScheduler",
      .webui_name = "LMS",
      .karras = true,
      .make = [](const Request& request) -> std::unique_ptr<const Solver> { return std::make_unique<Lms>(request); }};
}

}  // namespace schedulers
