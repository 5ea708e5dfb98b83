// SPDX-License-Identifier: MIT
// Items from tables: --items, --zip, and `items:` of a graph.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/cli/graphs.h"
#include "tests/cli/program.h"

namespace testing_cli {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAre;

/// A graph whose items are what its `items:` says.
constexpr const char* kTagged = R"(graph: tagged
params:
  tag:  {type: string, default: none}
  seed: {type: int, default: 0}
  mode: {type: string, default: upscale}
items: {files: "metadata/*.json", below: output, columns: {tag: file.stem, seed: image.seed}, skip: "final/{tag}.png",
        if: $(mode == "upscale")}
nodes:
  noise: {type: draw-noise, seed: $seed, width: 8, height: 8}
  save:  {type: save-image, path: "final/{tag}.png", in: {image: noise.image}}
)";

class Items : public testing::Test {
 protected:
  Items() { folder_.write("dots.yaml", kDots); }

  Result run(std::vector<std::string> words) {
    words.insert(words.begin(), "run");
    words.insert(words.end(), {"--output-dir", "out", "--quiet"});
    return decoupage(words, {folder_.path()});
  }

  /// The pictures that a run of the dots with these words makes.
  std::vector<std::string> pictures(std::vector<std::string> words) {
    words.insert(words.begin(), "dots.yaml");
    const Result result = run(words);
    EXPECT_EQ(result.code, 0) << result.err;
    const std::vector<std::string> names = made();
    fs::remove_all(folder_ / "out");
    return names;
  }
  std::vector<std::string> made() const {
    std::vector<std::string> names;
    for (const auto& [name, bytes] : folder_.outputs("out")) names.push_back(name);
    return names;
  }

  /// What a run of the dots by a table of this name and text says before it leaves with 2.
  std::string refusal(const std::string& table, const std::string& text, std::vector<std::string> more = {}) {
    folder_.write(table, text);
    more.insert(more.begin(), {"dots.yaml", "--items", table});
    const Result result = run(more);
    EXPECT_EQ(result.code, 2) << result.err;
    EXPECT_FALSE(fs::exists(folder_ / "out"));
    return result.err;
  }

  Folder folder_;
};

TEST_F(Items, OfACsv) {
  folder_.write("t.csv",
                "\xEF\xBB\xBFprompt,seed,noisy\r\n"
                "\"a cat, sitting\",1,true\r\n"
                "\r\n"
                "\"say \"\"ah\"\"\nagain\",,false\r\n"
                ",5,");
  EXPECT_THAT(pictures({"--items", "t.csv"}),
              UnorderedElementsAre("1-1-true-a_cat_sitting-noise.png", "0-1-false-say_ah_again-noise.png",
                                   "5-1-false-a_cat-noise.png"));
}

TEST_F(Items, OfLinesOfJson) {
  folder_.write("t.jsonl",
                "{\"image\": {\"seed\": 3}, \"prompt\": \"a, b\"}\n"
                "{\"scale\": 0.5, \"seed\": null}\n");
  EXPECT_THAT(pictures({"--items", "t.jsonl"}),
              UnorderedElementsAre("3-1-false-a_b-noise.png", "0-0.5-false-a_cat-noise.png"));
}

TEST_F(Items, OfYaml) {
  folder_.write("t.yaml", "- {seed: 3, style: plain}\n- image: {seed: 4}\n  prompt: hello\n");
  EXPECT_THAT(pictures({"--items", "t.yaml"}),
              UnorderedElementsAre("3-1-false-a_cat-plain.png", "4-1-false-hello-noise.png"));
}

TEST_F(Items, OfLinesOfText) {
  folder_.write("t.txt", "a cat, sitting\r\n\r\nrandom\n");
  EXPECT_THAT(pictures({"--items", "t.txt"}),
              UnorderedElementsAre("0-1-false-a_cat_sitting-noise.png", "0-1-false-random-noise.png"));
}

