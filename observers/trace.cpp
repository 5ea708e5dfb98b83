// SPDX-License-Identifier: MIT
#include "observers/trace.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/fault_injection.h"
#include "base/file_error.h"

namespace observers {
namespace {

using graph::Event;
using Json = nlohmann::ordered_json;

constexpr int kProcess = 1;
constexpr int kTracksPerLane = 1000;  // for the order of the tracks alone

/// The format counts in microseconds; three decimals keep the nanoseconds.
std::string microseconds(std::int64_t ns) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%lld.%03d", static_cast<long long>(ns / 1000), static_cast<int>(ns % 1000));
  return text.data();
}

double in_milliseconds(graph::Clock::duration time) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  return static_cast<double>(std::max<std::int64_t>(0, us)) / 1000;
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Times are kept as text, which JSON's doubles would round after some days.
std::string object(const char* phase, const std::string& name, std::int64_t at, int tid, const std::string& more) {
  return "{\"ph\":\"" + std::string(phase) + "\",\"name\":" + dump(name) + ",\"ts\":" + microseconds(at) +
         ",\"pid\":" + std::to_string(kProcess) + ",\"tid\":" + std::to_string(tid) + more + "}";
}

std::string metadata(const char* name, int tid, const Json& args) {
  return dump({{"ph", "M"}, {"name", name}, {"pid", kProcess}, {"tid", tid}, {"args", args}});
}

}  // namespace

Trace::Trace(std::string path, const graph::Plan& plan)
    : path_(std::move(path)), part_(path_ + ".unfinished"), plan_(plan) {
  errno = 0;
  file_.open(part_, std::ios::binary);
  if (!file_) base::throw_file_error("write the trace", path_, errno);
  file_ << "[\n";
  write(metadata("process_name", 0, {{"name", "decoupage " + plan.graph().name}}));
}

Trace::~Trace() {
  try {
    close();
  } catch (const std::exception&) {  // close() is how to hear of it
  }
}

unsigned Trace::wants() const {
  return Event::kRunStarted | Event::kItemStarted | Event::kItemFinished | Event::kNodeFinished | Event::kWarning |
         Event::kError | Event::kStalled | Event::kStopping | Event::kRunFinished;
}

void Trace::observe(const Event& event) {
  if (!open_) return;
  switch (event.kind) {
    case Event::kRunStarted:
      start_ = event.time;
      break;
    case Event::kItemStarted:
      flows_[event.item] = {event.lane, event.text};
      track_for(event.lane, 0, 0);
      count_flights(event.time);
      break;
    case Event::kItemFinished:
      finish_item(event);
      break;
    case Event::kNodeFinished:
      slice(event);
      break;
    case Event::kRunFinished:
      close();
      break;
    default:
      mark(event);
      break;
  }
}

void Trace::write(const std::string& object) {
  if (!std::exchange(first_, false)) file_ << ",\n";
  errno = base::injection::strike("write", path_);
  if (errno != 0) file_.setstate(std::ios::badbit);
  file_ << object;
  if (!file_) base::throw_file_error("write the trace", path_, errno);
}

void Trace::close() {
  if (!std::exchange(open_, false)) return;
  errno = 0;
  file_ << "\n]\n";
  file_.close();
  if (file_.fail()) base::throw_file_error("write the trace", path_, errno);
  if (const int error =
          base::injection::attempt("rename", path_, [&] { return std::rename(part_.c_str(), path_.c_str()); }))
    base::throw_file_error("write the trace", path_, error);
  whole_ = true;
}

std::int64_t Trace::since_start(graph::Clock::time_point time) const {
  using std::chrono::nanoseconds;
  return std::max<std::int64_t>(0, std::chrono::duration_cast<nanoseconds>(time - start_).count());
}

