// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "graph/value.h"

/// How a value is taken apart, so that exactly the same one can be made again: for checkpoints. A type says it once, by
/// Registry::keep. The engine knows no tensors and no files, so there are bytes, and words that say what they are.
namespace graph {

/// Numbers of a kind in rows and columns, or a text.
struct KeptArray {
  std::string kind;                 ///< the type's own words: "float32", "text"
  std::vector<std::int64_t> shape;  ///< each ≥ 0; of a text: none
  std::vector<std::byte> bytes;     ///< in this machine's order
};

/// The pieces of a value, by names of the type's own.
using KeptParts = std::map<std::string, KeptArray>;

struct Keeper {
  /// Throws std::runtime_error: this value cannot be kept.
  std::function<KeptParts(const Value&)> put;
  /// The same value. The pieces come from a file that may be anybody's: throws std::runtime_error when they are not
  /// such as put() makes.
  std::function<Value(const KeptParts&)> take;
};

}  // namespace graph