TEST_F(Items, OfFilesOfJson) {
  folder_.write("data/b.json", "{\"seed\": 2}");
  folder_.write("data/a.json", "{\"seed\": 1, \"prompt\": \"x\"}");
  folder_.write("data/list.txt", "no");
  EXPECT_THAT(pictures({"--items", "data/*.json"}),
              UnorderedElementsAre("1-1-false-x-noise.png", "2-1-false-a_cat-noise.png"));
}

TEST_F(Items, MultiplyWithSweeps) {
  folder_.write("t.csv", "prompt,scale\na,1\nb,2\n");
  EXPECT_THAT(pictures({"--items", "t.csv", "--seed", "0..2"}).size(), 6u);
}

TEST_F(Items, ColumnsTakeThePlaceOfAParamsFile) {
  folder_.write("t.csv", "seed\n3\n4\n");
  folder_.write("p.yaml", "seed: [7, 8, 9]\nprompt: dog\n");
  EXPECT_THAT(pictures({"--items", "t.csv", "--params", "p.yaml"}),
              UnorderedElementsAre("3-1-false-dog-noise.png", "4-1-false-dog-noise.png"));
}

TEST_F(Items, ZippedParamsStepTogether) {
  EXPECT_THAT(pictures({"--zip", "seed=1..3", "--zip", "prompt=a,b,c"}),
              UnorderedElementsAre("1-1-false-a-noise.png", "2-1-false-b-noise.png", "3-1-false-c-noise.png"));
  EXPECT_EQ(pictures({"--zip", "seed=1,2", "--zip", "prompt=a,b", "--noisy", "true,false"}).size(), 4u);
  const Result unequal = run({"dots.yaml", "--zip", "seed=1,2", "--zip", "prompt=a,b,c"});
  EXPECT_EQ(unequal.code, 2);
  EXPECT_THAT(unequal.err, HasSubstr("--zip seed: error: param 'seed' has 2 values, and 'prompt' beside it 3: what "
                                     "steps together has one length"));
  EXPECT_THAT(run({"dots.yaml", "--zip", "seed=1,2", "--seed", "3"}).err,
              HasSubstr("--zip seed: error: the param is set by another flag, too: use one or the other"));
}

TEST_F(Items, AllFaultsOfATableComeAtOnce) {
  const std::string text = refusal("t.csv",
                                   "sede,prompt,scale,prompt\n"
                                   "1,a,x,a\n"
                                   "2,b,99,b\n"
                                   "3,c\n");
  EXPECT_THAT(text, HasSubstr("t.csv:1:1: error: column 'sede': graph 'dots' has no param of that name (did you mean "
                              "'seed'?)"));
  EXPECT_THAT(text, HasSubstr("t.csv:1:4: error: param 'prompt' is a column twice"));
  EXPECT_THAT(text, HasSubstr("t.csv:2:3: error: param 'scale': expected a float, got 'x'"));
  EXPECT_THAT(text, HasSubstr("t.csv:3:3: error: param 'scale': 99 is above the maximum 50"));
  EXPECT_THAT(text, HasSubstr("t.csv:4:3: error: the row has 2 cells, and the header 4; a cell that holds a comma "
                              "stands in double quotes"));
}

TEST_F(Items, QuotesOfACsvAreHeldToTheirForm) {
  EXPECT_THAT(refusal("t.csv", "prompt,seed\n\"a\"b,1\nc\"d\",2\n\"e,3\n"),
              AllOf(HasSubstr("t.csv:2:1: error: something stands behind the closing quote; a double quote within a "
                              "cell is written twice"),
                    HasSubstr("t.csv:3:1: error: a double quote stands in a cell that does not begin with one; put the "
                              "cell in quotes, and double it"),
                    HasSubstr("t.csv:4:1: error: a double quote does not close")));
}

