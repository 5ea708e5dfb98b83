// SPDX-License-Identifier: MIT
#include <algorithm>
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

}  // namespace

/// The header, as JSON. Wide dtypes come first: then every tensor is aligned, without gaps, which the format forbids.
std::string SafetensorsWriter::reserve(std::vector<Slot> slots, const std::map<std::string, std::string>& metadata) {
  std::ranges::stable_sort(slots, std::greater{}, [](const Slot& slot) { return c10::elementSize(slot.dtype); });
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::uint64_t at = 0;
  for (const Slot& slot : slots) {
    const auto dtype = safetensors_dtype(slot.dtype);
    if (!dtype) throw std::invalid_argument(std::string("a safetensors file cannot hold ") + at::toString(slot.dtype));
    const std::uint64_t end = at + bytes_of(slot);
    if (slot.name == "__metadata__" ||
        !reserved_.emplace(slot.name, Reserved{{slot.name, slot.dtype, slot.shape, at, end}}).second)
      throw std::invalid_argument(path_ + ": " + in_quotes(slot.name) + " is reserved or there twice");
    header[slot.name] = {{"dtype", *dtype}, {"shape", slot.shape}, {"data_offsets", {at, end}}};
    at = end;
  }
  return header.dump();
}

SafetensorsWriter::SafetensorsWriter(const std::filesystem::path& path, const std::vector<Slot>& slots,
                                     const std::map<std::string, std::string>& metadata)
    : path_(path.string()), file_(path) {
  std::string header = reserve(slots, metadata);
  header.append((kDataAlignment - (8 + header.size()) % kDataAlignment) % kDataAlignment, ' ');
  const std::uint64_t length = header.size();
  data_begin_ = 8 + length;
  file_.write(std::as_bytes(std::span(&length, 1)));
  file_.write(header);
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

void write_safetensors(const std::filesystem::path& path,
                       const std::vector<std::pair<std::string, at::Tensor>>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::vector<SafetensorsWriter::Slot> slots;
  for (const auto& [name, tensor] : tensors) slots.push_back({name, tensor.scalar_type(), tensor.sizes().vec()});
  SafetensorsWriter writer(path, slots, metadata);
  for (const auto& [name, tensor] : tensors) writer.write(name, tensor);
  writer.finish();
}

}  // namespace tensors
