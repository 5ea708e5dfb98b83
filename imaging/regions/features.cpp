// SPDX-License-Identifier: MIT
#include "imaging/regions/features.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>

namespace imaging {
namespace {

constexpr float kSmallest = 1e-6f;

std::span<const float> numbers(const Planes& planes) {
  return {planes.data, static_cast<std::size_t>(planes.channels) * planes.height * planes.width};
}

// Whether a latent is one that can be computed with. False for NaN.
bool is_number(float value) {
  return std::abs(value) < 1e37f;
}

// The sum of term(x) in double precision: eight sums side by side, in an order that depends on the length alone.
template <class Term>
double sum(std::span<const float> values, const Term& term) {
  constexpr std::size_t kLanes = 8;
  double lanes[kLanes] = {};
  const std::size_t whole = values.size() / kLanes * kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += term(values[i + lane]);
  }
  double total = 0;
  for (const double lane : lanes) total += lane;
  for (std::size_t i = whole; i < values.size(); ++i) total += term(values[i]);
  return total;
}

}  // namespace

void check(const Planes& planes) {
  const std::int64_t cells = std::int64_t{planes.height} * planes.width;
  if (cells < 1 || planes.channels < 1) throw std::invalid_argument("latents without a cell");
  if (cells > kMostCells) {
    throw std::invalid_argument("latents of " + std::to_string(cells) + " cells; regions are made of at most " +
                                std::to_string(kMostCells));
  }
  const std::span<const float> values = numbers(planes);
  std::int64_t strange = 0;
  for (const float value : values) strange += is_number(value) ? 0 : 1;
  if (strange == 0) return;
  const std::int64_t first = std::ranges::find_if_not(values, is_number) - values.begin();
  throw std::invalid_argument(
      "the latents are not numbers (NaN, infinite or above 1e37) in " + std::to_string(strange) + " of " +
      std::to_string(values.size()) + " places, first in channel " + std::to_string(first / cells) + ", row " +
      std::to_string(first % cells / planes.width) + ", column " + std::to_string(first % planes.width));
}

Planes standardised(const Planes& planes, Scratch& scratch) {
  const std::span<const float> values = numbers(planes);
  const std::span<float> out = scratch.take<float>(values.size());
  const std::size_t cells = values.size() / planes.channels;
  for (std::size_t from = 0; from < values.size(); from += cells) {
    const std::span<const float> plane = values.subspan(from, cells);
    const auto mean = static_cast<float>(sum(plane, [](float x) { return x; }) / static_cast<double>(cells));
    const double squares = sum(plane, [mean](float x) {
      const double difference = x - mean;
      return difference * difference;
    });
    const auto deviation = static_cast<float>(std::sqrt(squares / static_cast<double>(cells)));
    const float unit = deviation < kSmallest ? 1 : deviation;
    for (std::size_t i = 0; i < cells; ++i) out[from + i] = (plane[i] - mean) / unit;
  }
  return {out.data(), planes.channels, planes.height, planes.width};
}

Planes unit_vectors(const Planes& planes, Scratch& scratch) {
  const std::span<const float> values = numbers(planes);
  const std::size_t cells = values.size() / planes.channels;
  const std::span<float> out = scratch.take<float>(values.size()), lengths = scratch.take<float>(cells);
  std::ranges::fill(lengths, 0.0f);
  for (std::size_t from = 0; from < values.size(); from += cells) {
    for (std::size_t i = 0; i < cells; ++i) lengths[i] += values[from + i] * values[from + i];
  }
  for (float& length : lengths) {
    const float root = std::sqrt(length);
    length = root < kSmallest ? 1 : root;
  }
  for (std::size_t from = 0; from < values.size(); from += cells) {
    for (std::size_t i = 0; i < cells; ++i) out[from + i] = values[from + i] / lengths[i];
  }
  return {out.data(), planes.channels, planes.height, planes.width};
}

}  // namespace imaging
