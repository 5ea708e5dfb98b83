// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "graph/node.h"
#include "nodes/values.h"

namespace nodes {

/// What one call of a node draws from: the one way in which nodes draw numbers.
///   Draws draws(cx, cx.find(kStreamsIn), seed_);
///   const std::int64_t timestep = draws.torch().randint(low, high);
///   cx.send(kStreams, draws.rest());
///
/// A node draws from the generator that the published program drew from, and need not know more. Where streams are
/// chained, that generator goes on from what was drawn before it, in the order of the links. Elsewhere, and where no
/// streams are linked, it is seeded by the call's place: the seed, the node's name, the turns of the loops and the
/// elements of the eaches around it. Then a draw depends on no other, and order and lanes do not matter.
///
/// For one call, on its thread; the context and the streams outlive it.
class Draws {
 public:
  /// `streams`: null where none are linked; then `seed` counts.
  Draws(const graph::Context& cx, const Streams* streams, std::int64_t seed);

  tensors::NumpyRandomState& numpy();
  tensors::Generator& torch();
  tensors::PythonRandom& python();

  /// The streams behind what has been drawn so far.
  Streams rest() const;

 private:
  std::uint64_t seed_of(const char* generator) const;

  const graph::Context& cx_;
  const Streams from_;
  std::optional<tensors::NumpyRandomState> numpy_;  ///< those that were drawn from
  std::optional<tensors::Generator> torch_;
  std::optional<tensors::PythonRandom> python_;
};

}  // namespace nodes
