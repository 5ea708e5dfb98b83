// SPDX-License-Identifier: MIT
#include "tensors/safetensors_header.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "tensors/npz.h"

namespace tensors {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxDimensions = 64;  // torch's own
constexpr base::Limit kTensors{"safetensors-tensors"};
constexpr const char* kMetadata = "__metadata__";

struct Dtype {
  std::string_view name;
  at::ScalarType type;
};
constexpr std::array<Dtype, 10> kDtypes{{{"F64", at::kDouble},
                                         {"F32", at::kFloat},
                                         {"F16", at::kHalf},
                                         {"BF16", at::kBFloat16},
                                         {"I64", at::kLong},
                                         {"I32", at::kInt},
                                         {"I16", at::kShort},
                                         {"I8", at::kChar},
                                         {"U8", at::kByte},
                                         {"BOOL", at::kBool}}};

/// What the header says of one tensor, before it is known whether that makes sense.
struct Draft {
  std::optional<std::string> dtype{};
  std::optional<std::vector<std::uint64_t>> shape{}, offsets{};
};

/// Takes the header apart while it is parsed, so that hostile JSON is refused where it begins to differ from what a
/// header is, and never becomes a tree in memory.
class Reader : public nlohmann::json_sax<json> {
 public:
  explicit Reader(const std::string& file) : file_(file) {}

  bool start_object(std::size_t) override {
    if (depth_ == 1 && list_ == nullptr) fields_.clear();
    else if (depth_ != 0) return refuse("an object where none belongs");
    ++depth_;
    return true;
  }
  bool end_object() override {
    --depth_;
    if (depth_ == 1 && name_ != kMetadata) drafts.emplace_back(name_, std::exchange(draft_, {}));
    return true;
  }
  bool key(std::string& key) override {
    if (depth_ == 1) {
      name_ = key;
      if (!names_.insert(key).second) fail("is there twice");
      if (names_.size() > kTensors.most())
        throw FileError(file_ + ": has too many tensors: at most " + kTensors.text());
    } else {
      field_ = key;
      if (!fields_.insert(key).second) fail("has the field " + in_quotes(key) + " twice");
      if (name_ != kMetadata && key != "dtype" && key != "shape" && key != "data_offsets")
        fail("has an unknown field " + in_quotes(key));
    }
    return true;
  }
  bool start_array(std::size_t) override {
    if (depth_ != 2 || list_ != nullptr || name_ == kMetadata || field_ == "dtype")
      return refuse("a list where none belongs");
    list_ = &(field_ == "shape" ? draft_.shape : draft_.offsets).emplace();
    return true;
  }
  bool end_array() override {
    list_ = nullptr;
    return true;
  }
  bool number_unsigned(std::uint64_t value) override {
    if (list_ == nullptr) return refuse("a number where none belongs");
    if (list_->size() == kMaxDimensions) fail("has more than " + std::to_string(kMaxDimensions) + " dimensions");
    list_->push_back(value);
    return true;
  }
  bool string(std::string& value) override {
    if (depth_ == 2 && name_ == kMetadata) metadata.emplace(field_, value);
    else if (depth_ == 2 && list_ == nullptr && field_ == "dtype") draft_.dtype = value;
    else return refuse("a text where none belongs");
    return true;
  }
  bool null() override { return depth_ == 1 && name_ == kMetadata ? true : refuse("null"); }
  bool boolean(bool) override { return refuse("true or false"); }
  bool number_integer(std::int64_t value) override { return refuse("the number " + std::to_string(value)); }
  bool number_float(double, const std::string& text) override {
    return refuse("the number " + text.substr(0, 40) + ", which is not a whole number of 64 bits");
  }
  bool binary(json::binary_t&) override { return refuse("bytes"); }
  bool parse_error(std::size_t position, const std::string&, const json::exception&) override {
    throw FileError(file_ + ": the header is not JSON, from its byte " + std::to_string(position) +
                    " on: the file is damaged");
  }

  std::vector<std::pair<std::string, Draft>> drafts{};
  std::map<std::string, std::string> metadata{};

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw FileError(file_ + ": " + in_quotes(name_) + " " + what);
  }
  bool refuse(const std::string& what) const {
    if (depth_ == 0) throw FileError(file_ + ": the header is not a JSON object");
    fail("has " + what + (depth_ == 2 ? " in its field " + in_quotes(field_) : ""));
  }

