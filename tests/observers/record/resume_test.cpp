// SPDX-License-Identifier: MIT
// The engine, the journal and the other observers together: runs that are cut off and gone on with.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <sstream>

#include "graph/builder.h"
#include "graph/run.h"
#include "observers/json_lines.h"
#include "observers/progress.h"
#include "observers/record/journal.h"
#include "observers/trace.h"
#include "tests/observers/temp_folder.h"

namespace observers {
namespace {

using testing::UnorderedElementsAre;

/// What the nodes below are told, and what they tell.
struct Theatre {
  std::atomic<int> failing{-1};  ///< the seed for which `number` fails
  std::atomic<int> numbers{0};   ///< calls of `number`
};
Theatre theatre;

class Number final : public graph::Node {
 public:
  static constexpr graph::Out<std::int64_t> kValue{"value", "int"};
  static constexpr graph::Prop<int> kSeed{.name = "seed", .help = "what to send", .value = 0};
  static graph::Contract contract() { return {"number", "Sends a number.", kValue, kSeed}; }
  explicit Number(const graph::Props& props) : seed_(props.get(kSeed)) {}
  void process(graph::Context& cx) const override {
    ++theatre.numbers;
    if (seed_ == theatre.failing) throw std::runtime_error("no number");
    cx.send(kValue, std::int64_t{seed_});
  }

 private:
  const int seed_;
};

void write_text(graph::Context& cx, const std::string& name, const std::string& text) {
  cx.write_file(name, std::as_bytes(std::span(text)));
}

class Write final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int"};
  static graph::Contract contract() { return {"write", "Writes a number.", kIn}; }
  void process(graph::Context& cx) const override {
    const std::string number = std::to_string(cx.get(kIn));
    write_text(cx, number + ".txt", "number " + number);
  }
};

class List final : public graph::Node {
 public:
  static constexpr graph::Gather<std::int64_t> kIn{"values", "int"};
  static graph::Contract contract() { return {"list", "Writes many numbers.", kIn}; }
  void process(graph::Context& cx) const override {
    std::string text;
    for (const graph::Gathered& part : cx.get(kIn)) {
      text += part.value.empty() ? "-" : std::to_string(part.value.as<std::int64_t>());
    }
    write_text(cx, "list.txt", text);
  }
};

const graph::Registry& registry() {
  static const graph::Registry known = [] {
    graph::Registry types;
    types.add<Number>();
    types.add<Write>();
    types.add<List>();
    return types;
  }();
  return known;
}

graph::Plan make_plan(bool with_list) {
  graph::Builder builder("numbers");
  builder.param("seed", std::int64_t{0});
  builder.node("number", "number", {{"seed", "$seed"}});
  builder.node("write", "write", {}, {{"value", "number.value"}});
  if (with_list) builder.node("list", "list", {}, {{"values", "number.value"}});
  graph::Assignment seeds{"seed", {}, {}};
  for (std::int64_t seed = 0; seed < 6; ++seed) seeds.values.emplace_back(seed);
  return graph::Plan(std::make_shared<const graph::Graph>(builder.check(registry())), {seeds});
}

class ResumeTest : public FolderTest {
 protected:
  ResumeTest() {
    theatre.failing = -1;
    theatre.numbers = 0;
  }

  graph::RunReport run(const graph::Plan& plan, bool resume, int shard = 0, int shards = 1) {
    theatre.numbers = 0;
    JournalOptions how;
    how.folder = path("out");
    how.resume = resume;
    how.shard_index = shard;
    how.shard_count = shards;
    Journal journal(plan, how);
    std::ostringstream shown, json;
    Progress progress(shown, plan, {});
    JsonLines lines(json, plan);
    Trace trace(path("trace.json"), plan);
    graph::RunOptions options;
    options.output_dir = path("out");
    options.lanes = 3;
    options.shard_index = shard;
    options.shard_count = shards;
    options.whole = [&](int node, int first_item) { return journal.whole(node, first_item); };
    graph::Bus bus;
    for (graph::BusObserver* observer :
         {static_cast<graph::BusObserver*>(&journal), static_cast<graph::BusObserver*>(&progress),
          static_cast<graph::BusObserver*>(&lines), static_cast<graph::BusObserver*>(&trace)}) {
      bus.attach(*observer);
    }
    options.bus = &bus;
    const graph::RunReport report = graph::run(plan, options);
    bus.flush();
    lines.write_report(report);
    shown_ = shown.str();
    json_ = json.str();
    return report;
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "out")) {
      if (entry.path().extension() == ".txt") names.push_back(entry.path().filename());
    }
    return names;
  }

  std::string shown_, json_;
};

