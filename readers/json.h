// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace readers {

using Json = nlohmann::ordered_json;

/// Reads a text that may come from anywhere. Throws std::exception: it is no JSON, or is nested deeper than any record
/// (comparing and printing go down by recursion, and would run out of stack).
Json parse_json(const std::string& text);

}  // namespace readers
