// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "graph/graph.h"
#include "graph/scalar_list.h"

/// Values that a run draws: `--seed random`, and -1 as other programs have it. A run has one number, its run seed; what
/// is drawn is a hash of it, the param's name and the item's place on the table and the range without end. So shards
/// and resumed runs draw the same, and a sweep compares one seed.
namespace program {

/// A run seed that nobody has named. In [0, 2^53), so that every reader of JSON keeps it.
std::uint64_t new_run_seed();

/// What a param's places have: ints in its range, or where that is open in [min, min + 2^53).
graph::ScalarList drawn_values(const graph::Param& param, std::uint64_t run_seed);

/// Whether a text says that the param's value is to be drawn: `random` of an int; of an int named seed -1 and RNG, as
/// other programs have it, and null where the param may be null.
bool says_random(const graph::Param& param, const std::string& text);

}  // namespace program
