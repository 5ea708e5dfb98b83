// SPDX-License-Identifier: MIT
#include "models/files/weight_read_ahead.h"

namespace models {
namespace {

/// Enough to keep a disk busy, and no burden on small machines.
constexpr std::uint64_t kAhead = std::uint64_t{256} << 20;

}  // namespace

WeightReadAhead::WeightReadAhead(std::vector<Piece> pieces)
    : pieces_(std::move(pieces)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

void WeightReadAhead::took(std::uint64_t bytes) {
  {
    const std::lock_guard lock(mutex_);
    taken_ += bytes;
  }
  changed_.notify_one();
}

void WeightReadAhead::run(const std::stop_token& stop) {
  std::uint64_t read = 0;
  for (const Piece& piece : pieces_) {
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [&] { return read < taken_ + kAhead; })) return;
    }
    piece.file->prefetch(*piece.entry);
    read += piece.entry->end - piece.entry->begin;
  }
}

}  // namespace models
