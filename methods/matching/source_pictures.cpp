// SPDX-License-Identifier: MIT
#include "methods/matching/source_pictures.h"

#include <algorithm>
#include <stdexcept>

#include "imaging/files/picture.h"

namespace matching {
namespace {

std::string size_text(int width, int height) {
  return std::to_string(width) + "x" + std::to_string(height);
}

cv::Mat read(const SourceLatent& source) {
  const cv::Size due(source.original_width, source.original_height);
  cv::Mat pixels = imaging::read_pixels(source.source_path);
  if (pixels.size() == due) return pixels;
  const std::string found = size_text(pixels.cols, pixels.rows);
  pixels = imaging::read_pixels(source.source_path, imaging::Orientation::kAsStored);
  if (pixels.size() == due) return pixels;
  throw std::runtime_error(source.source_path + ": has " + found + " pixels, but " + source.path + " was made of " +
                           size_text(due.width, due.height) +
                           ": put that picture back, or encode this one (decoupage encode)");
}

}  // namespace

cv::Mat SourcePictures::get(const SourceLatent& source) {
  std::shared_ptr<Entry> entry;
  {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<Entry>& known =
        entries_[size_text(source.original_width, source.original_height) + " " + source.source_path];
    if (!known) known = std::make_shared<Entry>();
    known->asked = ++clock_;
    entry = known;
  }
  const std::lock_guard reading(entry->reading);
  if (!entry->pixels.empty()) return entry->pixels;
  cv::Mat pixels = read(source);
  const std::lock_guard lock(mutex_);
  entry->pixels = pixels;
  drop_oldest();
  return pixels;
}

void SourcePictures::drop_oldest() {
  const auto bytes_of = [](const auto& named) { return named.second->pixels.total() * 3; };
  std::size_t bytes = 0;
  for (const auto& named : entries_) bytes += bytes_of(named);
  while (bytes > keep_bytes_) {
    // What was asked for last is in use, and stays even when it alone is too much.
    auto oldest = entries_.end();
    for (auto at = entries_.begin(); at != entries_.end(); ++at) {
      const bool older = oldest == entries_.end() || at->second->asked < oldest->second->asked;
      if (!at->second->pixels.empty() && at->second->asked != clock_ && older) oldest = at;
    }
    if (oldest == entries_.end()) return;
    bytes -= bytes_of(*oldest);
    entries_.erase(oldest);
  }
}

}  // namespace matching
