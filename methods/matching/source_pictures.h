// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <opencv2/core.hpp>
#include <string>

#include "methods/matching/sources.h"

namespace matching {

/// The pictures that latents were made of, each read when it is first asked for and kept, up to a limit: beyond it
/// those that were not asked for the longest are dropped, and read again if need be. Thread-safe: who asks for a
/// picture that another thread is reading waits for it.
class SourcePictures {
 public:
  explicit SourcePictures(std::size_t keep_bytes = std::size_t{1} << 30) : keep_bytes_(keep_bytes) {}

  /// (H,W) CV_8UC3 RGB, original_height by original_width, to be read only. Upright, but as the file has its rows where
  /// only these fit: CollageNet encodes photographs as they are stored. Throws std::runtime_error that names the
  /// picture: not there, not to be read, or of another size than the source says.
  cv::Mat get(const SourceLatent& source);

 private:
  struct Entry {
    std::mutex reading;
    cv::Mat pixels;
    std::uint64_t asked = 0;
  };
  void drop_oldest();

  const std::size_t keep_bytes_;
  std::mutex mutex_;
  std::uint64_t clock_ = 0;
  std::map<std::string, std::shared_ptr<Entry>> entries_;
};

}  // namespace matching
