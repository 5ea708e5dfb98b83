// SPDX-License-Identifier: MIT
#include "graph/planning/window.h"

#include <algorithm>

namespace graph {
namespace {

/// How many of the turns up to this one are in the window, this one included.
std::int64_t turns_in_window(const Turn& turn, double from, double to, std::int64_t every) {
  std::int64_t count = 0;
  for (Turn earlier{0, turn.count}; earlier.index <= turn.index;) {
    if (from <= earlier.progress() && earlier.progress() <= to) ++count;
    if (every > turn.index - earlier.index) break;
    earlier.index += static_cast<int>(every);
  }
  return count;
}

}  // namespace

bool switched_on(const Plan& plan, const GraphNode& node, std::int64_t item) {
  return !node.when || (std::get<bool>(plan.evaluate(node.when->only_if, item)) &&
                        !std::get<bool>(plan.evaluate(node.when->unless, item)));
}

bool switched_off(const Plan& plan, int node) {
  return plan.when_scope(node) == 0 && !switched_on(plan, plan.graph().nodes[node], 0);
}

WindowPlace place_in_window(const Plan& plan, const GraphNode& node, const Turn& turn, std::int64_t item) {
  const double progress = turn.progress();
  if (!node.when) return {true, progress};
  const double from = std::get<double>(plan.evaluate(node.when->from, item));
  const double to = std::get<double>(plan.evaluate(node.when->to, item));
  const std::int64_t every = std::get<std::int64_t>(plan.evaluate(node.when->every, item));
  const std::int64_t nth = std::get<std::int64_t>(plan.evaluate(node.when->nth, item));
  bool active = every > 0 && from <= progress && progress <= to && turn.index % every == 0;
  if (active && nth != 1) active = nth > 0 && turns_in_window(turn, from, to, every) % nth == 0;
  active = active && switched_on(plan, node, item);
  return {active, std::clamp((progress - from) / std::max(to - from, 1e-6), 0.0, 1.0)};
}

std::string empty_window(const Plan& plan, const GraphNode& node, int turns, std::int64_t item) {
  if (!node.when || !node.when->has_window || !switched_on(plan, node, item)) return "";
  const auto number = [&](const Expr& expr) { return std::get<double>(plan.evaluate(expr, item)); };
  const auto whole = [&](const Expr& expr) { return std::get<std::int64_t>(plan.evaluate(expr, item)); };
  const double from = number(node.when->from), to = number(node.when->to);
  const std::int64_t every = whole(node.when->every), nth = whole(node.when->nth);
  if (every <= 0 || nth <= 0) return "";
  std::int64_t held = 0;
  for (Turn turn{0, turns}; turn.index < turns && held < nth; turn.index += static_cast<int>(every)) {
    if (from <= turn.progress() && turn.progress() <= to) ++held;
    if (every > turns - turn.index) break;
  }
  if (held >= nth) return "";
  return "its window, from " + to_text(from) + " to " + to_text(to) +
         (every > 1 ? ", every " + std::to_string(every) : "") + ", holds " +
         (held == 0 ? "none" : "only " + std::to_string(held)) + " of the " + std::to_string(turns) +
         (turns == 1 ? " turn" : " turns") + ", so it does nothing";
}

}  // namespace graph
