// SPDX-License-Identifier: MIT
#include "graph/loading/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace graph {
namespace {

using testing::HasSubstr;
using Kind = YamlNode::Kind;

YamlDocument parse(const std::string& text) {
  FaultList faults;
  YamlDocument document = parse_yaml(text, "f.yaml", {}, faults);
  faults.throw_if_any();
  return document;
}

/// "f.yaml:1:1: error: …", one a line, or "".
std::string faults_of(const std::string& text, const LoadLimits& limits = {}) {
  FaultList faults;
  parse_yaml(text, "f.yaml", limits, faults);
  try {
    faults.throw_if_any();
  } catch (const Faults& thrown) {
    return thrown.what();
  }
  return "";
}

std::string repeated(const std::string& text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

TEST(Yaml, KeepsTextsAsTheyAreWritten) {
  const YamlDocument document = parse("a: 010\nb: no\nc: 1e3\nd: '010'\ne: \"x\\ty\"\nf: |\n  one\n  two\n");
  ASSERT_EQ(document.root->kind, Kind::kMap);
  const auto text = [&](const char* key) { return document.root->find(key)->text; };
  EXPECT_EQ(text("a"), "010");
  EXPECT_EQ(text("b"), "no");
  EXPECT_EQ(text("c"), "1e3");
  EXPECT_EQ(text("d"), "010");
  EXPECT_EQ(text("e"), "x\ty");
  EXPECT_EQ(text("f"), "one\ntwo\n");
  EXPECT_TRUE(document.root->find("a")->plain);
  EXPECT_FALSE(document.root->find("d")->plain);
  EXPECT_FALSE(document.root->find("f")->plain);
  EXPECT_EQ(document.root->find("g"), nullptr);
}

TEST(Yaml, TellsNothingFromEmptyText) {
  const YamlDocument document = parse("a:\nb: ~\nc: null\nd: ''\ne: 'null'\n");
  for (const char* key : {"a", "b", "c"}) EXPECT_EQ(document.root->find(key)->kind, Kind::kNull) << key;
  for (const char* key : {"d", "e"}) EXPECT_EQ(document.root->find(key)->kind, Kind::kScalar) << key;
}

TEST(Yaml, MarksCountFromOneInCharacters) {
  const YamlDocument document = parse("\xEF\xBB\xBF# Füße\nä: [x, é, {ö: y}]\nb:\nc: 1\n");
  const auto& [key, list] = document.root->entries[0];
  EXPECT_EQ(document.mark(*key).line, 2);
  EXPECT_EQ(document.mark(*key).column, 1);
  EXPECT_EQ(list->items[1]->column, 8);
  EXPECT_EQ(list->items[2]->entries[0].second->column, 15);
  const YamlNode* nothing = document.root->find("b");  // stands where its key does
  EXPECT_EQ(nothing->line, 3);
  EXPECT_EQ(nothing->column, 1);
}

TEST(Yaml, SharesWhatAliasesName) {
  const YamlDocument document = parse("a: &x {k: [1, 2]}\nb: *x\nc: [*x, *x]\n");
  const YamlNode* x = document.root->find("a");
  EXPECT_EQ(document.root->find("b"), x);
  EXPECT_EQ(document.root->find("c")->items[1], x);
  EXPECT_EQ(x->weight, 5u);
  EXPECT_EQ(x->height, 2);
  EXPECT_EQ(document.root->find("c")->weight, 11u);
  EXPECT_EQ(document.root->height, 4);
}

TEST(Yaml, ReadsLineEndsOfOtherSystems) {
  const YamlDocument document = parse("a: 1\r\nb: two words\r\n");
  EXPECT_EQ(document.root->find("b")->text, "two words");
  EXPECT_EQ(document.root->find("b")->line, 2);
}

TEST(Yaml, ReadsStringTagsAndDirectives) {
  const YamlDocument document = parse("%YAML 1.2\n---\na: !!str 5\n...\n");
  EXPECT_EQ(document.root->find("a")->text, "5");
  EXPECT_FALSE(document.root->find("a")->plain);
}

TEST(Yaml, RefusesKeysTwiceInLargeMapsToo) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "k" + std::to_string(i) + ": 1\n";
  EXPECT_EQ(faults_of(text), "");
  EXPECT_EQ(faults_of(text + "k7: 2\nk900: 2\nk900: 3\n"),
            "f.yaml:1001:1: error: key 'k7' is given twice; first at f.yaml:8:1\n"
            "f.yaml:1002:1: error: key 'k900' is given twice; first at f.yaml:901:1\n"
            "f.yaml:1003:1: error: key 'k900' is given twice; first at f.yaml:901:1");
}

TEST(Yaml, RefusesWhatIsNoText) {
  EXPECT_EQ(faults_of(""), "f.yaml:1:1: error: the file is empty");
  EXPECT_EQ(faults_of("# only a comment\n"), "f.yaml:1:1: error: the file is empty");
  EXPECT_EQ(faults_of(std::string("a: 1\nb: \0x", 10)),
            "f.yaml:2:4: error: not a text file: byte 0x00 is a control character; a graph file is YAML in UTF-8");
  EXPECT_EQ(faults_of("\x89PNG\r\n\x1A\n"),
            "f.yaml:1:1: error: not a text file: byte 0x89 is not UTF-8; a graph file is YAML in UTF-8");
  EXPECT_EQ(faults_of("a: \xFCmlaut"),
            "f.yaml:1:4: error: not a text file: byte 0xFC is not UTF-8; a graph file is YAML in UTF-8");
  EXPECT_EQ(faults_of("\xFF\xFE"
                      "a\0:\0"),
            "f.yaml:1:1: error: not a text file: byte 0xFF is not UTF-8; a graph file is YAML in UTF-8");
  EXPECT_THAT(faults_of("a: \xC0\xAF"), HasSubstr("f.yaml:1:4: error: not a text file: byte 0xC0"));      // overlong
  EXPECT_THAT(faults_of("a: \xED\xA0\x80"), HasSubstr("f.yaml:1:4: error: not a text file: byte 0xED"));  // surrogate
  EXPECT_THAT(faults_of("a: \xE2\x82"), HasSubstr("f.yaml:1:4: error: not a text file: byte 0xE2"));      // cut off
  EXPECT_EQ(faults_of("a: \xF0\x9F\x98\x80"), "");
}

TEST(Yaml, RefusesWhatIsTooLarge) {
  LoadLimits limits;
  limits.file_bytes = 10;
  EXPECT_EQ(faults_of("a: 1234567", limits), "");
  EXPECT_EQ(faults_of("a: 12345678", limits),
            "f.yaml: error: too large: 11 bytes, where a file may have at most 10 bytes (--max graph-bytes=N sets "
            "another limit)");
  limits = {};
  limits.nodes = 5;
  EXPECT_EQ(faults_of("[1, 2, 3, 4]", limits), "");
  EXPECT_EQ(
      faults_of("[1, 2, 3, 4, 5]", limits),
      "f.yaml:1:14: error: values once aliases are followed: at most 5 (--max graph-values=N sets another limit)");
}

TEST(Yaml, RefusesWhatIsNestedTooDeep) {
  const std::string deepest = repeated("[", 100) + "x" + repeated("]", 100);
  EXPECT_EQ(faults_of(deepest), "");
  EXPECT_EQ(faults_of("[" + deepest + "]"),
            "f.yaml:1:101: error: lists and maps are nested deeper than 100 (--max graph-depth=N sets another limit)");
  EXPECT_EQ(faults_of("- &x " + repeated("[", 60) + repeated("]", 60) + "\n- " + repeated("[", 60) + "*x" +
                      repeated("]", 60) + "\n"),
            "f.yaml:2:63: error: lists and maps are nested deeper than 100 (--max graph-depth=N sets another limit)");
}

TEST(Yaml, NeverOverflowsTheStack) {
  constexpr int kMany = 10'000;
  const std::string words = "lists and maps are nested deeper than 100 (--max graph-depth=N sets another limit)";
  EXPECT_THAT(faults_of(repeated("[", kMany) + repeated("]", kMany)), HasSubstr(words));
  EXPECT_THAT(faults_of(repeated("[", kMany)), HasSubstr(words));
  EXPECT_THAT(faults_of(repeated("- ", kMany)), HasSubstr(words));
  EXPECT_THAT(faults_of(repeated("? ", kMany)), HasSubstr(words));
  EXPECT_THAT(faults_of("a: " + repeated("{a: ", kMany) + repeated("}", kMany)), HasSubstr(words));
  std::string steps;
  for (int i = 0; i < 1000; ++i) steps += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  EXPECT_THAT(faults_of(steps), HasSubstr(words));
}

TEST(Yaml, EndsOnValuesThatNeverEnd) {
  EXPECT_THAT(faults_of("a: 1\nb: \"" + std::string(3u << 20, 'x')),
              HasSubstr("f.yaml:2:1: error: after this place stands a value of more than 1 MiB"));
  EXPECT_THAT(faults_of(repeated("[", 4 << 20)), HasSubstr("nested deeper"));
}

TEST(Yaml, CountsAnAliasBombByWhatItMeans) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 20; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + repeated(", " + before, 9) + "]\n";
  }
  EXPECT_EQ(faults_of(bomb),
            "f.yaml:7:10: error: values once aliases are followed: at most 2000000 (--max graph-values=N sets another "
            "limit)");
}

TEST(Yaml, RefusesAnAliasInsideWhatItNames) {
  EXPECT_EQ(faults_of("a: &a [1, *a]\n"), "f.yaml:1:11: error: an alias stands inside the value that it names");
  EXPECT_EQ(faults_of("a: &a {b: {c: *a}}\n"), "f.yaml:1:15: error: an alias stands inside the value that it names");
}

TEST(Yaml, SeesTheQuoteThatIsMissing) {
  EXPECT_EQ(faults_of("a: 'it''s'\n# '\n"), "");
  EXPECT_EQ(faults_of("a: \"say \\\"it\\\"\"  # \"\n"), "");
  EXPECT_EQ(faults_of("a: \"x\n"), "f.yaml:1:4: error: a quote is not closed");
  EXPECT_EQ(faults_of("a: 'it''s\n"), "f.yaml:1:4: error: a quote is not closed");
}

}  // namespace
}  // namespace graph
