// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "graph/bus.h"
#include "graph/plan.h"
#include "graph/run.h"
#include "observers/summary.h"

namespace observers {

/// Writes a JSON object per event and line, as docs/events.md describes them. Lines are flushed as they are written,
/// those of node calls at the next idle moment.
///
/// read() throws std::runtime_error when the stream does not take what is written.
class JsonLines final : public graph::BusObserver {
 public:
  /// `out` and `plan` must outlive the observer.
  JsonLines(std::ostream& out, const graph::Plan& plan);

  unsigned wants() const override;
  void observe(const graph::Event& event) override;
  void idle() override;

  /// The last line, "report": what graph::run returned, the operators of the hottest node where they are known, and the
  /// paths of tables and plots of scalars (ScalarFiles::paths).
  /// Call it after the run, with the bus flushed.
  void write_report(const graph::RunReport& report, const std::vector<OperatorTime>& operators = {},
                    const std::vector<std::string>& scalars = {});

 private:
  double seconds(graph::Clock::time_point time) const;
  void check() const;

  std::ostream& out_;
  const graph::Plan& plan_;
  graph::Clock::time_point start_{};
  std::map<std::int64_t, std::string> labels_;  ///< of the items in flight
  std::int64_t done_ = 0, failed_ = 0, cancelled_ = 0;
};

}  // namespace observers
