// SPDX-License-Identifier: MIT
/// unipc: a unified predictor and corrector in λ; each prediction of the network first corrects the step that led to
/// it, so the order gained costs no evaluation. diffusers' UniPCMultistepScheduler; with final_sigmas_type sigma_min it
/// is that of diffusers before 0.28. Source: Zhao 2023, UniPC, Alg. 1 and 2 with B(h) of eq. 11 and 12.
///
/// State: history = the last converted predictions, at most solver_order; sample = the corrected latents that the last
/// predictor began at; order = that predictor's.
#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "schedulers/lambda_solver.h"

namespace schedulers {
namespace {

/// Solves a·x = b in place by elimination with pivots. The matrices are of solver_order rows.
std::vector<double> solved(std::vector<std::vector<double>> a, std::vector<double> b) {
  const std::size_t n = b.size();
  for (std::size_t column = 0; column < n; ++column) {
    std::size_t pivot = column;
    for (std::size_t row = column + 1; row < n; ++row) {
      if (std::abs(a[row][column]) > std::abs(a[pivot][column])) pivot = row;
    }
    std::swap(a[pivot], a[column]);
    std::swap(b[pivot], b[column]);
    for (std::size_t row = 0; row < n; ++row) {
      if (row == column) continue;
      const double factor = a[row][column] / a[column][column];
      for (std::size_t k = column; k < n; ++k) a[row][k] -= factor * a[column][k];
      b[row] -= factor * b[column];
    }
  }
  for (std::size_t row = 0; row < n; ++row) b[row] /= a[row][row];
  return b;
}

class UniPc final : public LambdaSolver {
 public:
  explicit UniPc(const Request& request)
      : LambdaSolver(unipc(), request, request.config.num_train_timesteps),
        order_(static_cast<std::size_t>(request.config.solver_order)),
        predicts_original_(request.config.predict_x0),
        first_kind_(request.config.solver_type == "bh1"),
        lower_order_final_(request.config.lower_order_final),
        uncorrected_(request.config.disable_corrector) {
    refuse_unbuilt(request.config, 3);
    if (request.config.final_sigmas_type == "zero" && !(predicts_original_ && lower_order_final_)) {
      throw std::invalid_argument(request.config.name + ": " +
                                  (predicts_original_ ? "lower_order_final" : "predict_x0") +
                                  " false needs final_sigmas_type sigma_min: the last step to sigma 0 has no limit");
    }
  }

  at::Tensor step(const StepInput& turn, State& state) const override {
    const at::Tensor converted = convert(turn);
    at::Tensor latents = turn.latents;
    if (corrects(turn.index, state)) {
      const Stretch stretch = stretch_to(turn.index, static_cast<std::size_t>(state.order), state.history);
      latents = corrected(stretch, state.sample, state.history.back(), converted);
    }
    remember(state, converted, order_);
    state.order = static_cast<std::int64_t>(order_at(turn.index, state.history.size()));
    state.sample = latents;
    const Stretch stretch = stretch_to(turn.index + 1, static_cast<std::size_t>(state.order), state.history);
    return predicted(stretch, latents, converted);
  }

 private:
  /// A step's scalars: the weight of the latents, of the converted prediction, and of the correction; and the divided
  /// differences of the predictions before, with their places in λ (the last is 1, where the step ends).
  struct Stretch {
    float keep = 0;
    float gain = 0;
    float residual = 0;
    bool empty = false;
    std::vector<double> places{};
    std::vector<double> moments{};
    std::vector<at::Tensor> differences{};
  };

  at::Tensor convert(const StepInput& turn) const {
    const SignalAndNoise mix = level(turn.index).mix();
    return predicts_original_ ? original_of(prediction_, mix, turn.prediction, turn.latents)
                              : noise_of(prediction_, mix, turn.prediction, turn.latents);
  }

  bool corrects(std::size_t index, const State& state) const {
    return index > 0 && state.turns > 0 && std::ranges::count(uncorrected_, static_cast<std::int64_t>(index) - 1) == 0;
  }

  std::size_t order_at(std::size_t index, std::size_t remembered) const {
    const std::size_t left = timesteps_.size() - index;
    return std::min({order_, remembered, lower_order_final_ ? left : order_});
  }

