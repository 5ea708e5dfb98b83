// SPDX-License-Identifier: MIT
#include "observers/json_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/observers/sample.h"

namespace observers {
namespace {

using graph::Event;
using sample::Script;
using Json = nlohmann::json;
using namespace std::chrono_literals;

/// One event of each kind, as text; the report, too.
std::string every_kind() {
  std::ostringstream out;
  const graph::Plan plan = sample::make_plan(4);
  JsonLines lines(out, plan);
  Script script(lines, plan);
  const graph::Output picture{"save", "a/3.png", 1234};
  script.run_started(4);
  script.item_started(3, 10, 1);
  script.node_started(3, "noise", 10.5, 1);
  script.node_finished(3, "denoise.step", 12, 14.25, 1, 2, {.queued = 0.5, .copied = 0.25, .waited = 1});
  script.step(3, "denoise", 1, 30, 20, 1);
  Event scalar = Script::made(Event::kScalar, 20, 3, 1);
  scalar.node = script.node("denoise.step");
  scalar.turns = 30;
  scalar.around = {2};
  scalar.text = "loss";
  scalar.number = 0.25;
  script.post(scalar);
  Event preview = Script::made(Event::kPreview, 21, 3, 1);
  preview.node = script.node("noise");
  preview.value = graph::Value::of<std::int64_t>(5);
  script.post(preview);
  Event output = Script::made(Event::kOutput, 22, 3, 1);
  output.node = script.node("save");
  output.outputs = {picture};
  script.post(output);
  script.message(Event::kWarning, "the \"paper\" is small", 23, 3, "save");
  script.message(Event::kWarning, "of no item", 23);
  script.message(Event::kError, "no \xff", 24, 2, "save");
  script.item_failed(2, "save", "no", 24);
  script.item_finished(3, 30, 1, {picture}, {"save"});
  script.message(Event::kStalled, "item 1 waits", 31);
  script.message(Event::kStopping, "finishing 1 item", 32);
  script.item_cancelled(1, 33);
  script.run_finished(40);
  graph::RunReport report;
  report.admitted = 3;
  report.done = report.failed = report.cancelled = 1;
  report.skipped = 1;
  report.lanes = report.lanes_used = 2;
  report.elapsed = 40ms;
  report.nodes.resize(plan.graph().nodes.size());
  report.nodes[plan.graph().find_node("save")] = {2, 3, 1, 2500us, 7ms, 500us, 1ms};
  report.failures = {{2, "save", "no"}};
  lines.write_report(report, {{"aten::add", 4, 2ms}});
  return out.str();
}

std::vector<Json> parsed(const std::string& lines) {
  std::vector<Json> result;
  std::istringstream in(lines);
  for (std::string line; std::getline(in, line);) result.push_back(Json::parse(line));
  return result;
}

std::string file_text(const std::string& name) {
  std::ifstream file(std::string(SOURCE_DIR) + "/" + name);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(JsonLines, AreAsDocumented) {
  EXPECT_EQ(every_kind(), R"({"v":1,"event":"run_started","t":0.0,"graph":"sample","items":4}
{"v":1,"event":"item_started","t":0.01,"item":3,"label":"seed=3","lane":1}
{"v":1,"event":"node_started","t":0.0105,"item":3,"lane":1,"node":"noise","turn":0,"element":[]}
{"v":1,"event":"node_finished","t":0.01425,"item":3,"lane":1,"node":"denoise.step","turn":2,"start":0.012,"seconds":0.00225,"rows":1,"call":0,"queued":0.0005,"copied":0.00025,"waited":0.001,"backward":0.0,"element":[]}
{"v":1,"event":"step","t":0.02,"item":3,"lane":1,"node":"denoise","turn":1,"turns":30,"element":[]}
{"v":1,"event":"scalar","t":0.02,"item":3,"lane":1,"node":"denoise.step","turn":0,"turns":30,"around":[2],"name":"loss","value":0.25,"element":[]}
{"v":1,"event":"preview","t":0.021,"item":3,"node":"noise","type":"int","element":[]}
{"v":1,"event":"output","t":0.022,"item":3,"node":"save","path":"a/3.png","bytes":1234,"element":[]}
{"v":1,"event":"warning","t":0.023,"item":3,"node":"save","text":"the \"paper\" is small","element":[]}
{"v":1,"event":"warning","t":0.023,"item":null,"node":null,"text":"of no item","element":null}
{"v":1,"event":"error","t":0.024,"item":2,"node":"save","text":"no �","element":[]}
{"v":1,"event":"item_finished","t":0.024,"item":2,"label":"","lane":0,"status":"failed","node":"save","reason":"no","outputs":[],"element":[]}
{"v":1,"event":"item_finished","t":0.03,"item":3,"label":"seed=3","lane":1,"status":"done","node":null,"reason":null,"outputs":[{"node":"save","path":"a/3.png","bytes":1234}],"element":null}
{"v":1,"event":"stalled","t":0.031,"text":"item 1 waits"}
{"v":1,"event":"stopping","t":0.032,"text":"finishing 1 item"}
{"v":1,"event":"item_finished","t":0.033,"item":1,"label":"","lane":0,"status":"cancelled","node":null,"reason":null,"outputs":[],"element":null}
{"v":1,"event":"run_finished","t":0.04,"done":1,"failed":1,"cancelled":1}
{"v":1,"event":"report","t":0.04,"admitted":3,"done":1,"failed":1,"cancelled":1,"skipped":1,"interrupted":false,"time_is_up":false,"lanes":2,"lanes_used":2,"nodes":[{"node":"noise","calls":0,"packets":0,"passed":0,"seconds":0.0,"queued":0.0,"copied":0.0,"waited":0.0,"backward":0.0},{"node":"denoise.step","calls":0,"packets":0,"passed":0,"seconds":0.0,"queued":0.0,"copied":0.0,"waited":0.0,"backward":0.0},{"node":"save","calls":2,"packets":3,"passed":1,"seconds":0.0025,"queued":0.007,"copied":0.0005,"waited":0.001,"backward":0.0},{"node":"sheet","calls":0,"packets":0,"passed":0,"seconds":0.0,"queued":0.0,"copied":0.0,"waited":0.0,"backward":0.0},{"node":"paper","calls":0,"packets":0,"passed":0,"seconds":0.0,"queued":0.0,"copied":0.0,"waited":0.0,"backward":0.0},{"node":"frame","calls":0,"packets":0,"passed":0,"seconds":0.0,"queued":0.0,"copied":0.0,"waited":0.0,"backward":0.0}],"hottest":"save","operators":[{"name":"aten::add","calls":4,"seconds":0.002}],"scalars":[],"failures":[{"item":2,"node":"save","text":"no"}]}
)");
}

/// The part of JSON Schema that docs/events.schema.json uses.
class Schema {
 public:
  explicit Schema(Json root) : root_(std::move(root)) {}

  void check_line(const Json& line) const {
    const std::string event = line.at("event");
    ASSERT_TRUE(root_.at("$defs").contains(event)) << "no schema for " << event;
    check(line, root_.at("$defs").at(event), event);
  }
  std::set<std::string> events() const {
    std::set<std::string> names;
    for (const Json& ref : root_.at("oneOf")) {
      const std::string target = ref.at("$ref");
      names.insert(target.substr(target.rfind('/') + 1));
    }
    return names;
  }

 private:
  static bool is_a(const Json& value, const std::string& type) {
    if (type == "null") return value.is_null();
    if (type == "string") return value.is_string();
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    if (type == "boolean") return value.is_boolean();
    if (type == "array") return value.is_array();
    return type == "object" && value.is_object();
  }

  void check(const Json& value, const Json& schema, const std::string& where) const {
    if (schema.contains("const")) {
      EXPECT_EQ(value, schema.at("const")) << where;
    }
    if (schema.contains("enum")) {
      EXPECT_THAT(schema.at("enum"), testing::Contains(value)) << where;
    }
    if (schema.contains("minimum")) {
      EXPECT_GE(value.get<double>(), schema.at("minimum").get<double>()) << where;
    }
    if (schema.contains("type")) {
      const Json& type = schema.at("type");
      const bool fits = type.is_string()
                            ? is_a(value, type)
                            : std::any_of(type.begin(), type.end(), [&](const Json& t) { return is_a(value, t); });
      EXPECT_TRUE(fits) << where << ": " << value << " is not " << type;
    }
    if (schema.contains("items")) {
      for (const Json& element : value) check(element, schema.at("items"), where + "[]");
    }
    if (!schema.contains("properties")) return;
    const Json& properties = schema.at("properties");
    for (const auto& [name, part] : properties.items()) {
      ASSERT_TRUE(value.contains(name)) << where << " lacks " << name;
      EXPECT_TRUE(part.contains("description") || part.contains("const"))
          << where << "." << name << " is not described";
      check(value.at(name), part, where + "." + name);
    }
    for (const auto& [name, part] : value.items()) EXPECT_TRUE(properties.contains(name)) << where << " has " << name;
    // Everything that is promised is always there.
    EXPECT_EQ(schema.at("required").size(), properties.size()) << where;
  }

  const Json root_;
};

TEST(JsonLines, KeepToTheSchema) {
  const Schema schema(Json::parse(file_text("docs/events.schema.json")));
  std::set<std::string> seen;
  for (const Json& line : parsed(every_kind())) {
    schema.check_line(line);
    seen.insert(line.at("event").get<std::string>());
  }
  EXPECT_EQ(schema.events(), seen) << "the schema knows other events than are written";
}

TEST(JsonLines, AreDescribedWithAnExampleEach) {
  const Schema schema(Json::parse(file_text("docs/events.schema.json")));
  std::istringstream page(file_text("docs/events.md"));
  std::set<std::string> examples;
  for (std::string line; std::getline(page, line);) {
    if (line.rfind("{\"v\":", 0) != 0) continue;
    const Json example = Json::parse(line);
    schema.check_line(example);
    examples.insert(example.at("event").get<std::string>());
  }
  EXPECT_EQ(examples, schema.events());
}

TEST(JsonLines, HaveEveryFieldOnTheirPage) {
  const std::string page = file_text("docs/events.md");
  const Json schema = Json::parse(file_text("docs/events.schema.json"));
  for (const auto& [event, part] : schema.at("$defs").items()) {
    const std::size_t begin = page.find("\n## " + event + "\n");
    ASSERT_NE(begin, std::string::npos) << event;
    const std::string section = page.substr(begin, page.find("\n## ", begin + 1) - begin);
    for (const auto& [field, description] : part.at("properties").items()) {
      if (field == "v" || field == "event" || field == "t") continue;
      EXPECT_THAT(section, testing::HasSubstr("| `" + field + "` |")) << event;
    }
  }
}

TEST(JsonLines, TellWhenNobodyTakesThem) {
  std::ostringstream out;
  const graph::Plan plan = sample::make_plan(1);
  JsonLines lines(out, plan);
  out.setstate(std::ios::badbit);
  Script script(lines, plan);
  EXPECT_THROW(script.run_started(1), std::runtime_error);
}

}  // namespace
}  // namespace observers
