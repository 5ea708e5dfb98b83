// SPDX-License-Identifier: MIT
#include "tensors/memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <new>

namespace tensors {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{256} << 20;
constexpr std::size_t kAlignment = 64;  // a cache line, and what vectorised code likes best

std::size_t rounded_up(std::size_t bytes, std::size_t to) {
  return (bytes + to - 1) / to * to;
}

}  // namespace

/// Nothing of it takes memory before it is written to.
class LongLivedMemory::Block {
 public:
  explicit Block(std::size_t bytes) : bytes_(bytes) {
    void* const data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (data == MAP_FAILED) throw std::bad_alloc();
    data_ = static_cast<char*>(data);
    madvise(data_, bytes_, MADV_HUGEPAGE);  // advice: may be declined
  }
  ~Block() { munmap(data_, bytes_); }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  char* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }

  /// Gives back the pages that lie wholly within.
  void drop(std::size_t begin, std::size_t end) const {
    static const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    begin = rounded_up(begin, page);
    end = end / page * page;
    if (begin < end) madvise(data_ + begin, end - begin, MADV_DONTNEED);
  }

 private:
  char* data_;
  std::size_t bytes_;
};

at::Tensor LongLivedMemory::empty(at::IntArrayRef shape, at::ScalarType dtype) {
  const std::size_t bytes = c10::elementSize(dtype) * static_cast<std::size_t>(c10::multiply_integers(shape));
  if (!block_ || block_->bytes() - used_ < bytes) {
    block_ = std::make_shared<const Block>(std::max(kBlockBytes, bytes));
    used_ = 0;
  }
  const std::size_t begin = used_;
  used_ = std::min(rounded_up(begin + bytes, kAlignment), block_->bytes());
  const auto drop = [block = block_, begin, bytes](void*) { block->drop(begin, begin + bytes); };
  return at::from_blob(block_->data() + begin, shape, drop, at::TensorOptions(dtype));
}

}  // namespace tensors
