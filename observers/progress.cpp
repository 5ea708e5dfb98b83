// SPDX-License-Identifier: MIT
#include "observers/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ostream>

#include "observers/wording.h"

namespace observers {
namespace {

using graph::Event;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kBetweenDrawings{100};
constexpr seconds kBetweenNews{10};  // of plain style
constexpr const char* kRed = "\x1b[31m";
constexpr const char* kYellow = "\x1b[33m";
constexpr const char* kClear = "\r\x1b[K";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

int terminal_width(int descriptor) {
  winsize size{};
  return ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/// How many loops and eaches the node lies in.
int depth(const graph::Graph& graph, int node) {
  return static_cast<int>(graph.owners_of(node).size());
}

std::int64_t root_loops(const graph::Graph& graph) {
  return std::count_if(graph.nodes.begin(), graph.nodes.end(),
                       [](const graph::GraphNode& node) { return node.body >= 0 && node.region == 0; });
}

/// "0.0123", "4e-04"
std::string number_text(double number) {
  std::array<char, 32> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.3g", number);
  return buffer.data();
}

std::string rate_text(double per_second) {
  std::array<char, 32> buffer{};
  if (per_second >= 1) std::snprintf(buffer.data(), buffer.size(), "%.1f items/s", per_second);
  else std::snprintf(buffer.data(), buffer.size(), "%.1f s/item", 1 / per_second);
  return buffer.data();
}

}  // namespace

ProgressOptions progress_options_for(int descriptor) {
  ProgressOptions options;
  if (isatty(descriptor) != 1 || environment("TERM") == "dumb") return options;
  options.style = ProgressStyle::kTerminal;
  options.color = environment("NO_COLOR").empty();
  options.width = [descriptor] { return terminal_width(descriptor); };
  return options;
}

Progress::Progress(std::ostream& out, const graph::Plan& plan, ProgressOptions options)
    : out_(out), plan_(plan), options_(std::move(options)), root_loops_(root_loops(plan.graph())) {}

Progress::~Progress() {
  const std::lock_guard lock(mutex_);
  clear();
}

unsigned Progress::wants() const {
  if (options_.style == ProgressStyle::kQuiet)
    return Event::kItemStarted | Event::kItemFinished | Event::kError | Event::kStalled;
  return Event::kRunStarted | Event::kItemStarted | Event::kItemFinished | Event::kStep | Event::kScalar |
         Event::kWarning | Event::kError | Event::kStalled | Event::kStopping | Event::kRunFinished;
}

void Progress::observe(const Event& event) {
  const std::lock_guard lock(mutex_);
  const auto now = options_.now();
  switch (event.kind) {
    case Event::kRunStarted:
      items_ = event.count;
      start_ = drawn_at_ = said_at_ = now;
      running_ = true;
      break;
    case Event::kItemStarted:
      flights_[event.item] = {event.text, now};
      break;
    case Event::kItemFinished:
      finished(event, now);
      break;
    case Event::kStep:
      stepped(event);
      break;
    case Event::kScalar:
      told(event);
      break;
    case Event::kWarning:
      say_about(event, "warning", kYellow);
      break;
    case Event::kError:
    case Event::kStalled:
      say_about(event, "error", kRed);
      break;
    case Event::kStopping:
      say(one_line(event.text));
      break;
    case Event::kRunFinished:
      running_ = false;
      clear();
      break;
    default:
      break;
  }
  dirty_ = true;
  refresh(now);
}

void Progress::idle() {
  const std::lock_guard lock(mutex_);
  refresh(options_.now());
}

void Progress::print(const std::string& line) {
  const std::lock_guard lock(mutex_);
  say(line);
  refresh(options_.now());
}

void Progress::finished(const Event& event, graph::Clock::time_point now) {
  ++(event.status == graph::ItemStatus::kDone     ? done_
     : event.status == graph::ItemStatus::kFailed ? failed_
                                                  : cancelled_);
  const auto flight = flights_.find(event.item);
  if (flight == flights_.end()) return;
  if (options_.style == ProgressStyle::kPlain) {
    say(tally() + " " + item_text(event.item, flight->second.label) + " " + graph::status_name(event.status) + " (" +
        duration_text(now - flight->second.start) + ")");
    said_at_ = now;
  }
  flights_.erase(flight);
}

void Progress::stepped(const Event& event) {
  const auto found = flights_.find(event.item);
  if (found == flights_.end() || event.node < 0 || event.turns <= 0) return;
  Flight& flight = found->second;
  const graph::GraphNode& node = plan_.graph().nodes[event.node];
  const int loops = depth(plan_.graph(), event.node);
  if (loops == 0 && node.body >= 0) {
    double& share = flight.loops[event.node];  // elements end in any order: what is told last may not be the most
    share = std::max(share, std::min(1.0, static_cast<double>(event.turn) / event.turns));
  }
  // What happens inside a loop's turn is not shown in place of the turn.
  if (loops > flight.depth) return;
  flight.depth = loops;
  flight.step = plan_.graph().place_of(event.node, event.element) + " " + std::to_string(event.turn) + "/" +
                std::to_string(event.turns);
}

/// The last number of each name, in the order in which they came up.
void Progress::told(const Event& event) {
  constexpr std::size_t kMost = 6;  // the line is short
  const auto found = flights_.find(event.item);
  if (found == flights_.end()) return;
  std::vector<std::pair<std::string, double>>& scalars = found->second.scalars;
  const auto known = std::ranges::find(scalars, event.text, [](const auto& one) { return one.first; });
  if (known != scalars.end()) known->second = event.number;
  else if (scalars.size() < kMost) scalars.emplace_back(event.text, event.number);
}

void Progress::say(const std::string& line) {
  clear();
  out_ << line << '\n' << std::flush;
  dirty_ = true;
}

void Progress::say_about(const Event& event, const char* severity, const char* color) {
  std::string line = options_.color ? std::string(color) + severity + ":\x1b[0m" : std::string(severity) + ":";
  if (event.item >= 0 && plan_.items() > 1) {
    const auto flight = flights_.find(event.item);
    line += " " + item_text(event.item, flight == flights_.end() ? "" : flight->second.label) + ":";
  }
  if (event.node >= 0) line += " node '" + plan_.graph().place_of(event.node, event.element) + "':";
  say(line + " " + one_line(event.text));
}

void Progress::refresh(graph::Clock::time_point now) {
  if (!running_) return;
  if (options_.style == ProgressStyle::kPlain && !flights_.empty() && now - said_at_ >= kBetweenNews) {
    say(line(now));
    said_at_ = now;
  }
  if (options_.style != ProgressStyle::kTerminal) return;
  // Without news it is drawn once a second, for the time left.
  if (now - drawn_at_ < (dirty_ ? kBetweenDrawings : milliseconds{1000})) return;
  const int width = std::max(1, options_.width());
  // The last column stays free: writing there makes some terminals wrap.
  out_ << '\r' + fit(line(now), static_cast<std::size_t>(width) - 1) + "\x1b[K" << std::flush;
  drawn_ = true;
  dirty_ = false;
  drawn_at_ = now;
}

void Progress::clear() {
  if (drawn_) out_ << kClear << std::flush;
  drawn_ = false;
}

std::string Progress::tally() const {
  const std::string total = items_ < 0 ? "" : "/" + std::to_string(items_);
  return "[" + std::to_string(done_ + failed_ + cancelled_) + total + "]";
}

std::string Progress::line(graph::Clock::time_point now) const {
  std::string text = tally();
  if (failed_ > 0) text += " " + std::to_string(failed_) + " failed";
  if (cancelled_ > 0) text += " " + std::to_string(cancelled_) + " cancelled";
  const double elapsed = std::chrono::duration<double>(now - start_).count();
  const std::int64_t ended = done_ + failed_ + cancelled_;
  if (ended > 0 && elapsed > 0) text += ", " + rate_text(static_cast<double>(ended) / elapsed);
  const double share = share_done();
  if (share > 0 && share < 1 && elapsed > 0) {
    const auto left = std::chrono::duration<double>(elapsed * (1 - share) / share);
    text += ", " + clock_text(std::chrono::ceil<seconds>(left)) + " left";
  }
  for (const auto& [item, flight] : flights_) text += " | " + flight_text(item, flight);
  return text;
}

double Progress::share_done() const {
  if (items_ <= 0) return 0;
  double sum = static_cast<double>(done_ + failed_ + cancelled_);
  for (const auto& [item, flight] : flights_) {
    for (const auto& [loop, share] : flight.loops) sum += share / static_cast<double>(root_loops_);
  }
  return sum / static_cast<double>(items_);
}

std::string Progress::flight_text(std::int64_t item, const Flight& flight) const {
  std::string text = flight.label.empty() ? "item " + std::to_string(item) : one_line(flight.label);
  if (!flight.step.empty()) text += " " + flight.step;
  for (const auto& [name, number] : flight.scalars) text += " " + name + " " + number_text(number);
  return text;
}

}  // namespace observers
