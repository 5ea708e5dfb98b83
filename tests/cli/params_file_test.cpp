// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/graphs.h"
#include "tests/cli/program.h"

namespace testing_cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ParamsFile : public testing::Test {
 protected:
  ParamsFile() { folder_.write("dots.yaml", kDots); }

  Result run(const std::string& params, std::vector<std::string> words = {}) {
    folder_.write("settings/p.yaml", params);
    words.insert(words.begin(), {"run", "dots.yaml", "--params", "settings/p.yaml", "--quiet"});
    return decoupage(words, {folder_.path()});
  }

  std::vector<std::string> pictures(const std::string& folder) {
    std::vector<std::string> names;
    for (const auto& [name, bytes] : folder_.outputs(folder)) names.push_back(name);
    return names;
  }

  Folder folder_;
};

TEST_F(ParamsFile, SectionsAreFlattenedAndListsSweep) {
  const Result result =
      run("generation:\n  prompt: a dog\n  seed: [1, 2]\nregions: {noisy: true, scale: }\n"
          "output: {output_dir: there}\n");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(pictures("settings/there"), ElementsAre("1-1-true-a_dog-noise.png", "2-1-true-a_dog-noise.png"));
}

TEST_F(ParamsFile, FlagsWinOverIt) {
  const Result result =
      run("seed: [1, 2]\nprompt: a dog\noutput_dir: there\n", {"--seed", "9", "--output-dir", "here"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(pictures("here"), ElementsAre("9-1-false-a_dog-noise.png"));
  EXPECT_THAT(pictures("settings/there"), ElementsAre());
}

TEST_F(ParamsFile, CountsSeeds) {
  const Result result = run("seed: 16\nnum_seeds: 2\nseed_offset: 4\noutput_dir: there\n");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(pictures("settings/there"), ElementsAre("20-1-false-a_cat-noise.png", "21-1-false-a_cat-noise.png"));
}

TEST_F(ParamsFile, EveryFaultHasItsPlace) {
  const Result result = run("generation:\n  prompd: a dog\n  seed: x\n");
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err,
              HasSubstr("settings/p.yaml:2:3: error: graph 'dots' has no param 'prompd' (did you mean 'prompt'?)"));
  EXPECT_THAT(result.err, HasSubstr("settings/p.yaml:3:9: error: param 'seed': expected an int, got 'x'"));
  EXPECT_THAT(result.err, HasSubstr("2 errors"));
}

TEST_F(ParamsFile, ThatIsNotThereIsAnError) {
  const Result result = decoupage({"run", "dots.yaml", "--params", "nowhere.yaml"}, {folder_.path()});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("nowhere.yaml"));
}

TEST_F(ParamsFile, PathsInItCountFromItsFolder) {
  folder_.write("load.yaml",
                "graph: load\nparams: {picture: {type: path}}\nnodes:\n  load: {type: load-image, path: $picture}\n"
                "  save: {type: save-image, path: copy.png, in: {image: load.image}}\n");
  run("seed: 5\noutput_dir: made\n");
  const std::string made = "made/" + pictures("settings/made").at(0);
  folder_.write("settings/p.yaml", "picture: " + made + "\n");
  const Result result =
      decoupage({"run", "load.yaml", "--params", "settings/p.yaml", "--output-dir", "out"}, {folder_.path()});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(pictures("out"), ElementsAre("copy.png"));
}

}  // namespace
}  // namespace testing_cli
