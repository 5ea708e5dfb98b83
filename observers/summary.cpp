// SPDX-License-Identifier: MIT
#include "observers/summary.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ostream>
#include <string>
#include <vector>

#include "observers/wording.h"

namespace observers {
namespace {

using Row = std::vector<std::string>;

/// Which columns a table has: those of times that came up in it.
struct Shown {
  bool queued = false, copied = false, waited = false, backward = false;

  bool computed() const { return copied || waited || backward; }
};

std::string percent(graph::Clock::duration part, graph::Clock::duration whole) {
  if (whole <= graph::Clock::duration::zero()) return "-";
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%.1f %%",
                100.0 * static_cast<double>(part.count()) / static_cast<double>(whole.count()));
  return text.data();
}

Row row_of(const std::string& name, const graph::NodeStats& stats, graph::Clock::duration all, const Shown& shown) {
  Row row{name,
          std::to_string(stats.calls),
          std::to_string(stats.packets),
          duration_text(stats.busy),
          stats.calls > 0 ? duration_text(stats.busy / stats.calls) : "-",
          percent(stats.busy, all)};
  const auto add = [&row](graph::Clock::duration time) {
    row.push_back(duration_text(std::max(time, graph::Clock::duration::zero())));
  };
  if (shown.computed()) add(stats.computed() - stats.backward);
  if (shown.backward) add(stats.backward);
  if (shown.copied) add(stats.copied);
  if (shown.waited) add(stats.waited);
  if (shown.queued) row.push_back(duration_text(stats.queued));
  return row;
}

/// Nodes that can be called and were, or were never, as the graph has them.
std::vector<std::size_t> nodes_of(const graph::Graph& graph, const graph::RunReport& report, bool called) {
  std::vector<std::size_t> nodes;
  for (std::size_t i = 0; i < report.nodes.size() && i < graph.nodes.size(); ++i) {
    if (graph.nodes[i].sort == graph::GraphNode::Sort::kNode && (report.nodes[i].calls > 0) == called)
      nodes.push_back(i);
  }
  return nodes;
}

/// Nodes that were called, the most expensive first, equal ones as the graph has them.
std::vector<std::size_t> by_time(const graph::Graph& graph, const graph::RunReport& report) {
  std::vector<std::size_t> nodes = nodes_of(graph, report, true);
  std::stable_sort(nodes.begin(), nodes.end(), [&](std::size_t a, std::size_t b) {
    if (report.nodes[a].busy != report.nodes[b].busy) return report.nodes[a].busy > report.nodes[b].busy;
    return report.nodes[a].calls > report.nodes[b].calls;
  });
  return nodes;
}

void add(graph::NodeStats& sum, const graph::NodeStats& part) {
  sum.calls += part.calls;
  sum.packets += part.packets;
  sum.busy += part.busy;
  sum.queued += part.queued;
  sum.copied += part.copied;
  sum.waited += part.waited;
  sum.backward += part.backward;
}

std::vector<Row> rows_of(const graph::Graph& graph, const graph::RunReport& report, std::size_t most) {
  const std::vector<std::size_t> nodes = by_time(graph, report);
  graph::NodeStats all;
  for (const std::size_t node : nodes) add(all, report.nodes[node]);
  using std::chrono::microseconds;
  const Shown shown{all.queued >= microseconds(1), all.copied >= microseconds(1), all.waited >= microseconds(1),
                    all.backward >= microseconds(1)};
  std::vector<Row> rows{{"node", "calls", "packets", "total", "mean", "share"}};
  if (shown.computed()) rows.front().emplace_back(shown.backward ? "forward" : "compute");
  if (shown.backward) rows.front().emplace_back("backward");
  if (shown.copied) rows.front().emplace_back("copy");
  if (shown.waited) rows.front().emplace_back("wait");
  if (shown.queued) rows.front().emplace_back("queueing");
  graph::NodeStats others;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const graph::NodeStats& stats = report.nodes[nodes[i]];
    if (i < most) rows.push_back(row_of(graph.nodes[nodes[i]].id, stats, all.busy, shown));
    else add(others, stats);
  }
  if (nodes.size() > most)
    rows.push_back(row_of("… " + counted(nodes.size() - most, "other node"), others, all.busy, shown));
  return rows;
}

void write_table(std::ostream& out, const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const Row& row : rows) {
    for (std::size_t c = 0; c < widths.size(); ++c) widths[c] = std::max(widths[c], columns(row[c]));
  }
  for (const Row& row : rows) {
    out << row[0] << std::string(widths[0] - columns(row[0]), ' ');
    for (std::size_t c = 1; c < widths.size(); ++c)
      out << "  " << std::string(widths[c] - columns(row[c]), ' ') << row[c];
    out << '\n';
  }
}

