// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>

namespace observers {

using Json = nlohmann::ordered_json;

/// Reads a text that may come from anywhere. Throws std::exception: it is not JSON, or is nested deeper than any record
/// (comparing and printing go down by recursion, and would run out of stack).
Json parse_json(const std::string& text);

/// A whole number that T holds: the library's own get() makes one of any number, and what it makes of one that is too
/// large is undefined. Throws std::exception.
template <class T>
T whole_number(const Json& value) {
  if (const auto* number = value.get_ptr<const Json::number_unsigned_t*>(); number && std::in_range<T>(*number))
    return static_cast<T>(*number);
  if (const auto* number = value.get_ptr<const Json::number_integer_t*>(); number && std::in_range<T>(*number))
    return static_cast<T>(*number);
  throw std::invalid_argument("expected a whole number, found " + value.dump());
}

}  // namespace observers
