// SPDX-License-Identifier: MIT
#include "imaging/regions/edge_order.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace imaging {
namespace {

constexpr int kBinBits = 18;       // of a key that share a bin: 32 bins from a weight to its double
constexpr std::size_t kEvery = 4;  // which edges are counted into bins

// Calls visit(i) for every byte that is not 0; `size` a multiple of 8.
template <class Visit>
void for_each_set(const std::uint8_t* bytes, std::size_t size, const Visit& visit) {
  for (std::size_t i = 0; i < size; i += 8) {
    std::uint64_t eight;
    std::memcpy(&eight, bytes + i, 8);
    for (; eight != 0; eight &= eight - 1) {
      if constexpr (std::endian::native == std::endian::little) visit(i + std::countr_zero(eight) / 8);
      else visit(i + 7 - std::countr_zero(eight) / 8);
    }
  }
}

}  // namespace

EdgeOrder::EdgeOrder(const GridEdges& edges, Scratch& scratch) : edges_(edges), histogram_((kEnd >> kBinBits) + 1) {
  const std::size_t count = edges.weights.size();
  keys_ = scratch.take<std::int32_t>(count);
  for (std::size_t i = 0; i < count; ++i) keys_[i] = key_of(static_cast<float>(edges.weights[i]));
  for (std::size_t i = 0; i < count; i += kEvery) histogram_[keys_[i] >> kBinBits] += kEvery;
  found_ = scratch.take<OrderedEdge>(count);
  spare_ = scratch.take<OrderedEdge>(count);
  chosen_ = scratch.take<std::uint8_t>(static_cast<std::size_t>(edges.cells()) + 8);
}

std::int32_t EdgeOrder::end_of(std::int32_t from, std::size_t count) const {
  std::int32_t bin = from >> kBinBits;
  for (std::size_t seen = 0; bin < kEnd >> kBinBits && seen < count; ++bin) seen += histogram_[bin];
  return std::max(bin << kBinBits, from + 1);
}

std::span<const OrderedEdge> EdgeOrder::take(std::int32_t from, std::int32_t to, std::span<const Tag> tags, Rest rest) {
  const std::size_t count =
      rest == Rest::kEither ? collect<Rest::kEither>(from, to, tags) : collect<Rest::kBoth>(from, to, tags);
  sort(count, from, to);
  sort_ties(count);
  return found_.first(count);
}

template <EdgeOrder::Rest rest>
std::size_t EdgeOrder::collect(std::int32_t from, std::int32_t to, std::span<const Tag> tags) {
  std::size_t count = 0;
  for (int direction = 0; direction < GridEdges::kDirections; ++direction) {
    const std::int32_t step = edges_.step(direction);
    const std::int32_t begin = std::max(-step, 0), size = edges_.cells() - std::max(step, 0) - begin;
    if (size <= 0) continue;
    const std::int32_t* keys = keys_.data() + static_cast<std::size_t>(direction) * edges_.cells() + begin;
    const Tag *a = tags.data() + begin, *b = a + step;
    std::uint8_t* chosen = chosen_.data();
    // Bytes first, then what they choose: the first loop is one of vector instructions.
    for (std::int32_t i = 0; i < size; ++i) {
      const bool at_rest = rest == Rest::kEither ? (a[i] | b[i]) < 0 : (a[i] & b[i]) < 0;
      chosen[i] = (keys[i] >= from) & (keys[i] < to) & (a[i] != b[i]) & !at_rest;
    }
    std::memset(chosen + size, 0, 8);
    const std::uint64_t place = static_cast<std::uint64_t>(direction) << 30 | static_cast<std::uint32_t>(begin);
    for_each_set(chosen, (static_cast<std::size_t>(size) + 7) / 8 * 8, [&](std::size_t i) {
      found_[count++].bits = static_cast<std::uint64_t>(keys[i]) << 32 | (place + i);
    });
  }
  return count;
}

// By the digits of their keys, the last first; every pass keeps the order of equal digits.
void EdgeOrder::sort(std::size_t count, std::int32_t from, std::int32_t to) {
  const int bits = std::bit_width(static_cast<std::uint32_t>(to - from - 1));
  const int widest = count < 4096 ? 8 : 11, passes = (bits + widest - 1) / widest;
  if (passes == 0 || count < 2) return;
  const int digit_bits = (bits + passes - 1) / passes;
  const std::size_t digits = std::size_t{1} << digit_bits;
  const auto digit = [&](OrderedEdge edge, int pass) {
    return static_cast<std::uint32_t>(edge.key() - from) >> (pass * digit_bits) & (digits - 1);
  };
  std::vector<std::uint32_t> places(static_cast<std::size_t>(passes) * digits);
  for (std::size_t i = 0; i < count; ++i) {
    for (int pass = 0; pass < passes; ++pass) ++places[pass * digits + digit(found_[i], pass)];
  }
  for (int pass = 0; pass < passes; ++pass) {
    std::uint32_t* const place = places.data() + pass * digits;
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < digits; ++i) sum += std::exchange(place[i], sum);
    for (std::size_t i = 0; i < count; ++i) spare_[place[digit(found_[i], pass)]++] = found_[i];
    std::swap(found_, spare_);
  }
}

void EdgeOrder::sort_ties(std::size_t count) {
  for (std::size_t i = 1; i < count; ++i) {
    if (found_[i].key() != found_[i - 1].key()) continue;
    const std::size_t begin = i - 1;
    while (i < count && found_[i].key() == found_[begin].key()) ++i;
    std::sort(found_.begin() + begin, found_.begin() + i, [this](OrderedEdge a, OrderedEdge b) {
      const double weight_a = weight(a), weight_b = weight(b);
      return weight_a != weight_b ? weight_a < weight_b : a.bits < b.bits;
    });
  }
}

}  // namespace imaging
