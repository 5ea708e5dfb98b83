// SPDX-License-Identifier: MIT
#include "models/text/tokenizer_json.h"

#include <limits>

#include "tensors/json.h"
#include "tensors/npz.h"

namespace models {
namespace {

using nlohmann::json;
using tensors::FileError;

constexpr std::int64_t kMaxId = std::numeric_limits<std::int32_t>::max();

}  // namespace

std::string read_tokenizer_text(const std::filesystem::path& file) {
  return base::read_file(file, "vocabulary-bytes");
}

json read_tokenizer_json(const std::filesystem::path& file) {
  return tensors::parse_object(read_tokenizer_text(file), file.string());
}

std::int64_t token_id(const json& value, const std::string& token, const std::filesystem::path& file) {
  if (!value.is_number_integer() || value < 0 || value > kMaxId)
    throw FileError(file.string() + ": " + json(token).dump() + ": expected an id from 0 to " + std::to_string(kMaxId) +
                    ", found " + value.dump());
  return value.get<std::int64_t>();
}

}  // namespace models
