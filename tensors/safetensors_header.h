// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tensors/torch.h"

namespace tensors {

/// One tensor of a .safetensors file.
struct SafetensorsEntry {
  std::string name;
  at::ScalarType dtype;
  std::vector<std::int64_t> shape;
  std::uint64_t begin, end;  ///< bytes, counted from the end of the header
};

/// The JSON header of a .safetensors file, checked as far as it can be without the data.
struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries{};        ///< in the order of their data, which leaves no gaps
  std::map<std::string, std::string> metadata{};  ///< `__metadata__`
  std::uint64_t data_bytes = 0;                   ///< what follows the header must be so long

  /// `name` stands for the file in messages. Throws FileError that names the tensor: no JSON, a name twice, a field
  /// missing, doubled or unknown, a dtype that is unknown or not supported, offsets that do not fit the shape, overlap
  /// another tensor's or leave a gap.
  static SafetensorsHeader parse(std::string_view json, const std::string& name);
};

/// The format's name of a dtype, "F16"; nothing for those that it has not.
std::optional<std::string> safetensors_dtype(at::ScalarType type);

/// A name out of a file, for a message: in quotes, without control characters, not endless.
std::string in_quotes(const std::string& name);

}  // namespace tensors