TEST_F(Items, FaultsOfOtherFormsHaveTheirLines) {
  EXPECT_THAT(refusal("t.jsonl", "{\"seed\": 1}\n{\"seed\": \"x\"}\n{\"seed\": }\n[3]\n"),
              AllOf(HasSubstr("t.jsonl:2:2: error: param 'seed': expected an int, got 'x'"),
                    HasSubstr("t.jsonl:3:10: error: not JSON: "),
                    HasSubstr("t.jsonl:4:2: error: expected an object of params, found a number")));
  EXPECT_THAT(
      refusal("t.json", "[{\"seed\": 1},\n {\"seed\": [1, 2],\n  \"prompt\": [[1]]}]\n"),
      AllOf(HasSubstr("t.json:2:3: error: param 'seed': expected int, found a list"),
            HasSubstr("t.json:3:3: error: param 'prompt': expected a list of values, found lists or maps in it")));
  EXPECT_THAT(refusal("t.yaml", "- {seed: 1}\n- {image: {sede: 2}}\n- 3\n"),
              HasSubstr("t.yaml:3:3: error: expected a row such as {seed: 1}, found a text"));
  EXPECT_THAT(refusal("u.yaml", "- {seed: 1}\n- {image: {sede: 2}, seed: [1, {a: 2}]}\n"), HasSubstr("u.yaml:2:"));
  EXPECT_THAT(refusal("v.yaml", "- {seed: 1}\n- {image: {sede: 2}}\n"),
              HasSubstr("v.yaml:2:18: error: column 'image.sede': graph 'dots' has no param of that name (did you mean "
                        "'seed'?)"));
  EXPECT_THAT(refusal("t.txt", "fine\nn\xFFot\n"), HasSubstr("t.txt:2:1: error: not UTF-8: save the table as UTF-8"));
  EXPECT_THAT(refusal("w.jsonl", "{\"seed\": 1, \"a\": {\"seed\": 2}}\n"),
              HasSubstr("w.jsonl:1:19: error: param 'seed' is given twice in this row"));
}

TEST_F(Items, TablesThatAreNoTables) {
  EXPECT_THAT(refusal("t.csv", ""), HasSubstr("t.csv:1:1: error: the table is empty: its first line has the names of "
                                              "params"));
  EXPECT_THAT(refusal("t.csv", "seed\n"), HasSubstr("--items: error: 't.csv' has no rows"));
  EXPECT_THAT(refusal("t.csv", "seed,\n1,2\n"), HasSubstr("t.csv:1:2: error: the column has no name"));
  EXPECT_THAT(refusal("t.xls", "seed"), HasSubstr("t.xls: error: a table is told by its ending, one of .csv, "));
  const Result gone = run({"dots.yaml", "--items", "gone.csv"});
  EXPECT_EQ(gone.code, 2);
  EXPECT_THAT(gone.err, HasSubstr("gone.csv"));
  EXPECT_THAT(run({"dots.yaml", "--items", "no/*.json"}).err, HasSubstr("--items: error: no file matches 'no/*.json'"));
  EXPECT_THAT(run({"dots.yaml", "--items", "n*/a.json"}).err,
              HasSubstr("n*/a.json: error: wildcards may stand in the last part only"));
  EXPECT_THAT(refusal("t.csv", "seed\n1\n2\n", {"--seed", "4"}),
              HasSubstr("--seed: error: param 'seed' is a column of 't.csv', too: use one or the other"));
}

TEST_F(Items, ATextNeedsAParamThatIsOne) {
  folder_.write("dots.yaml",
                "graph: g\nparams: {size: {type: int, default: 8}}\nnodes:\n"
                "  noise: {type: draw-noise, width: $size, height: 8}\n"
                "  save: {type: save-image, path: '{item}.png', in: {image: noise.image}}\n");
  EXPECT_THAT(
      refusal("t.txt", "a\nb\n"),
      HasSubstr("t.txt: error: a .txt has the values of 'prompt', or of the one param that is a text, and graph "
                "'g' has neither: use a .csv, whose first line names params"));
}

