// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/program.h"

namespace testing_cli {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

/// `words` has a shape of its own, `records` that of column.
constexpr const char* kSets = R"(graph: sets
params:
  seed:    {type: int, default: 0}
  size:    {type: string, default: small, choices: [small, large]}
  width:   {type: int, default: {by: size, small: 8, large: 16}, flag: w}
  height:  {type: int, default: $(width * 2)}
  style:   {type: string, default: null, nullable: true, choices: [plain, painted]}
  records: {type: data, alias: rows, default: [{style: plain}, {style: painted}]}
  words:   {type: data, default: [[a, b], [c, d]]}
nodes:
  styles: {type: column, records: $records, name: style}
  texts:  {type: text-grid, texts: $words}
  drawn:
    type: each
    over: {style: styles.values}
    nodes:
      noise: {type: draw-noise, width: $width, height: $height, seed: $seed, in: {style: each.style}}
    out: {image: noise.image}
  named:
    type: each
    over: {text: texts.text}
    nodes:
      noise: {type: draw-noise, width: 8, height: 8, style: $style}
    out: {image: noise.image}
  grid: {type: image-grid, columns: 2, cell: 16, in: {images: drawn.image}}
  more: {type: image-grid, columns: 2, cell: 16, in: {images: named.image}}
  save: {type: save-image, path: "{seed}-{width}-{records}-{words}-{style}.png", in: {image: grid.image}}
  keep: {type: save-image, path: "more-{seed}-{width}-{records}-{words}-{style}.png", in: {image: more.image}}
)";

class DataFlags : public testing::Test {
 protected:
  DataFlags() { folder_.write("sets.yaml", kSets); }

  /// What a run's record says that a param's values are.
  json values(const std::string& param, std::vector<std::string> words) {
    words.insert(words.begin(), {"run", "sets.yaml"});
    words.insert(words.end(), {"--output-dir", "out", "--overwrite", "--quiet"});
    const Result result = decoupage(words, {folder_.path()});
    EXPECT_EQ(result.code, 0) << result.err;
    return result.code == 0 ? json::parse(folder_.read("out/run.json"))["params"][param]["values"] : json();
  }

  std::string refusal(std::vector<std::string> words) {
    words.insert(words.begin(), {"run", "sets.yaml", "--quiet"});
    const Result result = decoupage(words, {folder_.path()});
    EXPECT_EQ(result.code, 2) << result.err;
    return result.err;
  }

  Folder folder_;
};

TEST_F(DataFlags, IsWrittenAsYamlJsonAFileOrOneText) {
  const json due{R"([{"style":"washed"}])"};
  EXPECT_EQ(values("records", {"--records", "[{style: washed}]"}), due);
  EXPECT_EQ(values("records", {"--rows", R"([{"style": "washed"}])"}), due);
  folder_.write("settings/rows.json", R"([{"style": "washed"}])");
  EXPECT_EQ(values("records", {"--records", "@settings/rows.json"}), due);
  folder_.write("settings/p.yaml", "rows:\n  - style: washed\n");
  EXPECT_EQ(values("records", {"--params", "settings/p.yaml"}), due);
  folder_.write("settings/p.yaml", "records: \"@rows.json\"\n");
  EXPECT_EQ(values("records", {"--params", "settings/p.yaml"}), due);
  folder_.write("settings/p.yaml", "records: ['@rows.json']\n");
  EXPECT_THAT(refusal({"--params", "settings/p.yaml"}),
              HasSubstr("p.yaml:1:11: error: param records[0]: expected map"));
  EXPECT_EQ(values("words", {"--words", "one, word"}), json{R"("one, word")"});
}

TEST_F(DataFlags, APlaceIsSetInWhatElseSaysIt) {
  EXPECT_EQ(values("records", {"--records[1].style", "washed"}), json{R"([{"style":"plain"},{"style":"washed"}])"});
  EXPECT_EQ(values("words", {"--words[0][1]", "x, y", "--words[1][0]=z"}), json{R"([["a","x, y"],["z","d"]])"});
  EXPECT_EQ(values("records", {"--records", "[{style: washed}]", "--records[0].style", "plain"}),
            json{R"([{"style":"plain"}])"});
  folder_.write("p.yaml", "records: [{style: washed}, {style: plain}]\n");
  EXPECT_EQ(values("records", {"--params", "p.yaml", "--records[1].style", "painted"}),
            json{R"([{"style":"washed"},{"style":"painted"}])"});
  EXPECT_EQ(values("words", {"--param", "words[0][0]=x"}), json{R"([["x","b"],["c","d"]])"});
}

TEST_F(DataFlags, SeveralValuesAreItems) {
  EXPECT_EQ(values("records", {"--sweep", "records[0].style=plain,washed"}),
            json({R"([{"style":"plain"},{"style":"painted"}])", R"([{"style":"washed"},{"style":"painted"}])"}));
  EXPECT_EQ(values("words", {"--words", "one", "--words", "two"}).size(), 2u);
  EXPECT_EQ(values("words", {"--words[0][0]", "one", "--words[0][0]", "two", "--words[1][1]", "x"}).size(), 2u);
}

