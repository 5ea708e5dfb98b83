// SPDX-License-Identifier: MIT
// Elements of eaches, as observers tell of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "observers/json_lines.h"
#include "observers/progress.h"
#include "observers/trace.h"
#include "tests/observers/sample.h"

namespace observers {
namespace {

using graph::Event;
using sample::Script;
using testing::HasSubstr;

graph::Plan each_plan() {
  graph::Builder columns("columns");
  columns.node("one", "source");
  graph::Builder rows("rows");
  rows.each("columns", "3", columns).as("column");
  graph::Builder builder("sample");
  builder.param("seed", std::int64_t{0}).node("noise", "source", {{"seed", "$seed"}}).each("rows", "2", rows).as("row");
  graph::Graph graph = builder.check(sample::registry());
  return graph::Plan(std::make_shared<const graph::Graph>(std::move(graph)), {sample::swept("seed", 2)});
}

/// At rows[1].columns[2].one of item 1.
Event element_event(const graph::Plan& plan, Event::Kind kind, double ms) {
  Event event = Script::made(kind, ms, 1);
  event.node = plan.graph().find_node("rows.columns.one");
  event.element = {1, 2};
  event.text = "no";
  return event;
}

TEST(Elements, StandInLinesOfJson) {
  const graph::Plan plan = each_plan();
  std::ostringstream out;
  JsonLines lines(out, plan);
  lines.observe(element_event(plan, Event::kError, 1));
  const auto line = nlohmann::json::parse(out.str());
  EXPECT_EQ(line["node"], "rows.columns.one");
  EXPECT_EQ(line["element"], (std::vector<int>{1, 2}));
}

TEST(Elements, AreNamedInMessagesAndCountAsProgress) {
  const graph::Plan plan = each_plan();
  std::ostringstream out;
  ProgressOptions options;
  options.style = ProgressStyle::kTerminal;
  options.color = false;
  options.width = [] { return 120; };
  double now = 0;
  options.now = [&] { return Script::at(now); };
  Progress progress(out, plan, options);
  Script script(progress, plan);
  script.run_started(2);
  script.item_started(1, 0);
  progress.observe(element_event(plan, Event::kWarning, 1));
  EXPECT_THAT(out.str(), HasSubstr("node 'rows[1].columns[2].one': no\n"));
  now = 1000;
  Event step = Script::made(Event::kStep, 1000, 1);
  step.node = plan.graph().find_node("rows");
  step.turn = 1;
  step.turns = 2;
  progress.observe(step);
  EXPECT_THAT(out.str(), HasSubstr("[0/2], 0:03 left | seed=1 rows 1/2")) << "a quarter is done";
}

TEST(Elements, AreNamedInTraces) {
  const graph::Plan plan = each_plan();
  const std::string path = testing::TempDir() + "elements_trace.json";
  {
    Trace trace(path, plan);
    Script script(trace, plan);
    script.run_started(2);
    script.item_started(1, 0);
    Event finished = element_event(plan, Event::kNodeFinished, 3);
    finished.start = Script::at(1);
    trace.observe(finished);
    trace.observe(element_event(plan, Event::kError, 4));
    script.run_finished(5);
  }
  std::ifstream file(path);
  const auto events = nlohmann::json::parse(file);
  std::vector<std::string> places;
  for (const auto& event : events) {
    if (event["ph"] == "X") places.push_back(event["args"]["place"]);
    if (event["ph"] == "i") places.push_back(event["args"]["node"]);
  }
  EXPECT_THAT(places, testing::ElementsAre("rows[1].columns[2].one", "rows[1].columns[2].one"));
}

}  // namespace
}  // namespace observers
