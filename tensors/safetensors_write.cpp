// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "tensors/npz.h"
#include "tensors/safetensors.h"

namespace tensors {
namespace {

constexpr std::size_t kDataAlignment = 64;  // a cache line, and any dtype's

std::uint64_t bytes_of(const SafetensorsWriter::Slot& slot) {
  std::uint64_t bytes = c10::elementSize(slot.dtype);
  for (const std::int64_t size : slot.shape) bytes *= static_cast<std::uint64_t>(size);
  return bytes;
}

/// Where everything stands in a file, and what its first bytes say of that.
struct FileLayout {
  std::string head{};  ///< length and header
  std::vector<SafetensorsEntry> entries{};
};

/// Wide dtypes come first: then every tensor is aligned, without gaps, which the format forbids. `path` is for
/// messages.
FileLayout lay_out(std::vector<SafetensorsWriter::Slot> slots, const std::map<std::string, std::string>& metadata,
                   const std::string& path) {
  std::ranges::stable_sort(slots, std::greater{}, [](const auto& slot) { return c10::elementSize(slot.dtype); });
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  if (!metadata.empty()) json["__metadata__"] = metadata;
  FileLayout layout;
  std::uint64_t at = 0;
  for (const SafetensorsWriter::Slot& slot : slots) {
    const auto dtype = safetensors_dtype(slot.dtype);
    if (!dtype) throw std::invalid_argument(std::string("a safetensors file cannot hold ") + at::toString(slot.dtype));
    if (json.contains(slot.name) || slot.name == "__metadata__")
      throw std::invalid_argument(path + ": " + in_quotes(slot.name) + " is reserved or there twice");
    const std::uint64_t end = at + bytes_of(slot);
    layout.entries.push_back({slot.name, slot.dtype, slot.shape, at, end});
    json[slot.name] = {{"dtype", *dtype}, {"shape", slot.shape}, {"data_offsets", {at, end}}};
    at = end;
  }
  std::string header = json.dump();
  header.append((kDataAlignment - (8 + header.size()) % kDataAlignment) % kDataAlignment, ' ');
  const std::uint64_t length = header.size();
  layout.head.assign(reinterpret_cast<const char*>(&length), sizeof(length));
  layout.head += header;
  return layout;
}

}  // namespace

SafetensorsWriter::SafetensorsWriter(const std::filesystem::path& path, const std::vector<Slot>& slots,
                                     const std::map<std::string, std::string>& metadata)
    : path_(path.string()), file_(path) {
  const FileLayout layout = lay_out(slots, metadata, path_);
  for (const SafetensorsEntry& entry : layout.entries) reserved_.emplace(entry.name, Reserved{entry});
  data_begin_ = layout.head.size();
  file_.write(layout.head);
}

void SafetensorsWriter::write(const std::string& name, const at::Tensor& tensor) {
  const auto found = reserved_.find(name);
  if (found == reserved_.end() || found->second.written || found->second.entry.dtype != tensor.scalar_type() ||
      tensor.sizes() != at::IntArrayRef(found->second.entry.shape))
    throw std::invalid_argument(path_ + ": " + in_quotes(name) + " was not announced so, or was written before");
  const at::Tensor data = tensor.detach().to(at::kCPU).contiguous();
  file_.write_at({static_cast<const std::byte*>(data.data_ptr()), data.nbytes()},
                 data_begin_ + found->second.entry.begin);
  found->second.written = true;
}

void SafetensorsWriter::finish() {
  for (const auto& [name, place] : reserved_) {
    if (!place.written) throw std::logic_error(path_ + ": " + in_quotes(name) + " was never written");
  }
  file_.finish();
}

namespace {
std::vector<SafetensorsWriter::Slot> slots_of(const std::vector<std::pair<std::string, at::Tensor>>& tensors) {
  std::vector<SafetensorsWriter::Slot> slots;
  for (const auto& [name, tensor] : tensors) slots.push_back({name, tensor.scalar_type(), tensor.sizes().vec()});
  return slots;
}
}  // namespace

void write_safetensors(const std::filesystem::path& path,
                       const std::vector<std::pair<std::string, at::Tensor>>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  SafetensorsWriter writer(path, slots_of(tensors), metadata);
  for (const auto& [name, tensor] : tensors) writer.write(name, tensor);
  writer.finish();
}

std::vector<std::byte> safetensors_bytes(const std::vector<std::pair<std::string, at::Tensor>>& tensors,
                                         const std::map<std::string, std::string>& metadata) {
  const FileLayout layout = lay_out(slots_of(tensors), metadata, "a safetensors file");
  const auto head = std::as_bytes(std::span(layout.head));
  std::vector<std::byte> bytes(head.begin(), head.end());
  bytes.resize(head.size() + (layout.entries.empty() ? 0 : layout.entries.back().end));
  for (const SafetensorsEntry& entry : layout.entries) {
    const auto found = std::ranges::find(tensors, entry.name, [](const auto& one) { return one.first; });
    const at::Tensor data = found->second.detach().to(at::kCPU).contiguous();
    std::memcpy(bytes.data() + head.size() + entry.begin, data.data_ptr(), data.nbytes());
  }
  return bytes;
}

}  // namespace tensors
