// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/cli/program.h"

/// The graphs and papers that ship: small runs of each, from a folder that is not the project's.
namespace testing_cli {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string config(const std::string& name) {
  return std::string(SOURCE_DIR) + "/configs/" + name + ".yaml";
}

class Configs : public testing::Test {
 protected:
  Result call(const std::vector<std::string>& words) { return decoupage(words, {folder_.path()}); }
  Folder folder_;
};

TEST_F(Configs, AllAreSound) {
  std::vector<std::string> words{"check"};
  for (const auto& entry : fs::directory_iterator(fs::path(SOURCE_DIR) / "configs"))
    if (entry.is_regular_file()) words.push_back(entry.path().string());  // parts/ has bins, which others include
  const Result result = call(words);
  EXPECT_EQ(result.code, 0) << result.err;
}

TEST_F(Configs, LandscapeTearsLandscapesAndAnyOfItsPicturesCanBeMadeAgain) {
  const std::vector<std::string> small{"--width", "48", "--height", "48", "--layers", "4"};
  std::vector<std::string> words{"run", config("landscape"), "--seed", "1..3", "--output-dir", "out"};
  words.insert(words.end(), small.begin(), small.end());
  const Result result = call(words);
  ASSERT_EQ(result.code, 0) << result.err;
  const auto made = folder_.outputs("out");
  EXPECT_EQ(made.size(), 4u);
  for (const auto& [name, bytes] : made) {
    EXPECT_EQ(call({"rerun", "out/" + name, "--output-dir", "again", "--overwrite"}).code, 0);
    EXPECT_EQ(folder_.outputs("again")[name], bytes) << name;
  }
  EXPECT_NE(made.at("landscape-001-0000.png"), made.at("landscape-002-0001.png"));
}

TEST_F(Configs, LandscapeIsTheSameFromEveryFolder) {
  const std::vector<std::string> rest{"--width", "32", "--height", "32", "--layers", "2", "--output-dir"};
  std::vector<std::string> here{"run", config("landscape")}, there{"run", "configs/landscape.yaml"};
  here.insert(here.end(), rest.begin(), rest.end());
  there.insert(there.end(), rest.begin(), rest.end());
  here.push_back(folder_ / "a");
  there.push_back(folder_ / "b");
  EXPECT_EQ(call(here).code, 0);
  EXPECT_EQ(decoupage(there, {SOURCE_DIR}).code, 0);
  const Result again = call({"rerun", "b/landscape-001-0000.png", "--output-dir", "c"});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(folder_.outputs("b")["landscape-001-0000.png"], folder_.outputs("c")["landscape-001-0000.png"]);
}

TEST_F(Configs, PapersPaintsOnePerPalette) {
  const Result result =
      call({"run", config("papers"), "--size", "24", "--sweep", "palette=sun,teal", "--output-dir", "out"});
  ASSERT_EQ(result.code, 0) << result.err;
  const auto made = folder_.outputs("out");
  EXPECT_EQ(made.size(), 2u);
  EXPECT_TRUE(made.count("painted-01-teal.jpg"));
}

TEST_F(Configs, SweepShowsAllOnOneSheet) {
  const Result result = call(
      {"run", config("sweep"), "--size", "24", "--sweep", "palette=sun,teal", "--scale", "1,2", "--output-dir", "out"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(folder_.outputs("out").size(), 1u);
}

TEST_F(Configs, ResizeTakesEveryPictureAndSaysWhereTheyEnd) {
  const Result result = call({"run", config("resize"), "--width", "16", "--index", "0..17", "--output-dir", "out"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(folder_.outputs("out").size(), 18u);
  const Result beyond = call({"run", config("resize"), "--width", "16", "--index", "17,18", "--output-dir", "beyond"});
  EXPECT_EQ(beyond.code, 1);
  EXPECT_THAT(beyond.err, HasSubstr("index 18: there are 18 pictures in"));
  EXPECT_EQ(folder_.outputs("beyond").size(), 1u);
}

TEST_F(Configs, PapersThatShipAreSmall) {
  std::uintmax_t bytes = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(SOURCE_DIR) / "assets/papers")) bytes += entry.file_size();
  EXPECT_GT(bytes, 100'000u);
  EXPECT_LT(bytes, 4'000'000u);
}

}  // namespace
}  // namespace testing_cli