TEST_F(ResumeTest, DoesNothingWhenAllIsWhole) {
  const graph::Plan plan = make_plan(true);
  EXPECT_EQ(run(plan, false).done, 6);
  const graph::RunReport again = run(plan, true);
  EXPECT_EQ(again.admitted, 0);
  EXPECT_EQ(again.skipped, 6);
  EXPECT_EQ(theatre.numbers, 0);
}

TEST_F(ResumeTest, DoesWhatFailedOrIsGone) {
  const graph::Plan plan = make_plan(false);
  theatre.failing = 2;
  EXPECT_EQ(run(plan, false).failed, 1);
  EXPECT_THAT(shown_, testing::HasSubstr("error: item 2 (seed=2): node 'number': no number\n"));
  theatre.failing = -1;
  std::filesystem::remove(path("out/4.txt"));
  const graph::RunReport again = run(plan, true);
  EXPECT_EQ(again.done, 2);
  EXPECT_EQ(theatre.numbers, 2);
  EXPECT_THAT(files(), UnorderedElementsAre("0.txt", "1.txt", "2.txt", "3.txt", "4.txt", "5.txt"));
  EXPECT_EQ(run(plan, true).admitted, 0);
}

TEST_F(ResumeTest, GathersAgainWhenAnItemHadFailed) {
  const graph::Plan plan = make_plan(true);
  theatre.failing = 2;
  EXPECT_EQ(run(plan, false).failed, 1);
  EXPECT_EQ(text_of("out/list.txt"), "01-345");
  theatre.failing = -1;
  EXPECT_EQ(run(plan, true).done, 6);
  EXPECT_EQ(text_of("out/list.txt"), "012345");
  EXPECT_EQ(run(plan, true).admitted, 0);
}

TEST_F(ResumeTest, ShardsAndALastRunAreTheWholeRun) {
  const graph::Plan plan = make_plan(true);
  EXPECT_EQ(run(plan, false, 0, 2).done, 3);
  EXPECT_EQ(run(plan, false, 1, 2).done, 3);
  EXPECT_EQ(files().size(), 6U);
  const auto before = std::filesystem::last_write_time(path("out/3.txt"));
  EXPECT_EQ(run(plan, true).done, 6);
  EXPECT_EQ(text_of("out/list.txt"), "012345");
  EXPECT_EQ(std::filesystem::last_write_time(path("out/3.txt")), before) << "what was whole is not written again";
  EXPECT_EQ(run(plan, true).admitted, 0);
}

/// Whatever part of the journal a crash leaves, a resumed run completes it.
TEST_F(ResumeTest, CompletesAnyPartOfAJournal) {
  const graph::Plan plan = make_plan(true);
  run(plan, false);
  const std::string journal = text_of("out/items.jsonl");
  for (std::size_t bytes = 0; bytes <= journal.size(); bytes += 37) {
    write("out/items.jsonl", journal.substr(0, bytes));
    if (bytes % 2 == 1) std::filesystem::remove(path("out/list.txt"));
    const graph::RunReport report = run(plan, true);
    EXPECT_EQ(report.failed, 0);
    EXPECT_EQ(files().size(), 7U) << bytes;
    EXPECT_EQ(text_of("out/list.txt"), "012345");
    EXPECT_EQ(run(plan, true).admitted, 0) << bytes;
  }
}

TEST_F(ResumeTest, AllReadersTellTheSame) {
  const graph::Plan plan = make_plan(true);
  theatre.failing = 1;
  const graph::RunReport report = run(plan, false);
  std::istringstream in(json_);
  std::map<std::string, int> events;
  for (std::string line; std::getline(in, line);) {
    const auto json = nlohmann::json::parse(line);
    ++events[json.at("event")];
    if (json.at("event") != "report") continue;
    EXPECT_EQ(json.at("done"), report.done);
  }
  EXPECT_EQ(events["item_started"], 6);
  EXPECT_EQ(events["item_finished"], 6);
  EXPECT_EQ(events["error"], 1);
  EXPECT_EQ(events["output"], 6) << "five numbers and the list";
  EXPECT_EQ(events["report"], 1);
  int slices = 0;
  for (const auto& event : nlohmann::json::parse(text_of("trace.json"))) slices += event.at("ph") == "X";
  EXPECT_EQ(slices, events["node_finished"]);
}

}  // namespace
}  // namespace observers
