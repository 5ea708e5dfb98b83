// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "graph/scalar.h"

namespace graph {

/// Whether a param, a property or a field of that name is a seed: "seed", "noise_seed". Other programs have seeds of 64
/// bits without a sign.
bool is_seed_name(std::string_view name);

/// Of a seed that may be any int: the text with numbers from 2^63 to 2^64 - 1 written as the ints of the same 64 bits;
/// of anything else: the text itself. Throws std::invalid_argument, naming the range, for a larger number.
std::string seed_text(std::string_view name, Kind kind, const Range& range, const std::string& text);

}  // namespace graph
