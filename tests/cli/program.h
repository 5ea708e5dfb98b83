// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

/// Runs the command as a user does, and looks at what it prints, writes and returns.
namespace testing_cli {

struct Result {
  int code = -1;  ///< exit code; 128 + n when signal n ended it
  std::string out, err;
};

/// A folder of its own for a test, removed with it.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  /// Writes a file, with the folders above it. Returns its path.
  std::string write(const std::string& name, const std::string& text) const;
  std::string read(const std::string& name) const { return text_of(*this / name); }
  static std::string text_of(const std::string& path);
  /// Every file below a folder of it by relative path, with its bytes. The record of a run (run.json, items*.jsonl,
  /// runs/, and names that begin with a dot) is left out.
  std::map<std::string, std::string> outputs(const std::string& folder) const;
  /// All names below a folder of it, sorted, with nothing left out.
  std::vector<std::string> names(const std::string& folder) const;

 private:
  std::string path_;
};

/// What is not the same in two sets of files: "a.png differs, b.png is missing, c.png is more". "" when all is.
std::string difference(const std::map<std::string, std::string>& got, const std::map<std::string, std::string>& due);

/// How a program is started.
struct Start {
  std::string folder;                        ///< its working folder; "": the test's
  std::map<std::string, std::string> env{};  ///< added to the environment
  std::optional<long> file_limit{};          ///< RLIMIT_FSIZE, in bytes
  std::map<int, long> limits{};              ///< others: RLIMIT_NPROC, …
  bool soft = false;                         ///< the limits are soft ones alone
  std::optional<int> user{};                 ///< whose processes it is one of, where the test may say so
  std::vector<std::string> unset{};          ///< taken out of the environment
};

/// A program that runs.
class Program {
 public:
  Program(const std::vector<std::string>& args, const Start& start = {}, const std::string& program = DECOUPAGE);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void signal(int number) const;
  /// Waits until it has stopped (SIGSTOP). False: it has ended before.
  bool wait_until_stopped();
  bool running();
  /// Until it has ended.
  Result wait();
  std::string out_so_far() const;
  std::string err_so_far() const;

 private:
  pid_t pid_;
  std::optional<int> status_;
  std::string out_, err_;  ///< files
};

/// `decoupage ARGS…`, to its end.
Result decoupage(const std::vector<std::string>& args, const Start& start = {});

}  // namespace testing_cli