  const std::string& file_;
  int depth_ = 0;  ///< 1: in the header, 2: in a tensor's object
  std::string name_{}, field_{};
  std::set<std::string> names_{}, fields_{};
  Draft draft_{};
  std::vector<std::uint64_t>* list_ = nullptr;
};

at::ScalarType dtype_of(const std::string& name, const std::string& what) {
  const auto found = std::ranges::find(kDtypes, name, &Dtype::name);
  if (found != kDtypes.end()) return found->type;
  if (name.starts_with("F8_") || name.starts_with("F6_") || name == "F4" || name == "F8")
    throw FileError(what + " has the dtype " + name +
                    ": floats of fewer than 16 bits are not supported; take the F16 " +
                    "file of this model, or convert it");
  throw FileError(what + " has the dtype " + in_quotes(name) +
                  ", which is not supported; supported are F64, F32, F16, BF16, I64, I32, I16, I8, U8 and BOOL");
}

SafetensorsEntry entry_of(const std::string& name, const Draft& draft, const std::string& file) {
  const std::string what = file + ": " + in_quotes(name);
  if (!draft.dtype) throw FileError(what + " has no dtype");
  if (!draft.shape) throw FileError(what + " has no shape");
  if (!draft.offsets || draft.offsets->size() != 2)
    throw FileError(what + " has no data_offsets, a list of two numbers");
  SafetensorsEntry entry{name, dtype_of(*draft.dtype, what), {}, (*draft.offsets)[0], (*draft.offsets)[1]};
  std::uint64_t bytes = c10::elementSize(entry.dtype);
  bool empty = false, overflow = false;
  for (const std::uint64_t size : *draft.shape) {
    overflow |= size > static_cast<std::uint64_t>(INT64_MAX);
    if (size == 0) empty = true;
    else overflow |= __builtin_mul_overflow(bytes, size, &bytes);
    entry.shape.push_back(static_cast<std::int64_t>(size));
  }
  if (overflow || bytes > static_cast<std::uint64_t>(INT64_MAX)) throw FileError(what + " has an impossible shape");
  if (empty) bytes = 0;
  if (entry.begin > entry.end || entry.end - entry.begin != bytes)
    throw FileError(what + " needs " + std::to_string(bytes) +
                    " bytes by its shape and dtype, but its data_offsets are " + std::to_string(entry.begin) + " to " +
                    std::to_string(entry.end));
  return entry;
}

/// The data of all tensors must be one after the other, as the format wants it.
void check_places(const std::vector<SafetensorsEntry>& entries, const std::string& file) {
  std::uint64_t at = 0;
  const SafetensorsEntry* before = nullptr;
  for (const SafetensorsEntry& entry : entries) {
    if (entry.begin < at)
      throw FileError(file + ": the data of " + in_quotes(entry.name) + " and of " + in_quotes(before->name) +
                      " overlap");
    if (entry.begin > at)
      throw FileError(file + ": " + std::to_string(entry.begin - at) + " bytes before the data of " +
                      in_quotes(entry.name) + " belong to no tensor");
    at = entry.end;
    before = &entry;
  }
}

}  // namespace

std::string in_quotes(const std::string& name) {
  constexpr std::size_t kMost = 200;
  std::string text = "'";
  for (const char c : name.substr(0, kMost)) text += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
  return text + (name.size() > kMost ? "…'" : "'");
}

std::optional<std::string> safetensors_dtype(at::ScalarType type) {
  const auto found = std::ranges::find(kDtypes, type, &Dtype::type);
  return found == kDtypes.end() ? std::nullopt : std::optional<std::string>(found->name);
}

SafetensorsHeader SafetensorsHeader::parse(std::string_view text, const std::string& name) {
  if (!text.starts_with('{')) throw FileError(name + ": the header is not a JSON object");
  Reader reader(name);
  json::sax_parse(text, &reader);
  SafetensorsHeader header;
  header.metadata = std::move(reader.metadata);
  for (const auto& [key, draft] : reader.drafts) header.entries.push_back(entry_of(key, draft, name));
  std::ranges::stable_sort(header.entries, {},
                           [](const SafetensorsEntry& entry) { return std::pair(entry.begin, entry.end); });
  check_places(header.entries, name);
  if (!header.entries.empty()) header.data_bytes = header.entries.back().end;
  return header;
}

}  // namespace tensors
