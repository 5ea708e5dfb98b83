// SPDX-License-Identifier: MIT
#include "observers/trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "tests/observers/sample.h"
#include "tests/observers/temp_folder.h"

namespace observers {
namespace {

using graph::Event;
using sample::Script;
using testing::HasSubstr;
using Json = nlohmann::json;

struct Slice {
  double start, end;
  int item;
};

class TraceTest : public FolderTest {
 protected:
  TraceTest() : plan_(sample::make_plan(160)), trace_(path("trace.json"), plan_), script_(trace_, plan_) {
    script_.run_started(160);
  }

  Json end() {
    script_.run_finished(1e6);
    return Json::parse(text_of("trace.json"));
  }

  static std::vector<Json> of(const Json& events, const std::string& phase) {
    std::vector<Json> found;
    for (const Json& event : events) {
      if (event.at("ph") == phase) found.push_back(event);
    }
    return found;
  }
  static std::map<int, std::string> track_names(const Json& events) {
    std::map<int, std::string> names;
    for (const Json& event : of(events, "M")) {
      if (event.at("name") == "thread_name") names[event.at("tid")] = event.at("args").at("name");
    }
    return names;
  }
  static std::map<int, std::vector<Slice>> slices_by_track(const Json& events) {
    std::map<int, std::vector<Slice>> tracks;
    for (const Json& event : of(events, "X")) {
      const double start = event.at("ts");
      tracks[event.at("tid")].push_back({start, start + event.at("dur").get<double>(), event.at("args").at("item")});
    }
    for (auto& [tid, slices] : tracks) {
      std::sort(slices.begin(), slices.end(),
                [](const Slice& a, const Slice& b) { return std::pair(a.start, a.end) < std::pair(b.start, b.end); });
    }
    return tracks;
  }

  /// What every trace must keep to.
  static void check(const Json& events) {
    const auto names = track_names(events);
    const auto tracks = slices_by_track(events);
    for (const Json& event : events) {
      if (event.at("ph") == "M") continue;
      EXPECT_GE(event.at("ts").get<double>(), 0);
    }
    for (const auto& [tid, slices] : tracks) {
      EXPECT_TRUE(names.count(tid)) << "a track without a name";
      for (std::size_t i = 1; i < slices.size(); ++i) {
        EXPECT_LE(slices[i - 1].end, slices[i].start + 1e-6) << "slices of track " << names.at(tid) << " overlap";
      }
    }
    check_flows(events, tracks);
  }

  static void check_flows(const Json& events, const std::map<int, std::vector<Slice>>& tracks) {
    std::map<int, std::vector<Json>> flows;
    for (const Json& event : events) {
      const std::string phase = event.at("ph");
      if (phase == "s" || phase == "t" || phase == "f") flows[event.at("id")].push_back(event);
    }
    for (const auto& [item, points] : flows) {
      ASSERT_GE(points.size(), 2U);
      double before = -1;
      for (std::size_t i = 0; i < points.size(); ++i) {
        EXPECT_EQ(points[i].at("ph"), i == 0 ? "s" : i + 1 == points.size() ? "f" : "t");
        const double at = points[i].at("ts");
        EXPECT_GT(at, before) << "item " << item << " goes back in time";
        before = at;
        const std::vector<Slice>& slices = tracks.at(points[i].at("tid"));
        EXPECT_TRUE(std::any_of(slices.begin(), slices.end(),
                                [&, item = item](const Slice& slice) {
                                  return slice.item == item && slice.start <= at + 1e-6 && at < slice.end;
                                }))
            << "item " << item << ": an arrow ends in no slice";
      }
    }
  }

