// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/fault_injection.h"
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

void sync_folder(const std::filesystem::path& folder) {
  const int file = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return;
  fsync(file);
  close(file);
}

}  // namespace

SafetensorsWriter::SafetensorsWriter(std::filesystem::path path, const std::vector<Slot>& slots,
                                     const std::map<std::string, std::string>& metadata)
    : path_(std::move(path)), temporary_(path_.string() + ".partial-" + std::to_string(getpid())) {
  // Wide dtypes first: then every tensor is aligned, without gaps, which the format forbids.
  std::vector<Slot> sorted = slots;
  std::ranges::stable_sort(sorted, std::greater{}, [](const Slot& slot) { return c10::elementSize(slot.dtype); });
  nlohmann::ordered_json header;
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::uint64_t at = 0;
  for (const Slot& slot : sorted) {
    const auto dtype = safetensors_dtype(slot.dtype);
    if (!dtype) throw std::invalid_argument(std::string("a safetensors file cannot hold ") + at::toString(slot.dtype));
    const std::uint64_t end = at + bytes_of(slot);
    if (slot.name == "__metadata__" ||
        !reserved_.emplace(slot.name, Reserved{{slot.name, slot.dtype, slot.shape, at, end}}).second)
      throw std::invalid_argument(path_.string() + ": " + in_quotes(slot.name) + " is reserved or there twice");
    header[slot.name] = {{"dtype", *dtype}, {"shape", slot.shape}, {"data_offsets", {at, end}}};
    at = end;
  }
  std::string text = slots.empty() && metadata.empty() ? "{}" : header.dump();
  text.append((kDataAlignment - (8 + text.size()) % kDataAlignment) % kDataAlignment, ' ');
  const std::uint64_t length = text.size();
  data_begin_ = 8 + length;
  file_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file_ < 0) fail("cannot be made");
  try {
    write_bytes(reinterpret_cast<const char*>(&length), 8, 0);
    write_bytes(text.data(), length, 8);
    if (ftruncate(file_, static_cast<off_t>(data_begin_ + at)) != 0) fail("cannot be written");
  } catch (...) {
    close(file_);
    std::filesystem::remove(temporary_);
    throw;
  }
}

SafetensorsWriter::~SafetensorsWriter() {
  if (file_ < 0) return;
  close(file_);
  std::error_code ignored;
  std::filesystem::remove(temporary_, ignored);
}

void SafetensorsWriter::fail(const char* what) const {
  throw FileError(path_.string() + ": " + what + ": " + std::strerror(errno));
}

void SafetensorsWriter::write_bytes(const char* bytes, std::uint64_t count, std::uint64_t offset) const {
  if ((errno = base::injection::strike("write", path_.native())) != 0) fail("cannot be written");
  while (count > 0) {
    const ssize_t done = pwrite(file_, bytes, std::min<std::uint64_t>(count, 1 << 30), static_cast<off_t>(offset));
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) fail("cannot be written");
    bytes += done;
    offset += static_cast<std::uint64_t>(done);
    count -= static_cast<std::uint64_t>(done);
  }
}

void SafetensorsWriter::write(const std::string& name, const at::Tensor& tensor) {
  const auto found = reserved_.find(name);
  if (found == reserved_.end() || found->second.written || found->second.entry.dtype != tensor.scalar_type() ||
      tensor.sizes() != at::IntArrayRef(found->second.entry.shape))
    throw std::invalid_argument(path_.string() + ": " + in_quotes(name) +
                                " was not announced so, or was written before");
  const at::Tensor data = tensor.detach().to(at::kCPU).contiguous();
  write_bytes(static_cast<const char*>(data.data_ptr()), data.nbytes(), data_begin_ + found->second.entry.begin);
  found->second.written = true;
}

void SafetensorsWriter::finish() {
  for (const auto& [name, place] : reserved_) {
    if (!place.written) throw std::logic_error(path_.string() + ": " + in_quotes(name) + " was never written");
  }
  if ((errno = base::injection::attempt("sync", path_.native(), [&] { return fsync(file_); })) != 0)
    fail("cannot be written");
  if (close(std::exchange(file_, -1)) != 0) fail("cannot be written");
  std::filesystem::rename(temporary_, path_);
  sync_folder(path_.parent_path());
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
