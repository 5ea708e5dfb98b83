// SPDX-License-Identifier: MIT
/// The same bits whatever the lanes, and a recipe that says so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/program.h"

namespace testing_cli {
namespace {

using nlohmann::json;

class Deterministic : public testing::Test {
 protected:
  /// Three small pictures of the embedded model, by file name.
  std::map<std::string, std::string> drawn(const std::string& to, const std::vector<std::string>& how) {
    std::vector<std::string> words{"run",
                                   SOURCE_DIR "/configs/txt2img.yaml",
                                   "--quiet",
                                   "--prompt",
                                   "a red house on a meadow",
                                   "--seed",
                                   "0..2",
                                   "--width",
                                   "64",
                                   "--height",
                                   "64",
                                   "--steps",
                                   "3",
                                   "--device",
                                   "cpu",
                                   "--output-dir",
                                   to};
    words.insert(words.end(), how.begin(), how.end());
    const Result result = decoupage(words, {folder_.path()});
    EXPECT_EQ(result.code, 0) << result.err;
    return folder_.outputs(to);
  }
  json recipe_of(const std::string& picture) {
    return json::parse(decoupage({"metadata", "--json", folder_ / picture}, {folder_.path()}).out);
  }

  Folder folder_;
};

TEST_F(Deterministic, IsTheSameWhateverTheLanes) {
  const auto one = drawn("one", {"--deterministic", "--lanes", "1"});
  EXPECT_EQ(one.size(), 3U);
  EXPECT_EQ(difference(drawn("three", {"--deterministic", "--lanes", "3"}), one), "");
  EXPECT_EQ(difference(drawn("auto", {"--deterministic"}), one), "");
  const std::string name = one.begin()->first;
  EXPECT_EQ(recipe_of("one/" + name).at("deterministic"), true);
  const Result again =
      decoupage({"rerun", folder_ / ("three/" + name), "--output-dir", "again", "--device", "cpu"}, {folder_.path()});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(folder_.outputs("again").begin()->second, one.at(name)) << "the recipe's word is kept";
}

TEST_F(Deterministic, IsSaidToBeNotWhereItIsNot) {
  const auto free = drawn("free", {"--lanes", "2"});
  EXPECT_EQ(recipe_of("free/" + free.begin()->first).at("deterministic"), false);
}

}  // namespace
}  // namespace testing_cli
