// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

/// Output folders of one run's shards, joined into one.
namespace observers {

/// The folders cannot be joined: one holds no run, or another one, or a record that cannot be meant well, or is being
/// written. Nothing of them has been changed.
class NotOneRun : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct JoinOptions {
  std::vector<std::string> folders;
  std::string into;   ///< made when it is not there; may hold an earlier join of the same run, or be one of `folders`
  bool copy = false;  ///< never link
};

struct JoinReport {
  int linked = 0, copied = 0;      ///< files
  std::vector<std::string> notes;  ///< worth a warning, each naming its file
};

/// Throws NotOneRun, naming the file, unless the folder holds the record of a run. Returns run.json's text.
std::string run_record_in(const std::string& folder);

/// Brings the files that the journals of `folders` name, and the journals, into one folder, from which the run can be
/// resumed or looked at as if all shards had shared it. A file comes along when it is as its record says, as a hard
/// link where the file system can, else as a copy; of two that differ the first folder's is taken. A journal of a name
/// that is there grows by the records that it has not. Doing it again changes nothing.
///
/// Throws NotOneRun; std::runtime_error when something cannot be written.
JoinReport join_folders(const JoinOptions& options);

}  // namespace observers
