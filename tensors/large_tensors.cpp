// SPDX-License-Identifier: MIT
#include "tensors/large_tensors.h"

#include <c10/core/CPUAllocator.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <unordered_map>
#include <vector>

#include "tensors/torch.h"

namespace tensors {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kLarge = kHugePage;  // smaller ones are served well enough by malloc

/// A block's place in memory: data is where a huge page begins, somewhere in what was mapped.
struct Pages {
  void *data, *mapped;
  std::size_t bytes;
};

Pages map_pages(std::size_t bytes) {
  std::size_t room = bytes + kHugePage;
  void* const mapped = mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  void* data = mapped;
  std::align(kHugePage, bytes, data, room);
  madvise(data, bytes, MADV_HUGEPAGE);  // advice: may be declined
  return {data, mapped, bytes};
}

void unmap(const Pages& pages) {
  munmap(pages.mapped, pages.bytes + kHugePage);
}

/// All blocks of the process: those in use, and those that were freed and may be wanted again. Thread-safe.
class Blocks {
 public:
  void* take(std::size_t bytes) {
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = kept_.find(bytes); found != kept_.end()) {
        const Pages pages = found->second;
        kept_.erase(found);
        kept_bytes_ -= bytes;
        used_.emplace(pages.data, pages);
        return pages.data;
      }
    }
    const Pages pages = map_pages(bytes);
    const std::lock_guard lock(mutex_);
    used_.emplace(pages.data, pages);
    return pages.data;
  }

  /// False when the memory is not of here.
  bool give(void* data) {
    if (reinterpret_cast<std::uintptr_t>(data) % kHugePage != 0) return false;
    std::vector<Pages> dropped;
    {
      const std::lock_guard lock(mutex_);
      const auto found = used_.find(data);
      if (found == used_.end()) return false;
      kept_.emplace(found->second.bytes, found->second);
      kept_bytes_ += found->second.bytes;
      used_.erase(found);
      while (kept_bytes_ > kKeptBytes) {  // the largest go first: one of them makes the most room
        const auto largest = std::prev(kept_.end());
        kept_bytes_ -= largest->first;
        dropped.push_back(largest->second);
        kept_.erase(largest);
      }
    }
    for (const Pages& pages : dropped) unmap(pages);
    return true;
  }

 private:
  std::mutex mutex_;
  std::unordered_map<void*, Pages> used_;
  std::multimap<std::size_t, Pages> kept_;  ///< by bytes
  std::size_t kept_bytes_ = 0;
};

/// Never destroyed, since tensors may be freed until the process ends.
Blocks& blocks() {
  static Blocks* const all = new Blocks;
  return *all;
}

constexpr std::size_t kSmallAlignment = 64;

/// From malloc itself, with where it begins in front. Aligned memory from libc, which libtorch takes, leaves a gap in
/// front of each tensor that glibc before 2.38 does not use again as well (bench/README.md has the figures).
void* take_small(std::size_t bytes) {
  if (bytes == 0) return nullptr;
  void* const begin = std::malloc(bytes + kSmallAlignment);
  if (begin == nullptr) throw std::bad_alloc();
  // malloc aligns to 16 at least, so that this leaves 16 bytes at least.
  const std::uintptr_t data = (reinterpret_cast<std::uintptr_t>(begin) / kSmallAlignment + 1) * kSmallAlignment;
  reinterpret_cast<void**>(data)[-1] = begin;
  return reinterpret_cast<void*>(data);
}

void free_tensor(void* data) {
  if (data != nullptr && !blocks().give(data)) std::free(static_cast<void**>(data)[-1]);
}

#ifdef __clang__
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Winconsistent-missing-override"  // says what the comment in the class does
#endif
/// A tensor's memory is known by its address alone: oneDNN keeps nothing else of what it allocates here.
class LargeTensors final : public c10::Allocator {
 public:
  // Which of the two is the virtual one, and whether copy_data is, differs between versions of libtorch.
  c10::DataPtr allocate(std::size_t bytes) const { return memory(bytes); }
  c10::DataPtr allocate(std::size_t bytes) { return memory(bytes); }
  void copy_data(void* to, const void* from, std::size_t bytes) const { std::memcpy(to, from, bytes); }
  c10::DeleterFnPtr raw_deleter() const override { return &free_tensor; }

 private:
  static c10::DataPtr memory(std::size_t bytes) {
    void* const data =
        bytes < kLarge ? take_small(bytes) : blocks().take((bytes + kHugePage - 1) / kHugePage * kHugePage);
    return {data, data, &free_tensor, at::Device(at::kCPU)};
  }
};
#ifdef __clang__
#pragma clang diagnostic pop
#endif

}  // namespace

void keep_memory_of_large_tensors() {
  static LargeTensors allocator;
  c10::SetCPUAllocator(&allocator, 1);
}

}  // namespace tensors
