// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace graph {

/// A place in a graph file (or on the command line: then `line` is 0 and `file` names the flag).
/// Lines and columns count from 1.
struct Mark {
  std::string file;
  int line = 0;
  int column = 0;
};

/// One thing wrong with a graph: where, and what. `what` names the cure where there is one.
struct Fault {
  Mark mark;
  std::string what;

  /// "file:line:col: error: what", the line that editors and compilers' users know; or "warning".
  std::string text(const char* sort = "error") const;
};

/// Everything wrong with a graph, found before anything ran. Sorted by place, without repeats.
class Faults : public std::runtime_error {
 public:
  explicit Faults(const std::vector<Fault>& faults);
  const std::vector<Fault>& list() const { return list_; }

 private:
  std::vector<Fault> list_;
};

}  // namespace graph
