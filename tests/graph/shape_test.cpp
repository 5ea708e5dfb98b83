// SPDX-License-Identifier: MIT
#include "graph/shape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/graph/fake_nodes.h"

namespace graph {
namespace {

using testing::ElementsAre;

std::string read(const std::string& text, const Shape& shape) {
  return to_text(read_data(parse_data(text, "text"), shape, "x"));
}

/// What is wrong, a line each with its place.
std::string faults(const std::string& text, const Shape& shape) {
  try {
    read(text, shape);
  } catch (const DataFaults& found) {
    std::string lines;
    for (const Fault& fault : found.list())
      lines += std::to_string(fault.mark.line) + ":" + std::to_string(fault.mark.column) + " " + fault.what + "\n";
    return lines;
  }
  return "(none)";
}

TEST(Data, IsReadFromYamlAndJson) {
  EXPECT_EQ(to_text(parse_data("[{a: 1, b: no}, ~, 'x', 1e3, 010]", "text")),
            R"([{"a":1,"b":"no"},null,"x",1e3,"010"])");
  const std::string json = R"({"a":[1,-2.5e-3,true,null,"t\"\\\u000aü"],"b":{}})";
  EXPECT_EQ(to_text(parse_data(json, "text")), json);
  EXPECT_EQ(to_text(parse_data("{\n\t\"a\":1,\n\t\"b\\/c\": \"\\ud83d\\ude00\"\n}", "x.json")),
            "{\"a\":1,\"b/c\":\"😀\"}");
}

TEST(Data, IsEqualWhenItSaysTheSame) {
  const Data data = parse_data("{a: [1, x], b: ~}", "text");
  EXPECT_EQ(data, parse_data(R"({"b": null, "a": [1, "x"]})", "other"));
  EXPECT_EQ(digest(data), digest(parse_data(R"({"b": null, "a": [1, "x"]})", "other")));
  EXPECT_FALSE(data == parse_data("{a: [1, y], b: ~}", "text"));
  EXPECT_FALSE(data == parse_data("{a: [1, x], b: 'null'}", "text"));
}

TEST(Shapes, AFieldMayHaveOtherNames) {
  const Shape shape = Shape::list_of(
      Shape::map({ShapeField("noise", Shape::number(), "how much", "1.0").also_called("noiseStrength")}));
  EXPECT_EQ(read("[{noise: 0.5}, {noiseStrength: 0.25}, {noise_strength: 0.125}]", shape),
            R"([{"noise":0.5},{"noise":0.25},{"noise":0.125}])");
  EXPECT_EQ(faults("[{noise: 0.5, noiseStrength: 1}]", shape), "1:15 x[0]: field 'noise' is given twice\n");
  EXPECT_THAT(shape_lines(shape), ElementsAre("  noise: float, also noiseStrength, default 1.0: how much"));
  const DataPlace place = *parse_place("x[0].noise");
  const Data written = parse_data("[{noiseStrength: 0.25}]", "text");
  EXPECT_EQ(to_text(replaced(written, place, Data::leaf(0.5), &shape)), R"([{"noiseStrength":0.5}])");
  EXPECT_EQ(shape_at(shape, *parse_place("x[0].noise_strength"))->kind, Kind::kFloat);
}

