// SPDX-License-Identifier: MIT
#include "imaging/regions/threshold_regions.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include "imaging/regions/disjoint_sets.h"
#include "imaging/regions/features.h"
#include "imaging/scratch.h"

namespace imaging {
namespace {

constexpr int kMostProbes = 14;

/// Two neighbours and how alike they are.
struct Link {
  float cosine;
  std::int32_t cell, neighbour;
};

// Of each cell with those to its right and below, and for eight neighbours below on both sides.
std::span<Link> links_of(const Planes& vectors, int connectivity, Scratch& scratch) {
  const int height = vectors.height, width = vectors.width;
  const std::size_t cells = static_cast<std::size_t>(height) * width;
  const std::span<Link> links = scratch.take<Link>(cells * connectivity / 2);
  const std::span<float> cosines = scratch.take<float>(cells);
  std::size_t count = 0;
  const auto add = [&](int down, int right) {
    const int from_x = std::max(-right, 0), to_x = width - std::max(right, 0), step = down * width + right;
    for (int y = 0; y + down < height; ++y) {
      std::ranges::fill(cosines.first(width), 0.0f);
      for (int c = 0; c < vectors.channels; ++c) {
        const float* row = vectors.data + c * cells + std::ptrdiff_t{y} * width;
        for (int x = from_x; x < to_x; ++x) cosines[x] += row[x] * row[x + step];
      }
      for (int x = from_x; x < to_x; ++x) links[count++] = {cosines[x], y * width + x, y * width + x + step};
    }
  };
  add(0, 1);
  add(1, 0);
  if (connectivity == 8) {
    add(1, 1);
    add(1, -1);
  }
  return links.first(count);
}

void join(DisjointSets& sets, std::span<const Link> links, double similarity) {
  for (const Link& link : links) {
    if (link.cosine < similarity) continue;
    const std::int32_t a = sets.find(link.cell), b = sets.find(link.neighbour);
    if (a != b) sets.join(a, b);
  }
}

// 0 within the bounds, else twice the distance from their middle; never 0 then, as the middle is within.
std::int64_t distance_of(std::int64_t regions, const ThresholdSettings& settings) {
  if (regions >= settings.min_regions && regions <= settings.max_regions) return 0;
  return std::abs(2 * regions - settings.min_regions - settings.max_regions);
}

// Moves those that are kept to the front.
template <class Keep>
std::span<Link> filtered(std::span<Link> links, const Keep& keep) {
  std::size_t count = 0;
  for (const Link& link : links) {
    const Link copy = link;
    links[count] = copy;
    count += keep(copy) ? 1 : 0;
  }
  return links.first(count);
}

}  // namespace

void check(const ThresholdSettings& settings) {
  if (settings.connectivity != 4 && settings.connectivity != 8) {
    throw std::invalid_argument("threshold_connectivity " + std::to_string(settings.connectivity) +
                                "; cells have 4 or 8 neighbours");
  }
  if (settings.min_regions > settings.max_regions) {
    throw std::invalid_argument("threshold_min_regions " + std::to_string(settings.min_regions) +
                                " is above threshold_max_regions " + std::to_string(settings.max_regions));
  }
  if (!(settings.similarity_low <= settings.similarity_high)) {
    throw std::invalid_argument("threshold_similarity_low " + std::to_string(settings.similarity_low) +
                                " is above threshold_similarity_high " + std::to_string(settings.similarity_high));
  }
}

Labels threshold_regions(const Planes& planes, const ThresholdSettings& settings) {
  check(settings);
  check(planes);
  const std::size_t cells = static_cast<std::size_t>(planes.height) * planes.width;
  Scratch scratch(cells * ((planes.channels + 2) * sizeof(float) + settings.connectivity / 2 * sizeof(Link)) + 1024);
  std::span<Link> links = links_of(unit_vectors(planes, scratch), settings.connectivity, scratch);

  // joined: what every further similarity joins, too. links: those that are not decided yet.
  DisjointSets joined(static_cast<std::int32_t>(cells)), best = joined;
  double low = settings.similarity_low, high = settings.similarity_high, best_similarity = 0;
  std::int64_t best_distance = std::numeric_limits<std::int64_t>::max();
  for (int probe = 0; probe < kMostProbes && best_distance > 0; ++probe) {
    const double similarity = (low + high) / 2;
    DisjointSets sets = joined;
    join(sets, links, similarity);
    const std::int64_t distance = distance_of(sets.count(), settings);
    if (distance < best_distance) best = sets, best_similarity = similarity, best_distance = distance;
    if (sets.count() < settings.min_regions) {
      low = similarity;
      links = filtered(links, [&](const Link& link) { return link.cosine >= similarity; });
    } else {
      high = similarity;
      joined = std::move(sets);
      links = filtered(links, [&](const Link& link) {
        return link.cosine < similarity && joined.find(link.cell) != joined.find(link.neighbour);
      });
    }
  }
  Labels labels = best.labels(planes.height, planes.width);
  labels.threshold = best_similarity;
  return labels;
}

}  // namespace imaging
