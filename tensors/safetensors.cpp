// SPDX-License-Identifier: MIT
#include "tensors/safetensors.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>

#include "tensors/npz.h"

static_assert(std::endian::native == std::endian::little, "the format's numbers are little endian");

namespace tensors {
namespace {

constexpr std::uint64_t kLengthBytes = 8;
constexpr base::Limit kHeaderBytes{"safetensors-header-bytes"};

/// What people have in place of the file that they think they have.
std::string known_mistake(std::string_view head) {
  if (head.starts_with("version https://git-lfs"))
    return "is a Git LFS pointer and not the file itself: fetch it with 'git lfs pull'";
  if (head.starts_with("PK\x03\x04") || head.starts_with("\x80\x02"))
    return "is a PyTorch pickle under another name: convert it to safetensors";
  if (head.starts_with("GGUF")) return "is a GGUF file, which is not supported: take the model's safetensors file";
  if (head.starts_with("<")) return "is a web page: the download went wrong";
  return {};
}

}  // namespace

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path)
    : path_(path), mapping_(std::make_shared<const MappedFile>(path)) {
  const std::string_view all(mapping_->size() > 0 ? mapping_->data() : "", mapping_->size());
  if (const std::string mistake = known_mistake(all); !mistake.empty()) throw FileError(path.string() + ": " + mistake);
  if (all.size() < kLengthBytes)
    throw FileError(path.string() + ": is " + std::to_string(all.size()) +
                    " bytes long, too short for a safetensors file");
  std::uint64_t length = 0;
  std::memcpy(&length, all.data(), kLengthBytes);
  if (length > kHeaderBytes.most())
    throw FileError(path.string() + ": is not a safetensors file: its header would be " + std::to_string(length) +
                    " bytes long, where it may have at most " + kHeaderBytes.text());
  if (length > all.size() - kLengthBytes)
    throw FileError(path.string() + ": is cut off within the header: the file has " + std::to_string(all.size()) +
                    " bytes, the header " + std::to_string(length) + "; fetch it again");
  header_ = SafetensorsHeader::parse(all.substr(kLengthBytes, length), path.string());
  data_begin_ = kLengthBytes + length;
  const std::uint64_t have = all.size() - data_begin_;
  if (have < header_.data_bytes) {
    std::size_t whole = 0;
    while (header_.entries[whole].end <= have) ++whole;
    throw FileError(path.string() + ": is cut off within " + in_quotes(header_.entries[whole].name) + ": it has " +
                    std::to_string(have) + " of " + std::to_string(header_.data_bytes) +
                    " bytes of data; fetch it again");
  }
  if (have > header_.data_bytes)
    throw FileError(path.string() + ": has " + std::to_string(have - header_.data_bytes) +
                    " bytes behind the last tensor that belong to none");
  for (const SafetensorsEntry& entry : header_.entries) by_name_.emplace(entry.name, &entry);
}

const SafetensorsEntry* SafetensorsFile::find(const std::string& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

at::Tensor SafetensorsFile::tensor(const SafetensorsEntry& entry) const {
  char* data = mapping_->data() + data_begin_ + entry.begin;
  const auto view = [&](at::ScalarType dtype) {
    return at::from_blob(
        data, entry.shape, [keep = mapping_](void*) {}, at::TensorOptions(dtype));
  };
  if (entry.dtype == at::kBool) return view(at::kByte).ne(0);  // a bool that is neither 0 nor 1 is undefined behaviour
  const std::size_t size = c10::elementSize(entry.dtype);
  if (reinterpret_cast<std::uintptr_t>(data) % size == 0) return view(entry.dtype);
  const at::Tensor copy = at::empty(entry.shape, at::TensorOptions(entry.dtype));
  if (entry.end > entry.begin) std::memcpy(copy.data_ptr(), data, entry.end - entry.begin);
  return copy;
}

at::Tensor SafetensorsFile::tensor(const std::string& name) const {
  const SafetensorsEntry* entry = find(name);
  if (entry == nullptr) throw FileError(path_.string() + ": has no tensor " + in_quotes(name));
  return tensor(*entry);
}

void SafetensorsFile::prefetch(const SafetensorsEntry& entry) const {
  // Linux reads no more of what it is advised of at a time than a device takes in one request.
  constexpr std::uint64_t kStep = 512 << 10;
  for (std::uint64_t at = entry.begin; at < entry.end; at += kStep)
    mapping_->advise(data_begin_ + at, data_begin_ + std::min(at + kStep, entry.end), MADV_WILLNEED, false);
}

void SafetensorsFile::release(const SafetensorsEntry& entry) const {
  mapping_->advise(data_begin_ + entry.begin, data_begin_ + entry.end, MADV_DONTNEED, true);
}

}  // namespace tensors
