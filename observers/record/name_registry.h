// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/descriptor.h"

namespace observers {

/// Which run of a shared folder made which file, so that none writes over what another one made. It is kept in
/// runs/names.jsonl, a line for each name, written before the file: other processes see it, and a run that goes on
/// after a crash knows its own. Thread-safe.
class NameRegistry {
 public:
  /// For run `number` of `folder`. Throws std::runtime_error: the file cannot be opened, or read.
  /// `overwrite`: it takes over what is there.
  NameRegistry(const std::string& folder, int number, bool overwrite = false);

  /// The run may write the file of this path below the folder: it is its own, or nobody's and not there, or taken over
  /// from a run that is not at work. Throws std::runtime_error otherwise, saying whose it is.
  void claim(const std::string& path);

 private:
  [[noreturn]] static void refuse(const std::string& path, const std::string& why);
  bool is_at_work(int run) const;
  /// Takes in what was written to the file since the last time.
  void read_more();

  const std::string folder_, file_path_;
  const int number_;
  const bool overwrite_;
  std::mutex mutex_;
  base::Descriptor file_;
  std::uint64_t read_ = 0;                       ///< bytes of whole lines that are taken in
  bool torn_ = false;                            ///< a crash left half a line behind these
  std::unordered_map<std::size_t, int> owners_;  ///< run, by the path's hash: there may be many
};

}  // namespace observers
