// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "tensors/safetensors.h"

namespace models {

/// Has the system read tensors from their files, in the order of the files, while others that are there already are
/// converted: a thread of its own that waits for the disk. It stays a little ahead and no more, so that memory for what
/// is read is not taken from what is needed sooner.
class WeightReadAhead {
 public:
  struct Piece {
    const tensors::SafetensorsFile* file;
    const tensors::SafetensorsEntry* entry;
  };
  /// The files must outlive this.
  explicit WeightReadAhead(std::vector<Piece> pieces);

  /// So many bytes more are no longer waited for.
  void took(std::uint64_t bytes);

 private:
  void run(const std::stop_token& stop);

  const std::vector<Piece> pieces_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::uint64_t taken_ = 0;  ///< bytes; guarded by the mutex
  std::jthread thread_;      // last: it uses all others
};

}  // namespace models
