// SPDX-License-Identifier: MIT
#include "schedulers/spacing.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace schedulers {
namespace {

/// n numbers from first to last.
std::vector<double> evenly(double first, double last, std::int64_t n) {
  std::vector<double> values(static_cast<std::size_t>(n), first);
  const double step = n > 1 ? (last - first) / static_cast<double>(n - 1) : 0;
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i) * step + first;
  if (n > 1) values.back() = last;
  return values;
}

std::vector<double> trailing(const Spacing& spacing, std::int64_t first) {
  const auto start = static_cast<double>(first);
  // The difference of the first two, rounded as numpy.arange rounds it.
  const double step = start - static_cast<double>(spacing.train) / static_cast<double>(spacing.steps) - start;
  std::vector<double> timesteps;
  for (std::int64_t i = 0; i < spacing.steps; ++i) {
    const double timestep = start + static_cast<double>(i) * step;
    if (timestep <= 0) break;  // only where lambda_min_clipped leaves fewer than `train`
    timesteps.push_back(round_even(timestep) - 1);
  }
  return timesteps;
}

std::vector<double> leading(std::int64_t count, std::int64_t ratio, std::int64_t offset) {
  std::vector<double> timesteps;
  for (std::int64_t i = count; i-- > 0;) timesteps.push_back(static_cast<double>(i * ratio + offset));
  return timesteps;
}

}  // namespace

double round_even(double value) {
  return std::nearbyint(value);
}

std::vector<double> spaced_timesteps(const Spacing& spacing) {
  if (spacing.name == "leading") return leading(spacing.steps, spacing.train / spacing.steps, spacing.offset);
  if (spacing.name == "trailing") return trailing(spacing, spacing.train);
  if (spacing.steps == 1) {
    throw std::invalid_argument(
        "steps 1 with linspace spacing would begin at timestep 0, where there is no noise: take trailing spacing, or 2 "
        "steps or more");
  }
  std::vector<double> timesteps = evenly(0, static_cast<double>(spacing.train - 1), spacing.steps);
  std::ranges::reverse(timesteps);
  return timesteps;
}

std::vector<double> spaced_timesteps_with_end(const Spacing& spacing, std::int64_t last) {
  if (spacing.name == "trailing") return trailing(spacing, last);
  std::vector<double> timesteps;
  if (spacing.name == "leading") {
    timesteps = leading(spacing.steps + 1, last / (spacing.steps + 1), spacing.offset);
  } else {
    timesteps = evenly(0, static_cast<double>(last - 1), spacing.steps + 1);
    std::ranges::transform(timesteps, timesteps.begin(), round_even);
    std::ranges::reverse(timesteps);
  }
  timesteps.pop_back();
  return timesteps;
}

double interpolate(double place, const std::vector<float>& table) {
  if (place <= 0) return table.front();
  const double last = static_cast<double>(table.size() - 1);
  if (place >= last) return table.back();
  const auto below = static_cast<std::size_t>(place);
  const double low = table[below];
  return (static_cast<double>(table[below + 1]) - low) * (place - static_cast<double>(below)) + low;
}

std::vector<double> karras_sigmas(double max, double min, std::int64_t n) {
  constexpr double kRho = 7.0;
  const double first = std::pow(max, 1 / kRho);
  const double last = std::pow(min, 1 / kRho);
  std::vector<double> sigmas = evenly(0, 1, n);
  for (double& sigma : sigmas) sigma = std::pow(first + sigma * (last - first), kRho);
  return sigmas;
}

double timestep_of(double sigma, const std::vector<float>& training_sigmas) {
  const double wanted = std::log(std::max(sigma, 1e-10));
  const auto log_of = [](float s) { return static_cast<double>(std::log(s)); };
  // The last entry that is not above, which rises with t.
  const auto above = std::ranges::partition_point(training_sigmas, [&](float s) { return log_of(s) <= wanted; });
  const auto last = static_cast<std::ptrdiff_t>(training_sigmas.size()) - 2;
  const std::ptrdiff_t low = std::clamp<std::ptrdiff_t>(above - training_sigmas.begin() - 1, std::ptrdiff_t{0}, last);
  const double low_log = log_of(training_sigmas[static_cast<std::size_t>(low)]);
  const double high_log = log_of(training_sigmas[static_cast<std::size_t>(low) + 1]);
  const double part = std::clamp((low_log - wanted) / (low_log - high_log), 0.0, 1.0);
  return (1 - part) * static_cast<double>(low) + part * static_cast<double>(low + 1);
}

}  // namespace schedulers
