// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <iosfwd>
#include <limits>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "graph/bus.h"
#include "graph/plan.h"

namespace observers {

/// How progress is shown.
enum class ProgressStyle {
  kTerminal,  ///< one line that is rewritten in place
  kPlain,     ///< a line per finished item; for pipes and log files
  kQuiet,     ///< errors and stalls alone
};

struct ProgressOptions {
  ProgressStyle style = ProgressStyle::kPlain;
  bool color = false;
  std::function<int()> width = [] { return 80; };  ///< of the terminal, in columns; asked before each drawing
  std::function<graph::Clock::time_point()> now = graph::Clock::now;
};

/// The options that suit a file descriptor: kTerminal with its width when it is a terminal (and TERM is not "dumb"),
/// colours unless NO_COLOR is set and not empty; kPlain otherwise.
ProgressOptions progress_options_for(int descriptor);

/// Shows a run while it goes on: items done of all, failed, where those in flight are, rate and time left. Warnings and
/// errors are lines of their own above it. At most ten drawings a second; at the end the line is cleared.
class Progress final : public graph::BusObserver {
 public:
  /// `out` and `plan` must outlive the observer.
  Progress(std::ostream& out, const graph::Plan& plan, ProgressOptions options);
  ~Progress() override;

  unsigned wants() const override;
  void observe(const graph::Event& event) override;
  void idle() override;

  /// Prints a line above the progress line: for logs of the program. Thread-safe.
  void print(const std::string& line);

 private:
  struct Flight {
    std::string label;
    graph::Clock::time_point start{};
    int depth = std::numeric_limits<int>::max();            ///< how many loops the node of `step` lies in
    std::string step{};                                     ///< "denoise 12/30"
    std::vector<std::pair<std::string, double>> scalars{};  ///< what nodes told last
    std::map<int, double> loops{};                          ///< share done of each loop that lies in no other
  };

  void finished(const graph::Event& event, graph::Clock::time_point now);
  void stepped(const graph::Event& event);
  void told(const graph::Event& event);
  void say(const std::string& line);
  void say_about(const graph::Event& event, const char* severity, const char* color);
  void refresh(graph::Clock::time_point now);
  void clear();
  std::string tally() const;
  std::string line(graph::Clock::time_point now) const;
  double share_done() const;
  std::string flight_text(std::int64_t item, const Flight& flight) const;

  std::ostream& out_;
  const graph::Plan& plan_;
  ProgressOptions options_;
  const std::int64_t root_loops_;
  std::mutex mutex_;
  std::map<std::int64_t, Flight> flights_;  ///< by item
  std::int64_t items_ = 0, done_ = 0, failed_ = 0, cancelled_ = 0;
  graph::Clock::time_point start_{}, drawn_at_{}, said_at_{};
  bool running_ = false;
  bool drawn_ = false;  ///< the progress line is on the terminal
  bool dirty_ = false;  ///< and there is news since
};

}  // namespace observers