/// Slices come in the order of their ends. The track whose last slice ended latest before this one began is taken, so
/// that the others stay free for longer ones.
int Trace::track_for(int lane, std::int64_t start, std::int64_t end) {
  Track* best = nullptr;
  int of_lane = 0;
  for (Track& track : tracks_) {
    if (track.lane != lane) continue;
    ++of_lane;
    if (track.end <= start && (!best || track.end > best->end)) best = &track;
  }
  if (!best) {
    const int tid = static_cast<int>(tracks_.size()) + 1;
    std::string name = "lane " + std::to_string(lane);
    if (of_lane > 0) name += " (" + std::to_string(of_lane + 1) + ")";
    write(metadata("thread_name", tid, {{"name", name}}));
    write(metadata("thread_sort_index", tid, {{"sort_index", lane * kTracksPerLane + of_lane}}));
    best = &tracks_.emplace_back(Track{lane, tid, 0});
  }
  best->end = std::max(best->end, end);
  return best->tid;
}

void Trace::slice(const Event& event) {
  const std::int64_t start = since_start(event.start);
  const std::int64_t end = std::max(start, since_start(event.time));
  const int tid = track_for(event.lane, start, end);
  const auto flow = flows_.find(event.item);
  Json args{{"item", event.item},
            {"label", flow == flows_.end() ? "" : flow->second.label},
            {"turn", event.turn},
            {"rows", event.rows},
            {"queueing ms", in_milliseconds(event.queued)},
            {"compute ms", in_milliseconds(event.time - event.start - event.copied - event.waited)},
            {"copy ms", in_milliseconds(event.copied)},
            {"wait ms", in_milliseconds(event.waited)}};
  if (event.backward.count() > 0) args["backward ms"] = in_milliseconds(event.backward);
  if (!event.element.empty()) args["place"] = plan_.graph().place_of(event.node, event.element);
  write(object("X", plan_.graph().nodes[event.node].id, start, tid,
               ",\"cat\":\"node\",\"dur\":" + microseconds(end - start) + ",\"args\":" + dump(args)));
  if (flow != flows_.end()) join_flow(flow->second, event.item, tid, start, end);
}

/// An arrow's point must lie in its slice, and the points of an item must not go back in time, though slices that
/// overlap end in any order: each point is the earliest moment of its slice that keeps to that. Whether a point is the
/// last is known at the item's end only, so one is held back.
void Trace::join_flow(Flow& flow, std::int64_t item, int tid, std::int64_t start, std::int64_t end) {
  const std::int64_t at = flow.pending ? std::max(start, flow.at + 1) : start;
  if (at >= end) return;
  if (flow.pending) {
    write_flow(item, flow, flow.begun ? "t" : "s");
    flow.begun = true;
  }
  flow.pending = true;
  flow.tid = tid;
  flow.at = at;
}

void Trace::write_flow(std::int64_t item, const Flow& flow, const char* phase) {
  write(object(phase, "item", flow.at, flow.tid,
               ",\"cat\":\"item\",\"id\":" + std::to_string(item) + (*phase == 's' ? "" : ",\"bp\":\"e\"")));
}

void Trace::finish_item(const Event& event) {
  const auto found = flows_.find(event.item);
  if (found == flows_.end()) return;
  // An item of one slice has no arrow.
  if (found->second.begun) write_flow(event.item, found->second, "f");
  flows_.erase(found);
  count_flights(event.time);
}

void Trace::mark(const Event& event) {
  const auto flow = flows_.find(event.item);
  const bool placed = flow != flows_.end();
  const char* name = event.kind == Event::kWarning    ? "warning"
                     : event.kind == Event::kError    ? "error"
                     : event.kind == Event::kStopping ? "stopping"
                                                      : "stalled";
  Json args{{"text", event.text}};
  if (event.item >= 0) args["item"] = event.item;
  if (event.node >= 0) args["node"] = plan_.graph().place_of(event.node, event.element);
  const std::int64_t at = since_start(event.time);
  const int tid = placed ? lane_track(flow->second.lane) : 0;
  write(object("i", name, at, tid,
               ",\"cat\":\"message\",\"s\":\"" + std::string(placed ? "t" : "p") + "\",\"args\":" + dump(args)));
}

int Trace::lane_track(int lane) const {
  const auto track = std::find_if(tracks_.begin(), tracks_.end(), [lane](const Track& t) { return t.lane == lane; });
  return track == tracks_.end() ? 0 : track->tid;
}

void Trace::count_flights(graph::Clock::time_point time) {
  write(object("C", "items in flight", since_start(time), 0,
               ",\"args\":{\"items\":" + std::to_string(flows_.size()) + "}"));
}

}  // namespace observers
