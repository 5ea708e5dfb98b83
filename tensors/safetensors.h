// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/atomic_file.h"
#include "tensors/mapped_file.h"
#include "tensors/safetensors_header.h"

/// Files of tensors in Hugging Face's safetensors format: eight bytes of header length (little endian), a JSON header,
/// the tensors' bytes. Source: the format's description at github.com/huggingface/safetensors.
namespace tensors {

/// A file, mapped into memory. Reading it costs what is looked at. The file must not be shortened while it is open or
/// while a tensor of it lives: the system ends a program that reads what is no longer there.
///
/// All members may be called from several threads at once.
class SafetensorsFile {
 public:
  /// Throws FileError for a file that cannot be read, is cut off, has a header larger than its limit, or whatever
  /// SafetensorsHeader::parse refuses.
  explicit SafetensorsFile(const std::filesystem::path& path);
  SafetensorsFile(SafetensorsFile&&) noexcept = default;

  const std::filesystem::path& path() const { return path_; }
  /// In the order of the data.
  const std::vector<SafetensorsEntry>& entries() const { return header_.entries; }
  const std::map<std::string, std::string>& metadata() const { return header_.metadata; }
  /// Null when there is none of that name.
  const SafetensorsEntry* find(const std::string& name) const;

  /// The tensor on the CPU in the file's dtype. It is a view of the mapping, which it keeps alive, and must not be
  /// written to; a copy where the file's bytes cannot be used as they lie (not aligned, or truth values).
  at::Tensor tensor(const SafetensorsEntry& entry) const;
  /// Throws FileError that names the file when there is none of that name.
  at::Tensor tensor(const std::string& name) const;

  /// Asks the system to read the tensor's bytes soon, without waiting for them.
  void prefetch(const SafetensorsEntry& entry) const;
  /// The pages of the tensor need not stay in this process's memory. Views stay valid: what they look at is read again.
  void release(const SafetensorsEntry& entry) const;

 private:
  std::filesystem::path path_;
  std::shared_ptr<const MappedFile> mapping_;
  std::uint64_t data_begin_ = 0;
  SafetensorsHeader header_;
  std::unordered_map<std::string, const SafetensorsEntry*> by_name_;
};

/// Writes a file tensor by tensor, in any order, without holding more than one. It is there when finish() has returned,
/// whole, and not before (base/atomic_file.h). Where it cannot be written, all functions throw std::runtime_error that
/// names path and reason; then, and when the writer goes without finish(), nothing is left behind.
class SafetensorsWriter {
 public:
  struct Slot {
    std::string name;
    at::ScalarType dtype;
    std::vector<std::int64_t> shape;
  };
  /// Throws std::invalid_argument for names that are there twice or reserved, and for dtypes that the format has not.
  SafetensorsWriter(const std::filesystem::path& path, const std::vector<Slot>& slots,
                    const std::map<std::string, std::string>& metadata = {});

  /// Throws std::invalid_argument when the tensor is not what the slot of that name says or was written before.
  void write(const std::string& name, const at::Tensor& tensor);
  /// Throws std::logic_error when a tensor was not written.
  void finish();

 private:
  struct Reserved {
    SafetensorsEntry entry;
    bool written = false;
  };

  std::string path_;
  base::AtomicFile file_;
  std::uint64_t data_begin_ = 0;
  std::unordered_map<std::string, Reserved> reserved_;
};

/// All at once.
void write_safetensors(const std::filesystem::path& path,
                       const std::vector<std::pair<std::string, at::Tensor>>& tensors,
                       const std::map<std::string, std::string>& metadata = {});
/// The same bytes.
std::vector<std::byte> safetensors_bytes(const std::vector<std::pair<std::string, at::Tensor>>& tensors,
                                         const std::map<std::string, std::string>& metadata = {});

}  // namespace tensors
