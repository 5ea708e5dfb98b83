// SPDX-License-Identifier: MIT
#include "tensors/mapped_file.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <string>

#include "base/fault_injection.h"
#include "base/reading.h"
#include "tensors/npz.h"

namespace tensors {

/// A file and where it lies in memory, for a handler of signals: it is never freed, and used again for the same file.
struct MappedRange {
  const std::string path;
  MappedRange* const next;
  std::atomic<std::uintptr_t> begin, end;  ///< both 0: nowhere
};

namespace {

std::atomic<MappedRange*> mapped_ranges = nullptr;
std::mutex mapped_ranges_mutex;
int code_of_lost_pages = 0;

MappedRange* enter_range(const std::string& path, const void* data, std::uint64_t size) {
  const auto begin = reinterpret_cast<std::uintptr_t>(data);
  const std::lock_guard lock(mapped_ranges_mutex);
  MappedRange* range = mapped_ranges;
  while (range != nullptr && (range->end != 0 || range->path != path)) range = range->next;
  if (range == nullptr) mapped_ranges = range = new MappedRange{path, mapped_ranges, 0, 0};
  range->begin = begin;
  range->end = begin + size;
  return range;
}

void say_to_stderr(const char* text) {
  [[maybe_unused]] const auto written = write(STDERR_FILENO, text, std::strlen(text));
}

void explain_lost_page(int /*signal*/, siginfo_t* info, void* /*context*/) {
  const auto at = reinterpret_cast<std::uintptr_t>(info->si_addr);
  for (const MappedRange* range = mapped_ranges; range != nullptr; range = range->next) {
    if (at < range->begin || at >= range->end) continue;
    say_to_stderr("\nerror: ");
    say_to_stderr(range->path.c_str());
    say_to_stderr(
        ": a part of it is gone while it is in use: it was made shorter, or its disk fails (put the whole file back; a "
        "run goes on with --resume)\n");
    _exit(code_of_lost_pages);
  }
  // Not of ours: it happens again, and then without a handler.
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path) {
  const base::Descriptor file = base::open_to_read(path);
  struct stat stat {};
  size_ = fstat(file.get(), &stat) == 0 ? static_cast<std::uint64_t>(stat.st_size) : 0;
  if (size_ > 0) data_ = mmap(nullptr, size_, PROT_READ, MAP_SHARED, file.get(), 0);
  const int error = data_ == MAP_FAILED ? errno : base::injection::strike("map", path.native());
  if (error != 0) {
    if (data_ != MAP_FAILED && size_ > 0) munmap(data_, size_);
    throw FileError(path.string() + ": cannot be mapped into memory: " + std::strerror(error));
  }
  if (size_ > 0) range_ = enter_range(path.string(), data_, size_);
}

MappedFile::~MappedFile() {
  if (size_ == 0) return;
  range_->begin = range_->end = 0;
  munmap(data_, size_);
}

void MappedFile::advise(std::uint64_t begin, std::uint64_t end, int advice, bool inner) const {
  static const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  if (inner) begin += page - 1;
  else end = std::min(end + page - 1, size_);
  begin = begin / page * page;
  end = end == size_ ? end : end / page * page;
  if (begin < end) madvise(data() + begin, end - begin, advice);  // advice: it matters little when it is not taken
}

void end_when_pages_are_lost(int code) {
  code_of_lost_pages = code;
  struct sigaction action {};
  action.sa_sigaction = explain_lost_page;
  action.sa_flags = SA_SIGINFO | static_cast<int>(SA_RESETHAND);
  sigaction(SIGBUS, &action, nullptr);
}

}  // namespace tensors