TEST_F(Items, ARowNeedsAValueWhereThereIsNoDefault) {
  folder_.write("dots.yaml",
                "graph: g\nparams: {size: {type: int}, seed: {type: int, default: 0}}\nnodes:\n"
                "  noise: {type: draw-noise, seed: $seed, width: $size, height: 8}\n"
                "  save: {type: save-image, path: '{item}.png', in: {image: noise.image}}\n");
  EXPECT_THAT(refusal("t.csv", "size,seed\n8,1\n,2\n"),
              HasSubstr("t.csv:3:1: error: the row has no value for 'size', which has no default"));
}

TEST_F(Items, ManyFaultsAreCounted) {
  std::string text = "seed\n";
  for (int row = 0; row < 150; ++row) text += "x\n";
  EXPECT_THAT(refusal("t.csv", text), HasSubstr("… and 50 more"));
}

TEST_F(Items, LimitsAreNamed) {
  EXPECT_THAT(refusal("t.csv", "seed\n1\n2\n3\n", {"--max", "items-rows=2"}),
              AllOf(HasSubstr("t.csv: error: the table has too many rows: at most 2"), HasSubstr("items-rows")));
  EXPECT_THAT(refusal("t.csv", "seed\n1\n2\n3\n", {"--max", "items-bytes=4"}), HasSubstr("items-bytes"));
}

TEST_F(Items, SeedsMayBeDrawnInARow) {
  folder_.write("dots.yaml",
                "graph: g\nparams: {seed: {type: int, default: 0}}\nnodes:\n"
                "  noise: {type: draw-noise, seed: $seed, width: 8, height: 8}\n"
                "  save: {type: save-image, path: '{seed}.png', in: {image: noise.image}}\n");
  folder_.write("t.csv", "seed\n7\nrandom\n-1\n18446744073709551615\n");
  const auto names = pictures({"--items", "t.csv", "--run-seed", "3"});
  EXPECT_EQ(names.size(), 4u);
  EXPECT_THAT(names, testing::IsSupersetOf({std::string("7.png"), std::string("-1.png")}));
  EXPECT_EQ(pictures({"--items", "t.csv", "--run-seed", "3"}), names);
  EXPECT_NE(pictures({"--items", "t.csv", "--run-seed", "4"}), names);
}

TEST_F(Items, AResumedRunReadsTheSameTable) {
  folder_.write("t.csv", "seed\n1\n2\n3\n");
  EXPECT_EQ(run({"dots.yaml", "--items", "t.csv"}).code, 0);
  fs::remove(folder_ / "out/2-1-false-a_cat-noise.png");
  EXPECT_EQ(run({"dots.yaml", "--items", "t.csv", "--resume"}).code, 0);
  EXPECT_EQ(made().size(), 3u);
  folder_.write("t.csv", "seed\n1\n2\n4\n");
  const Result other = run({"dots.yaml", "--items", "t.csv", "--resume"});
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.err, HasSubstr("param seed was 1, 2, 3 (table), is 1, 2, 4 (table)"));
}

TEST_F(Items, ADifferenceFarBelowIsToldByItsRow) {
  std::string rows = "seed\n";
  for (int row = 0; row < 100; ++row) rows += std::to_string(row * row) + "\n";
  folder_.write("t.csv", rows + "7\n");
  EXPECT_EQ(run({"dots.yaml", "--items", "t.csv"}).code, 0);
  folder_.write("t.csv", rows + "8\n");
  EXPECT_THAT(run({"dots.yaml", "--items", "t.csv", "--resume"}).err, HasSubstr("param seed was 7 in row 101, is 8"));
}

TEST_F(Items, ShardsAreMergedWithoutTheTable) {
  folder_.write("sheet.yaml", kSheet);
  folder_.write("t.csv", "seed\n1\n2\n3\n4\n5\n");
  EXPECT_EQ(run({"sheet.yaml", "--items", "t.csv"}).code, 0);
  const auto whole = folder_.outputs("out");
  fs::remove_all(folder_ / "out");
  for (const char* shard : {"1/2", "2/2"})
    EXPECT_EQ(run({"sheet.yaml", "--items", "t.csv", "--shard", shard, "--resume"}).code, 0);
  fs::remove(folder_ / "t.csv");
  const Result merged = decoupage({"merge", "out", "--recompute"}, {folder_.path()});
  EXPECT_EQ(merged.code, 0) << merged.out << merged.err;
  EXPECT_EQ(difference(folder_.outputs("out"), whole), "");
}