void write_uncalled(std::ostream& out, const graph::Graph& graph, const graph::RunReport& report, bool by_name) {
  const std::vector<std::size_t> nodes = nodes_of(graph, report, false);
  if (nodes.empty()) return;
  out << counted(nodes.size(), "node") << " never called";
  if (!by_name) out << "; --verbose lists " << (nodes.size() == 1 ? "it" : "them");
  for (std::size_t i = 0; i < nodes.size() && by_name; ++i) out << (i == 0 ? ": " : ", ") << graph.nodes[nodes[i]].id;
  out << '\n';
}

std::string failure_text(const graph::Plan& plan, const graph::RunReport::Failure& failure, std::int64_t first_item) {
  const std::int64_t item = failure.item - first_item;
  const std::string label = item >= 0 && item < plan.items() ? plan.label(item) : "";
  std::string text = "failed: " + item_text(failure.item, label) + ": ";
  if (!failure.node.empty()) text += "node '" + failure.node + "': ";
  return text + one_line(failure.what);
}

}  // namespace

void write_summary(std::ostream& out, const graph::Plan& plan, const graph::RunReport& report,
                   const SummaryOptions& options) {
  if (report.admitted > 0) {
    write_table(out, rows_of(plan.graph(), report, options.max_nodes));
    write_uncalled(out, plan.graph(), report, options.list_uncalled);
    out << '\n';
  }
  write_outcome(out, plan, report, options);
}

int hottest_node(const graph::RunReport& report) {
  const auto hottest = std::max_element(report.nodes.begin(), report.nodes.end(),
                                        [](const auto& a, const auto& b) { return a.computed() < b.computed(); });
  if (hottest == report.nodes.end() || hottest->calls == 0) return -1;
  return static_cast<int>(hottest - report.nodes.begin());
}

void write_operators(std::ostream& out, const graph::Plan& plan, const graph::RunReport& report,
                     std::vector<OperatorTime> operators, std::size_t most) {
  const int node = hottest_node(report);
  if (node < 0) return;
  const graph::Clock::duration compute = report.nodes[node].computed();
  std::stable_sort(operators.begin(), operators.end(), [](const auto& a, const auto& b) { return a.time > b.time; });
  out << "operators of '" << plan.graph().nodes[node].id << "', which computed most (" << duration_text(compute)
      << "):\n";
  std::vector<Row> rows{{"operator", "calls", "total", "mean", "share"}};
  const auto add_row = [&](const std::string& name, const OperatorTime& one) {
    rows.push_back({name, std::to_string(one.calls), duration_text(one.time),
                    one.calls > 0 ? duration_text(one.time / one.calls) : "-", percent(one.time, compute)});
  };
  OperatorTime others;
  graph::Clock::duration inside{};
  for (std::size_t i = 0; i < operators.size(); ++i) {
    inside += operators[i].time;
    if (i < most) {
      add_row(operators[i].name, operators[i]);
      continue;
    }
    others.calls += operators[i].calls;
    others.time += operators[i].time;
  }
  if (operators.size() > most) add_row("… " + counted(operators.size() - most, "other operator"), others);
  const graph::Clock::duration outside = std::max(compute - inside, graph::Clock::duration::zero());
  rows.push_back({"outside of operators", "", duration_text(outside), "", percent(outside, compute)});
  write_table(out, rows);
}

void write_outcome(std::ostream& out, const graph::Plan& plan, const graph::RunReport& report,
                   const SummaryOptions& options) {
  const std::size_t shown = std::min(options.max_failures, report.failures.size());
  for (std::size_t i = 0; i < shown; ++i) {
    out << failure_text(plan, report.failures[i], options.first_item) << '\n';
  }
  // The report keeps the first failures; the count is of all.
  const std::size_t failed =
      std::max(report.failures.size(), static_cast<std::size_t>(std::max<std::int64_t>(0, report.failed)));
  if (failed > shown) out << "… and " << failed - shown << " more\n";
  if (report.admitted == 0 && report.skipped > 0) out << "nothing is left to do: ";
  out << counted(report.admitted, "item") << ": " << report.done << " done, " << report.failed << " failed";
  if (report.cancelled > 0) out << ", " << report.cancelled << " cancelled";
  if (report.skipped > 0) out << "; " << report.skipped << " skipped (whole already, or of another shard)";
  out << "; " << duration_text(report.elapsed) << " on ";
  if (report.lanes_used > 0 && report.lanes_used < report.lanes) out << report.lanes_used << " of ";
  out << counted(report.lanes, "lane");
  if (report.lanes_used > 0 && report.lanes_used < report.lanes) out << " (the memory budget)";
  if (report.interrupted) out << "; interrupted";
  else if (report.time_is_up) out << "; the time was up";
  out << '\n';
}

}  // namespace observers
