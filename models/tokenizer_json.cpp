// SPDX-License-Identifier: MIT
#include "models/tokenizer_json.h"

#include <fstream>
#include <limits>
#include <sstream>

#include "models/json.h"
#include "tensors/npz.h"

namespace models {
namespace {

using nlohmann::json;
using tensors::FileError;

constexpr std::uintmax_t kMaxBytes = 16 << 20;
constexpr std::int64_t kMaxId = std::numeric_limits<std::int32_t>::max();

}  // namespace

std::string read_tokenizer_text(const std::filesystem::path& file) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  if (error) throw FileError(file.string() + ": " + error.message());
  if (size > kMaxBytes)
    throw FileError(file.string() + ": is " + std::to_string(size) + " bytes long; a tokenizer's file has at most " +
                    std::to_string(kMaxBytes));
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  if (size > 0) text << stream.rdbuf();
  if (!stream) throw FileError(file.string() + ": cannot be read");
  return text.str();
}

json read_tokenizer_json(const std::filesystem::path& file) {
  return parse_object(read_tokenizer_text(file), file.string());
}

std::int64_t token_id(const json& value, const std::string& token, const std::filesystem::path& file) {
  if (!value.is_number_integer() || value < 0 || value > kMaxId)
    throw FileError(file.string() + ": " + json(token).dump() + ": expected an id from 0 to " + std::to_string(kMaxId) +
                    ", found " + value.dump());
  return value.get<std::int64_t>();
}

}  // namespace models
