// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "models/parameters.h"
#include "tensors/generator.h"
#include "tensors/memory.h"
#include "tensors/operator_profile.h"

/// What networks cost, beside what the machine reaches: for benches of networks.
namespace bench {

using Clock = std::chrono::steady_clock;
using tensors::OperatorCost;
using tensors::OperatorCosts;

inline double seconds(const std::function<void()>& f) {
  const auto from = Clock::now();
  f();
  return std::chrono::duration<double>(Clock::now() - from).count();
}

/// Of one call, on this thread. What helpers do inside operators is counted under a name of theirs.
inline OperatorCosts costs_of(const std::function<void()>& f) {
  tensors::OperatorProfile profile(tensors::OperatorProfile::Count::kTimeAndFlop);
  tensors::OperatorProfile::enter(0);
  f();
  tensors::OperatorProfile::leave();
  OperatorCosts costs = profile.costs(0);
  if (profile.flop_of_helpers() > 0) costs["helpers of operators"].flop = profile.flop_of_helpers();
  return costs;
}

inline double flop_in(const OperatorCosts& costs) {
  double flop = 0;
  for (const auto& [name, cost] : costs) flop += cost.flop;
  return flop;
}

/// The best of some repetitions, in GFLOP/s.
inline double rate(double flop, const std::function<void()>& f, int repetitions) {
  double best = 1e30;
  for (int i = 0; i < repetitions; ++i) best = std::min(best, seconds(f));
  return flop / best / 1e9;
}

/// What this machine reaches, in GFLOP/s, on the shapes that most of the UNet's work has.
struct Peak {
  double products = 0, convolutions = 0;

  /// The least time that work of these costs can take: products at their peak, convolutions at theirs.
  double seconds(const OperatorCosts& costs) const {
    double least = 0;
    for (const auto& [name, cost] : costs)
      least += cost.flop / 1e9 / (name.ends_with("::convolution") ? convolutions : products);
    return least;
  }
};

inline double print_rate(const char* what, int repetitions, const std::function<void()>& f) {
  const double reached = rate(flop_in(costs_of(f)), f, repetitions);
  std::printf("  %-35s %7.1f GFLOP/s\n", what, reached);
  return reached;
}

inline Peak measure_peak() {
  const at::Tensor tokens = at::randn({2048, 1280}), weight = at::randn({10240, 1280});
  const at::Tensor a = at::randn({1024, 1024}), b = at::randn({1024, 1024});
  const at::Tensor x = at::randn({2, 640, 32, 32}), kernel = at::randn({640, 640, 3, 3});
  const at::Tensor y = at::randn({2, 320, 64, 64}), fine = at::randn({320, 320, 3, 3});
  Peak peak;
  peak.products = std::max(print_rate("product 1024^3", 20, [&] { at::mm(a, b); }),
                           print_rate("product 2048 x 1280 x 10240", 10, [&] { at::linear(tokens, weight); }));
  peak.convolutions =
      std::max(print_rate("convolution 640 -> 640, 32^2, 3^2", 10, [&] { at::conv2d(x, kernel, {}, 1, 1); }),
               print_rate("convolution 320 -> 320, 64^2, 3^2", 10, [&] { at::conv2d(y, fine, {}, 1, 1); }));
  return peak;
}

inline void print_costs(const OperatorCosts& costs) {
  std::vector<std::pair<std::string, OperatorCost>> rows(costs.begin(), costs.end());
  double whole = 0;
  for (const auto& row : rows) whole += row.second.seconds;
  std::sort(rows.begin(), rows.end(), [](auto& a, auto& b) { return a.second.seconds > b.second.seconds; });
  for (std::size_t i = 0; i < std::min<std::size_t>(rows.size(), 10); ++i) {
    const auto& [name, cost] = rows[i];
    std::printf("    %-33s %8.1f ms %5.1f %%\n", name.c_str(), cost.seconds * 1e3, 100 * cost.seconds / whole);
  }
}

/// Random weights, scaled so that activations stay finite. The same block of numbers for every tensor: drawing 2.6
/// billion takes longer than the bench.
class RandomSource final : public models::ParameterSource {
 public:
  at::Tensor get(const std::string&, at::IntArrayRef shape) override {
    at::Tensor tensor = memory_.empty(shape, at::kFloat);
    if (shape.size() == 1) return tensor.fill_(0.5);
    const double scale = 1 / std::sqrt(static_cast<double>(tensor.numel()) / static_cast<double>(shape[0]));
    at::Tensor flat = tensor.view({-1});
    for (std::int64_t from = 0; from < flat.numel(); from += block_.numel()) {
      const std::int64_t n = std::min(block_.numel(), flat.numel() - from);
      flat.narrow(0, from, n).copy_(block_.narrow(0, 0, n)).mul_(scale);
    }
    return tensor;
  }

 private:
  tensors::LongLivedMemory memory_{};
  const at::Tensor block_ = tensors::Generator(1).randn({1 << 20});
};

}  // namespace bench