TEST_F(DataFlags, TablesHaveDocumentsAndPlaces) {
  folder_.write("t.csv",
                "records,records[0].style,seed\n"
                "\"[{style: plain}, {style: plain}]\",washed,1\n"
                ",marbled,2\n"
                "@rows.json,,3\n");
  folder_.write("rows.json", R"([{"style": "washed"}])");
  EXPECT_EQ(values("records", {"--items", "t.csv"}),
            json({R"([{"style":"washed"},{"style":"plain"}])", R"([{"style":"marbled"},{"style":"painted"}])",
                  R"([{"style":"washed"}])"}));
  folder_.write("t.jsonl",
                "{\"records\": [{\"style\": \"plain\"}], \"words\": \"a, b\"}\n"
                "{\"records\": [{\"style\": \"washed\"}], \"words\": [\"c\", \"d\"]}\n");
  EXPECT_EQ(values("records", {"--items", "t.jsonl"}), json({R"([{"style":"plain"}])", R"([{"style":"washed"}])"}));
  EXPECT_EQ(values("words", {"--items", "t.jsonl"}), json({R"("a, b")", R"(["c","d"])"}));
  folder_.write("t.yaml", "- records: [{style: plain}]\n  seed: 1\n- {seed: 2}\n");
  EXPECT_EQ(values("records", {"--items", "t.yaml"}),
            json({R"([{"style":"plain"}])", R"([{"style":"plain"},{"style":"painted"}])"}));
}

TEST_F(DataFlags, FaultsInTablesHaveTheirPlaces) {
  folder_.write("t.jsonl", "{\"seed\": 1}\n{\"records\": [{\"style\": \"plain\"},\n 3], \"seed\": 2}\n");
  EXPECT_THAT(refusal({"--items", "t.jsonl"}), HasSubstr("t.jsonl:2:"));
  folder_.write("t.json", "[{\"seed\": 1},\n {\"records\": [{\"style\": \"plain\"},\n  3]}]\n");
  EXPECT_THAT(refusal({"--items", "t.json"}),
              HasSubstr("t.json:3:3: error: param records[1]: expected map of any names to anything"));
  folder_.write("t.csv", "records[7].style,seed\nplain,1\n");
  EXPECT_THAT(refusal({"--items", "t.csv"}), HasSubstr("t.csv:2:1: error: records has 2 elements"));
  folder_.write("t.csv", "seed[0]\n1\n");
  EXPECT_THAT(refusal({"--items", "t.csv"}), HasSubstr("t.csv:1:1: error: column 'seed[0]'"));
}

TEST_F(DataFlags, PlacesAreZipped) {
  EXPECT_EQ(values("records", {"--zip", "records[0].style=plain,washed", "--zip", "seed=3,4"}),
            json({R"([{"style":"plain"},{"style":"painted"}])", R"([{"style":"washed"},{"style":"painted"}])"}));
  EXPECT_EQ(folder_.outputs("out").size(), 4u);
  EXPECT_THAT(refusal({"--zip", "records[0].style=plain,washed", "--zip", "seed=3,4,5"}),
              HasSubstr("what steps together has one length"));
}

TEST_F(DataFlags, FaultsSayWhere) {
  EXPECT_THAT(refusal({"--records[7].style", "plain"}),
              HasSubstr("--records[7].style: error: records has 2 elements, and [7] is not one of them"));
  EXPECT_THAT(refusal({"--recods[0].style", "plain"}), HasSubstr("(did you mean '--records'?)"));
  EXPECT_THAT(refusal({"--width[0]", "3"}), HasSubstr("param 'width' is int, and only data has places inside"));
  EXPECT_THAT(refusal({"--records[0.style", "3"}), HasSubstr("--records[0.style: error: "));
  EXPECT_THAT(refusal({"--records[0].style"}), HasSubstr("a value is due: --records[0].style VALUE"));
  EXPECT_THAT(refusal({"--records", "[{style: washed}"}), HasSubstr("--records:1:"));
  EXPECT_THAT(refusal({"--records", "@nowhere.json"}), HasSubstr("nowhere.json: error: cannot read the file"));
  folder_.write("p.yaml", "records:\n  - {style: plain}\n  - [1]\n");
  EXPECT_THAT(refusal({"--params", "p.yaml"}), HasSubstr("p.yaml:3:5: error: "));
}

TEST_F(DataFlags, ShortFlagsNullAndDefaultsByAnother) {
  EXPECT_EQ(values("width", {"-w", "24"}), json{"24"});
  EXPECT_EQ(values("width", {"--size", "large"}), json{"16"});
  EXPECT_EQ(values("height", {"--size", "large"}), json{"32"});
  EXPECT_EQ(values("height", {"-w", "9"}), json{"18"});
  EXPECT_EQ(values("style", {}), json{"null"});
  EXPECT_EQ(values("style", {"--style", "null", "--style", "plain"}), json({"null", "plain"}));
  EXPECT_THAT(refusal({"-x", "24"}), HasSubstr("-x: error: graph 'sets' has no such short flag"));
  EXPECT_THAT(refusal({"-width", "24"}), HasSubstr("did you mean --width?"));
  EXPECT_THAT(refusal({"--seed", "null"}), HasSubstr("--seed: error: param 'seed': expected an int, got 'null'"));
}

TEST_F(DataFlags, HelpShowsTheShape) {
  const Result result = decoupage({"run", "sets.yaml", "--help"}, {folder_.path()});
  EXPECT_THAT(result.out, HasSubstr("-w,--width INT "));
  EXPECT_THAT(result.out, HasSubstr("--words DATA"));
}

}  // namespace
}  // namespace testing_cli
