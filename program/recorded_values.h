// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "graph/plan.h"

namespace program {

/// What a record (run.json, a recipe) says of a param, as a run is told it: `texts` and `along` as
/// observers::telling_values and along_word wrote them. Throws std::invalid_argument: not values of the param, a word
/// that nobody wrote, something drawn without a run seed.
graph::Assignment recorded_assignment(const graph::Param& param, const std::vector<std::string>& texts,
                                      const std::string& along, std::optional<std::uint64_t> run_seed,
                                      const std::string& place);

}  // namespace program