  /// The step that ends at `end`, of an order, from the history of the turns before it.
  Stretch stretch_to(std::size_t end, std::size_t order, const std::vector<at::Tensor>& history) const {
    const Level to = level(end);
    const Level from = level(end - 1);
    const float h = to.lambda - from.lambda;
    Stretch stretch;
    stretch.empty = h == 0;
    if (stretch.empty) return stretch;
    const float hh = predicts_original_ ? -h : h;
    const float growth = expm1(hh);
    const float b = first_kind_ ? hh : growth;
    const float scale = predicts_original_ ? to.alpha : to.sigma;
    stretch.keep = predicts_original_ ? to.sigma / from.sigma : to.alpha / from.alpha;
    stretch.gain = scale * growth;
    stretch.residual = scale * b;
    for (std::size_t i = 1; i < order; ++i) {
      const float place = (level(end - 1 - i).lambda - from.lambda) / h;
      stretch.places.push_back(place);
      stretch.differences.push_back((history[history.size() - 1 - i] - history.back()) / place);
    }
    stretch.places.push_back(1);
    float phi = growth / hh - 1;
    float factorial = 1;
    for (std::size_t i = 1; i <= order; ++i) {
      stretch.moments.push_back(phi * factorial / b);
      factorial *= static_cast<float>(i + 1);
      phi = phi / hh - 1 / factorial;
    }
    return stretch;
  }

  /// The weights with which the first n places reproduce the first n moments.
  static std::vector<double> weights(const Stretch& stretch, std::size_t n) {
    std::vector<std::vector<double>> powers(n, std::vector<double>(n, 1.0));
    for (std::size_t row = 1; row < n; ++row) {
      for (std::size_t i = 0; i < n; ++i) powers[row][i] = powers[row - 1][i] * stretch.places[i];
    }
    return solved(powers, {stretch.moments.begin(), stretch.moments.begin() + static_cast<std::ptrdiff_t>(n)});
  }

  static at::Tensor base(const Stretch& stretch, const at::Tensor& latents, const at::Tensor& converted) {
    return latents * stretch.keep - converted * stretch.gain;
  }

  static at::Tensor predicted(const Stretch& stretch, const at::Tensor& latents, const at::Tensor& converted) {
    if (stretch.empty) return latents;
    const at::Tensor begun = base(stretch, latents, converted);
    const std::size_t n = stretch.differences.size();
    if (n == 0) return begun;
    // For one difference the paper takes a half whatever the moment, which keeps the order.
    const std::vector<double> rho = n == 1 ? std::vector<double>{0.5} : weights(stretch, n);
    at::Tensor sum = stretch.differences[0] * rho[0];
    for (std::size_t i = 1; i < n; ++i) sum = sum + stretch.differences[i] * rho[i];
    return begun - sum * stretch.residual;
  }

  static at::Tensor corrected(const Stretch& stretch, const at::Tensor& begun, const at::Tensor& before,
                              const at::Tensor& now) {
    if (stretch.empty) return begun;
    const std::size_t n = stretch.differences.size();
    const std::vector<double> rho = n == 0 ? std::vector<double>{0.5} : weights(stretch, n + 1);
    at::Tensor sum = (now - before) * rho.back();
    for (std::size_t i = 0; i < n; ++i) sum = sum + stretch.differences[i] * rho[i];
    return base(stretch, begun, before) - sum * stretch.residual;
  }

  std::size_t order_;
  bool predicts_original_;
  bool first_kind_;
  bool lower_order_final_;
  std::vector<std::int64_t> uncorrected_;
};

}  // namespace

Scheduler unipc() {
  return {
      .name = "unipc",
      .class_name = "UniPCMultistepScheduler",
      .webui_name = "UniPC",
      .karras = true,
      .final_sigmas = true,
      .zero_snr = true,
      .flow_sigmas = true,
      .rounds_cosine_timesteps = true,
      .ends_at_karras_min = true,
      .make = [](const Request& request) -> std::unique_ptr<const Solver> { return std::make_unique<UniPc>(request); }};
}

}  // namespace schedulers