TEST_F(Items, RerunMakesARowAgain) {
  folder_.write("sheet.yaml", kSheet);
  folder_.write("t.csv", "seed,width\n1,16\n2,24\n3,16\n");
  EXPECT_EQ(run({"sheet.yaml", "--items", "t.csv"}).code, 0);
  fs::remove(folder_ / "t.csv");
  for (const char* picture : {"pictures/0002.png", "sheet.png"}) {
    const Result again = decoupage({"rerun", std::string("out/") + picture, "--output-dir", "again"}, {folder_.path()});
    EXPECT_EQ(again.code, 0) << again.err;
    EXPECT_EQ(folder_.read(std::string("again/") + picture), folder_.read(std::string("out/") + picture));
    fs::remove_all(folder_ / "again");
  }
}

TEST_F(Items, AGraphMayNameItsOwn) {
  folder_.write("tagged.yaml", kTagged);
  folder_.write("out/metadata/one.json", "{\"image\": {\"seed\": 1}, \"more\": 3}");
  folder_.write("out/metadata/two.json", "{\"image\": {\"seed\": 2}}");
  EXPECT_EQ(run({"tagged.yaml"}).code, 0);
  EXPECT_THAT(made(), AllOf(testing::Contains("final/one.png"), testing::Contains("final/two.png")));
  folder_.write("out/metadata/three.json", "{}");
  const auto before = folder_.read("out/final/one.png");
  EXPECT_EQ(run({"tagged.yaml", "--overwrite"}).code, 0);
  EXPECT_THAT(made(), testing::Contains("final/three.png"));
  EXPECT_EQ(folder_.read("out/final/one.png"), before);
  const Result nothing = decoupage({"run", "tagged.yaml", "--overwrite", "--output-dir", "out"}, {folder_.path()});
  EXPECT_EQ(nothing.code, 0);
  EXPECT_THAT(nothing.out, HasSubstr("nothing is left to do: everything that the graph's items would make is there"));
}

TEST_F(Items, AGraphsOwnAreLeftOutWhereItsIfSaysSo) {
  folder_.write("tagged.yaml", kTagged);
  EXPECT_EQ(run({"tagged.yaml", "--mode", "plain", "--tag", "a", "--tag", "b"}).code, 0);
  EXPECT_THAT(made(), UnorderedElementsAre("final/a.png", "final/b.png"));
}

TEST_F(Items, FaultsOfAGraphsOwn) {
  folder_.write("tagged.yaml", kTagged);
  EXPECT_THAT(run({"tagged.yaml"}).err, HasSubstr("tagged.yaml:6:8: error: no file matches 'out/metadata/*.json'"));
  const Result homeless = decoupage({"run", "tagged.yaml"}, {folder_.path()});
  EXPECT_EQ(homeless.code, 2);
  EXPECT_THAT(homeless.err, HasSubstr("tagged.yaml:6:8: error: items: they lie below the output folder: say which by "
                                      "--output-dir"));
  folder_.write("out/metadata/one.json", "{\"image\": {\"seed\": \"x\"}}");
  EXPECT_THAT(run({"tagged.yaml"}).err, HasSubstr("out/metadata/one.json:1:12: error: param 'seed': expected an int, "
                                                  "got 'x'"));
}

TEST_F(Items, OfTheCommandLineReplaceAGraphsOwn) {
  folder_.write("tagged.yaml", kTagged);
  folder_.write("t.csv", "tag,seed\nx,1\ny,2\n");
  EXPECT_EQ(run({"tagged.yaml", "--items", "t.csv"}).code, 0);
  EXPECT_THAT(made(), UnorderedElementsAre("final/x.png", "final/y.png"));
}

}  // namespace
}  // namespace testing_cli
