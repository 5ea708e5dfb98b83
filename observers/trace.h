// SPDX-License-Identifier: MIT
#pragma once

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "graph/bus.h"
#include "graph/plan.h"

namespace observers {

/// Writes a run as Chrome trace events (JSON array format), which ui.perfetto.dev and chrome://tracing open: a track
/// per lane (and more of them, "lane 0 (2)", while several calls of one item run at once), a slice per node call (with
/// what of it was computing, copying and waiting, and how long it had been queueing before, in milliseconds), arrows
/// that lead through an item's slices, a counter of the items in flight, marks for warnings and errors.
///
/// Memory is bounded by the items in flight. The file grows as "<path>.unfinished" and takes its name when the run has
/// finished; after a crash it lies there and still opens, since the format lets the closing bracket go.
class Trace final : public graph::BusObserver {
 public:
  /// `plan` must outlive the observer. Throws std::runtime_error, naming path and reason, when the file cannot be made.
  Trace(std::string path, const graph::Plan& plan);
  /// Closes the file if it still is open. Errors are lost here: call close() to see them.
  ~Trace() override;

  unsigned wants() const override;
  void observe(const graph::Event& event) override;

  /// Ends the file and gives it its name; kRunFinished does the same. A second call does nothing.
  /// Throws std::runtime_error, naming path and reason.
  void close();
  /// Whether it is closed and has its name.
  bool whole() const { return whole_; }

 private:
  struct Track {
    int lane;
    int tid;
    std::int64_t end;  ///< of its last slice, ns
  };
  /// An item in flight, and its last slice: whether an arrow leads on from there is not yet known.
  struct Flow {
    int lane = -1;
    std::string label{};
    bool pending = false;  ///< it has a slice
    bool begun = false;    ///< an arrow leads to that slice
    int tid = 0;
    std::int64_t at = 0;  ///< a moment inside the slice, ns
  };

  std::int64_t since_start(graph::Clock::time_point time) const;
  int track_for(int lane, std::int64_t start, std::int64_t end);
  int lane_track(int lane) const;
  void slice(const graph::Event& event);
  void join_flow(Flow& flow, std::int64_t item, int tid, std::int64_t start, std::int64_t end);
  void write_flow(std::int64_t item, const Flow& flow, const char* phase);
  void finish_item(const graph::Event& event);
  void mark(const graph::Event& event);
  void count_flights(graph::Clock::time_point time);
  void write(const std::string& object);

  std::string path_, part_;
  const graph::Plan& plan_;
  std::ofstream file_;
  bool open_ = true;
  bool whole_ = false;
  bool first_ = true;
  graph::Clock::time_point start_{};
  std::vector<Track> tracks_;
  std::map<std::int64_t, Flow> flows_;  ///< of the items in flight
};

}  // namespace observers