TEST(Data, HasALimit) {
  std::string text = "[";
  for (int i = 0; i < 200'000; ++i) text += "1,";
  try {
    parse_data(text + "1]", "--list");
    FAIL();
  } catch (const Faults& faults) {
    EXPECT_EQ(faults.list()[0].text(),
              "--list:1:1: error: 200002 values are too many for one setting: at most 200000 (--max data-values=N sets "
              "another limit)");
  }
}

TEST(ShapeOf, FillsInWhatIsNotSaid) {
  EXPECT_EQ(read("[{Name: a}, {name: b, weight: 2, at: [1, 2], title: {text: t}}]", fake::Plot::records()),
            R"([{"name":"a","weight":1,"kind":"cosine","at":null,"title":"","file":null},)"
            R"({"name":"b","weight":2,"kind":"cosine","at":[1,2],"title":{"text":"t"},"file":null}])");
}

TEST(ShapeOf, ReadsWhatIsReadAlready) {
  const Data once = read_data(parse_data("[{name: 5}]", "text"), fake::Plot::records(), "x");
  EXPECT_EQ(once, read_data(once, fake::Plot::records(), "x"));
  EXPECT_EQ(once.items()[0]["name"].as<std::string>(), "5");
  EXPECT_EQ(once.items()[0]["weight"].as<double>(), 1.0);
}

TEST(ShapeOf, TellsEveryFaultAtItsPlace) {
  EXPECT_EQ(
      faults("- {name: a, wieght: 2}\n- {weight: 9, at: [1]}\n- {name: c, title: {txt: d}}\n", fake::Plot::records()),
      "1:13 x[0]: no field 'wieght' (did you mean 'weight'?)\n"
      "2:3 x[1]: field 'name' must be given: string, what it is called\n"
      "2:12 x[1].weight: 9 is above the maximum 8\n"
      "2:19 x[1].at: expected 2 elements, found 1\n"
      "3:21 x[2].title: no field 'txt' (did you mean 'text'?)\n"
      "3:20 x[2].title: field 'text' must be given: string, the words\n");
}

TEST(ShapeOf, TakesTheFirstThatFits) {
  const Shape shape = Shape::one_of({Shape::whole(), Shape::number(), Shape::text(), Shape::list_of(Shape::text())});
  EXPECT_EQ(read("7", shape), "7");
  EXPECT_EQ(read("7.5", shape), "7.5");
  EXPECT_EQ(read("'7'", shape), "\"7\"");
  EXPECT_EQ(read("[7]", shape), "[\"7\"]");
  EXPECT_EQ(faults("{a: 7}", shape), "1:1 x: expected int, float, string or list of string, found a map\n");
}

TEST(ShapeOf, IsDescribed) {
  EXPECT_EQ(describe(fake::Plot::records()), "list of record, at least 1 element");
  EXPECT_EQ(describe(Shape::list_of(Shape::number().or_null()).sized(2, 3).or_null()),
            "list of (float or null), 2 to 3 elements or null");
  EXPECT_THAT(
      shape_lines(fake::Plot::records()),
      ElementsAre("record:", "  name: string, must be given: what it is called",
                  "  weight: float in [0, 8], default 1: beside the others'",
                  "  kind: one of cosine, linear, default \"cosine\": how it falls off",
                  "  at: list of int, 2 elements or null px: where", "  title: string or title, default \"\": above it",
                  "    title:", "      text: string, must be given: the words", "  file: path or null: its picture"));
}

TEST(Places, AreReadAndSet) {
  const std::optional<DataPlace> place = parse_place("records[1].at[0]");
  ASSERT_TRUE(place);
  EXPECT_EQ(place->param, "records");
  EXPECT_EQ(place->steps.size(), 3u);
  const Data data = parse_data("[{name: a}, {name: b, at: [1, 2]}]", "text");
  EXPECT_EQ(to_text(replaced(data, *place, Data::leaf(std::int64_t{9}))), R"([{"name":"a"},{"name":"b","at":[9,2]}])");
  EXPECT_EQ(to_text(replaced(data, *parse_place("records[0].weight"), Data::leaf(0.5))),
            R"([{"name":"a","weight":0.5},{"name":"b","at":[1,2]}])");
  EXPECT_EQ(find(data, *place)->as<std::string>(), "1");
  EXPECT_EQ(find(data, *parse_place("records[2]")), nullptr);
  EXPECT_EQ(shape_at(fake::Plot::records(), *place)->kind, Kind::kInt);
  EXPECT_EQ(shape_at(fake::Plot::records(), *parse_place("records[0].title.text"))->kind, Kind::kString);
  EXPECT_FALSE(parse_place("records"));
}

TEST(Places, ThatAreNoneAreNamed) {
  const auto fault = [](const std::string& text) -> std::string {
    try {
      replaced(parse_data("[{name: a}]", "text"), *parse_place(text), Data());
    } catch (const std::invalid_argument& e) {
      return e.what();
    }
    return "(none)";
  };
  EXPECT_EQ(fault("r[1].name"), "r has 1 element, and [1] is not one of them");
  EXPECT_EQ(fault("r.name"), "r is a list and has no field 'name'");
  EXPECT_EQ(fault("r[0].name[0]"), "r[0].name is a text and has no elements");
  EXPECT_EQ(fault("r[0].at[1]"), "r[0].at is a map and has no elements");
  EXPECT_EQ(fault("r[x]"),
            "'r[x]': 'x' does not count an element (the first is 0); a place in data is written r[2].field");
  EXPECT_EQ(fault("r[0"), "'r[0': ']' is missing; a place in data is written r[2].field");
  EXPECT_EQ(fault("r[0]a"), "'r[0]a': '.' is missing behind ']'; a place in data is written r[2].field");
  EXPECT_EQ(fault("r[0]."), "'r[0].': a field's name is missing; a place in data is written r[2].field");
}

}  // namespace
}  // namespace graph
