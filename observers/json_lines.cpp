// SPDX-License-Identifier: MIT
#include "observers/json_lines.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <ostream>
#include <stdexcept>

namespace observers {
namespace {

using graph::Event;
using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;

double to_seconds(graph::Clock::duration duration) {
  return std::round(std::chrono::duration<double>(duration).count() * 1e6) / 1e6;
}

const char* event_name(Event::Kind kind) {
  switch (kind) {
    case Event::kRunStarted:
      return "run_started";
    case Event::kItemStarted:
      return "item_started";
    case Event::kItemFinished:
      return "item_finished";
    case Event::kNodeStarted:
      return "node_started";
    case Event::kNodeFinished:
      return "node_finished";
    case Event::kStep:
      return "step";
    case Event::kPreview:
      return "preview";
    case Event::kOutput:
      return "output";
    case Event::kWarning:
      return "warning";
    case Event::kError:
      return "error";
    case Event::kStalled:
      return "stalled";
    case Event::kStopping:
      return "stopping";
    case Event::kRunFinished:
      return "run_finished";
    case Event::kScalar:
      return "scalar";
  }
  return "";
}

Json outputs_json(const std::vector<graph::Output>& outputs) {
  Json list = Json::array();
  for (const graph::Output& output : outputs) {
    list.push_back({{"node", output.node}, {"path", output.path}, {"bytes", output.bytes}});
  }
  return list;
}

/// Where something happened. `node`: its id, or null.
Json place_json(const Event& event, const Json& node) {
  return {{"item", event.item}, {"lane", event.lane}, {"node", node}, {"turn", event.turn}};
}

/// Of a call that has ended; `start` in seconds of the run.
Json times_json(const Event& event, double start) {
  return {{"start", start},
          {"seconds", to_seconds(event.time - event.start)},
          {"rows", event.rows},
          {"call", event.call},
          {"queued", to_seconds(event.queued)},
          {"copied", to_seconds(event.copied)},
          {"waited", to_seconds(event.waited)},
          {"backward", to_seconds(event.backward)}};
}

Json item_end_json(const Event& event, const std::string& label, const Json& node) {
  return {{"item", event.item},
          {"label", label},
          {"lane", event.lane},
          {"status", graph::status_name(event.status)},
          {"node", node},
          {"reason", event.status == graph::ItemStatus::kFailed ? Json(event.text) : Json(nullptr)},
          {"outputs", outputs_json(event.outputs)}};
}

void write_line(std::ostream& out, const Json& line) {
  out << line.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
}

}  // namespace

JsonLines::JsonLines(std::ostream& out, const graph::Plan& plan) : out_(out), plan_(plan) {}

unsigned JsonLines::wants() const {
  return (Event::kScalar << 1) - 1;
}

double JsonLines::seconds(graph::Clock::time_point time) const {
  return time <= start_ ? 0.0 : to_seconds(time - start_);
}

void JsonLines::check() const {
  if (!out_) throw std::runtime_error("cannot write the JSON lines of --json: the reader is gone or the disk is full");
}

void JsonLines::observe(const Event& event) {
  if (event.kind == Event::kRunStarted) start_ = event.time;
  Json line{{"v", kVersion}, {"event", event_name(event.kind)}, {"t", seconds(event.time)}};
  const auto node = [&]() -> Json { return event.node < 0 ? Json(nullptr) : Json(plan_.graph().nodes[event.node].id); };
  switch (event.kind) {
    case Event::kRunStarted:
      line.update({{"graph", plan_.graph().name}, {"items", event.count < 0 ? Json(nullptr) : Json(event.count)}});
      break;
    case Event::kItemStarted:
      labels_[event.item] = event.text;
      line.update({{"item", event.item}, {"label", event.text}, {"lane", event.lane}});
      break;
    case Event::kItemFinished:
      ++(event.status == graph::ItemStatus::kDone     ? done_
         : event.status == graph::ItemStatus::kFailed ? failed_
                                                      : cancelled_);
      line.update(item_end_json(event, labels_[event.item], node()));
      labels_.erase(event.item);
      break;
    case Event::kNodeStarted:
      line.update(place_json(event, node()));
      break;
    case Event::kNodeFinished:
      line.update(place_json(event, node()));
      line.update(times_json(event, seconds(event.start)));
      break;
    case Event::kStep:
      line.update(place_json(event, node()));
      line["turns"] = event.turns;
      break;
    case Event::kScalar:
      line.update(place_json(event, node()));
      line["turns"] = event.turns;
      line["around"] = event.around;
      line["name"] = event.text;
      line["value"] = std::isfinite(event.number) ? Json(event.number) : Json(nullptr);
      break;
    case Event::kPreview:
      line.update({{"item", event.item},
                   {"node", node()},
                   {"type", event.value.empty() ? Json(nullptr) : Json(event.value.type().name)}});
      break;
    case Event::kOutput:
      for (const Json& output : outputs_json(event.outputs)) {
        line["item"] = event.item;
        line.update(output);
      }
      break;
    case Event::kWarning:
    case Event::kError:
      line.update(
          {{"item", event.item < 0 ? Json(nullptr) : Json(event.item)}, {"node", node()}, {"text", event.text}});
      break;
    case Event::kStalled:
    case Event::kStopping:
      line["text"] = event.text;
      break;
    case Event::kRunFinished:
      line.update({{"done", done_}, {"failed", failed_}, {"cancelled", cancelled_}});
      break;
  }
  if (line.contains("node")) line["element"] = event.node < 0 ? Json(nullptr) : Json(event.element);
  write_line(out_, line);
  if (!(event.kind & (Event::kNodeStarted | Event::kNodeFinished | Event::kScalar))) out_.flush();
  check();
}

void JsonLines::idle() {
  out_.flush();
  check();
}

void JsonLines::write_report(const graph::RunReport& report, const std::vector<OperatorTime>& operators,
                             const std::vector<std::string>& scalars) {
  Json line{{"v", kVersion},
            {"event", "report"},
            {"t", to_seconds(report.elapsed)},
            {"admitted", report.admitted},
            {"done", report.done},
            {"failed", report.failed},
            {"cancelled", report.cancelled},
            {"skipped", report.skipped},
            {"interrupted", report.interrupted},
            {"time_is_up", report.time_is_up},
            {"lanes", report.lanes},
            {"lanes_used", report.lanes_used},
            {"nodes", Json::array()},
            {"hottest", nullptr},
            {"operators", Json::array()},
            {"scalars", scalars},
            {"failures", Json::array()}};
  if (const int hottest = hottest_node(report); hottest >= 0) line["hottest"] = plan_.graph().nodes[hottest].id;
  for (const OperatorTime& one : operators)
    line["operators"].push_back({{"name", one.name}, {"calls", one.calls}, {"seconds", to_seconds(one.time)}});
  for (std::size_t i = 0; i < report.nodes.size(); ++i) {
    const graph::GraphNode& node = plan_.graph().nodes[i];
    if (node.sort != graph::GraphNode::Sort::kNode) continue;
    const graph::NodeStats& stats = report.nodes[i];
    line["nodes"].push_back({{"node", node.id},
                             {"calls", stats.calls},
                             {"packets", stats.packets},
                             {"passed", stats.passed},
                             {"seconds", to_seconds(stats.busy)},
                             {"queued", to_seconds(stats.queued)},
                             {"copied", to_seconds(stats.copied)},
                             {"waited", to_seconds(stats.waited)},
                             {"backward", to_seconds(stats.backward)}});
  }
  for (const graph::RunReport::Failure& failure : report.failures) {
    line["failures"].push_back({{"item", failure.item}, {"node", failure.node}, {"text", failure.what}});
  }
  write_line(out_, line);
  idle();
}

}  // namespace observers