  graph::Plan plan_;
  Trace trace_;
  Script script_;
};

TEST_F(TraceTest, HasASlicePerCallOnItsLane) {
  script_.item_started(3, 1, 1);
  script_.node_finished(3, "noise", 1, 2.5, 1);
  script_.node_finished(3, "denoise.step", 2.5, 7, 1, 4, {.queued = 0.75, .copied = 0.5, .waited = 1});
  script_.item_finished(3, 8, 1);
  const Json events = end();
  check(events);
  const std::vector<Json> slices = of(events, "X");
  ASSERT_EQ(slices.size(), 2U);
  EXPECT_EQ(slices[1].at("name"), "denoise.step");
  EXPECT_EQ(slices[1].at("ts"), 2500.0);
  EXPECT_EQ(slices[1].at("dur"), 4500.0);
  EXPECT_EQ(slices[1].at("args"), (Json{{"item", 3},
                                        {"label", "seed=3"},
                                        {"turn", 4},
                                        {"rows", 1},
                                        {"queueing ms", 0.75},
                                        {"compute ms", 3.0},
                                        {"copy ms", 0.5},
                                        {"wait ms", 1.0}}));
  EXPECT_EQ(track_names(events).at(slices[1].at("tid")), "lane 1");
}

TEST_F(TraceTest, NamesTheProcessAfterTheGraph) {
  EXPECT_EQ(end()[0].at("args").at("name"), "decoupage sample");
}

TEST_F(TraceTest, GivesOverlappingCallsOfALaneTracksOfTheirOwn) {
  script_.item_started(0, 0);
  script_.node_finished(0, "paper", 1, 3);
  script_.node_finished(0, "noise", 0, 10);
  script_.node_finished(0, "save", 10, 11);
  script_.item_finished(0, 12);
  const Json events = end();
  check(events);
  std::vector<std::string> names;
  for (const auto& [tid, name] : track_names(events)) names.push_back(name);
  EXPECT_THAT(names, testing::ElementsAre("lane 0", "lane 0 (2)"));
}

TEST_F(TraceTest, LeadsAnArrowThroughAnItem) {
  script_.item_started(0, 0);
  script_.item_started(1, 0, 1);
  script_.node_finished(0, "noise", 0, 1);
  script_.node_finished(1, "noise", 0, 2, 1);
  script_.node_finished(0, "save", 1, 3);
  script_.item_finished(0, 4);
  script_.item_finished(1, 4, 1);
  const Json events = end();
  check(events);
  EXPECT_EQ(of(events, "s").size(), 1U) << "an item of one slice has no arrow";
  EXPECT_EQ(of(events, "f").size(), 1U);
  EXPECT_EQ(of(events, "f")[0].at("bp"), "e");
}

TEST_F(TraceTest, CountsItemsInFlight) {
  script_.item_started(0, 0);
  script_.item_started(1, 1, 1);
  script_.item_finished(0, 2);
  script_.item_finished(1, 3, 1);
  std::vector<int> counts;
  for (const Json& event : of(end(), "C")) counts.push_back(event.at("args").at("items"));
  EXPECT_THAT(counts, testing::ElementsAre(1, 2, 1, 0));
}

TEST_F(TraceTest, MarksWarningsAndErrors) {
  script_.item_started(2, 0, 5);
  script_.message(Event::kWarning, "hm", 1, 2, "save");
  script_.message(Event::kError, "no \xff", 2, 2, "save");
  script_.message(Event::kStopping, "stopping", 3);
  const Json events = end();
  const std::vector<Json> marks = of(events, "i");
  ASSERT_EQ(marks.size(), 3U);
  EXPECT_EQ(marks[0].at("name"), "warning");
  EXPECT_EQ(marks[0].at("args"), (Json{{"text", "hm"}, {"item", 2}, {"node", "save"}}));
  EXPECT_EQ(track_names(events).at(marks[0].at("tid")), "lane 5");
  EXPECT_EQ(marks[0].at("s"), "t");
  EXPECT_EQ(marks[1].at("name"), "error");
  EXPECT_EQ(marks[2].at("s"), "p");
}

TEST_F(TraceTest, KeepsNanosecondsAfterDays) {
  const double days = 40.0 * 86'400'000;
  script_.item_started(0, days);
  Event event = Script::made(Event::kNodeFinished, 0, 0, 0);
  event.node = script_.node("noise");
  event.start = Script::at(days) + std::chrono::nanoseconds(1);
  event.time = Script::at(days) + std::chrono::nanoseconds(1234);
  script_.post(event);
  script_.run_finished(days + 1);
  EXPECT_THAT(text_of("trace.json"), HasSubstr("\"ts\":3456000000000.001,"));
  EXPECT_THAT(text_of("trace.json"), HasSubstr("\"dur\":1.233,"));
}

TEST_F(TraceTest, TakesItsNameWhenItIsWhole) {
  EXPECT_FALSE(exists("trace.json"));
  EXPECT_TRUE(exists("trace.json.unfinished"));
  end();
  EXPECT_TRUE(exists("trace.json"));
  EXPECT_FALSE(exists("trace.json.unfinished"));
  trace_.close();
}

TEST_F(TraceTest, OpensWithoutItsClosingBracket) {
  script_.item_started(0, 0);
  for (int i = 0; i < 1000; ++i) script_.node_finished(0, "noise", i, i + 1);
  std::string text = text_of("trace.json.unfinished");
  // What had reached the disk when the program was killed, up to the last whole event.
  text = text.substr(0, text.rfind(",\n")) + "]";
  EXPECT_GT(of(Json::parse(text), "X").size(), 900U);
}

/// Calls of any overlap on several lanes, in the order of their ends.
TEST_F(TraceTest, KeepsItsRulesForAnyOverlap) {
  std::mt19937 random(7);
  const auto upto = [&](int n) { return std::uniform_int_distribution<int>(0, n)(random); };
  struct Call {
    int item;
    double start, end;
  };
  for (int round = 0; round < 20; ++round) {
    std::vector<Call> calls;
    for (int i = 0; i < 200; ++i) {
      const int start = 1000 * round + upto(800);
      calls.push_back({8 * round + upto(7), static_cast<double>(start), static_cast<double>(start + upto(100))});
    }
    std::sort(calls.begin(), calls.end(), [](const Call& a, const Call& b) { return a.end < b.end; });
    for (int i = 0; i < 8; ++i) script_.item_started(8 * round + i, 1000.0 * round, i % 3);
    for (const Call& call : calls) script_.node_finished(call.item, "noise", call.start, call.end, call.item % 8 % 3);
    for (int i = 0; i < 8; ++i) script_.item_finished(8 * round + i, 1000.0 * round + 950, i % 3);
  }
  const Json events = end();
  check(events);
  EXPECT_EQ(of(events, "X").size(), 4000U);
  EXPECT_LE(track_names(events).size(), 40U) << "tracks are used again";
}

TEST(Trace, RefusesAPathThatCannotBeWritten) {
  const graph::Plan plan = sample::make_plan(1);
  try {
    const Trace trace("/nowhere/trace.json", plan);
    FAIL() << "no error";
  } catch (const std::runtime_error& e) {
    EXPECT_STREQ(e.what(), "cannot write the trace '/nowhere/trace.json': No such file or directory");
  }
}

}  // namespace
}  // namespace observers
