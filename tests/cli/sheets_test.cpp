// SPDX-License-Identifier: MIT
// Contact sheets as people make them: labels in any script, and sizes that a file cannot hold.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/cli/program.h"

namespace testing_cli {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

constexpr const char* kLongSheets = R"(graph: sheets
params:
  seed:    {type: int, default: 1}
  prompt:  {type: string, default: a cat}
  ext:     {type: string, default: png}
  columns: {type: int, default: 1}
  side:    {type: int, default: 256}
nodes:
  a: {type: draw-noise, seed: $seed, style: plain, width: $side, height: $side}
  b: {type: resize, width: $side, height: $side, in: {image: a.image}}
  sheet: {type: contact-sheet, columns: $columns, cell: 256, title: $prompt, in: {image: b.image}}
  s: {type: save-image, path: "sheet.${ext}", in: {image: sheet.image}}
)";

class Sheets : public testing::Test {
 protected:
  Sheets() { folder_.write("s.yaml", kLongSheets); }
  Result run(std::vector<std::string> words, const std::map<std::string, std::string>& env = {}) {
    words.insert(words.begin(), {"run", "s.yaml", "--output-dir", "o"});
    return decoupage(words, {folder_.path(), env});
  }
  Folder folder_;
};

TEST_F(Sheets, TooLargeForTheirFormatAreRefusedBeforeTheRun) {
  const Result jpeg = run({"--seed", "0..299", "--ext", "jpg"});
  EXPECT_EQ(jpeg.code, 2);
  EXPECT_THAT(jpeg.err, AllOf(HasSubstr("node 's' (save-image): the picture would be 280x"),
                              HasSubstr(", and a .jpg file holds sides of at most 65500 px: write a .png")));
  EXPECT_THAT(run({"--seed", "0..79", "--ext", "webp"}).err, HasSubstr(".webp file holds sides of at most 16383 px"));
  EXPECT_FALSE(fs::exists(folder_ / "o/sheet.jpg"));
  EXPECT_EQ(run({"--seed", "0..79", "--ext", "webp", "--columns", "0", "--overwrite", "--quiet"}).code, 0)
      << "what fits is made";
  EXPECT_EQ(run({"--seed", "0..299", "--ext", "jpg", "--side", "16", "--overwrite", "--quiet"}).code, 0)
      << "small pictures make small cells";
}

TEST_F(Sheets, LabelsThatNoFontHasAreTold) {
  const std::string conf = std::string(SOURCE_DIR) + "/tests/data/fonts/fonts.conf";
  const std::string red = "\xE7\xBA\xA2\xE8\x89\xB2\xE7\x9A\x84\xE6\x88\xBF\xE5\xAD\x90";
  const Result known = run({"--seed", "0..1", "--side", "200", "--prompt", red}, {{"FONTCONFIG_FILE", conf}});
  EXPECT_EQ(known.code, 0) << known.err;
  EXPECT_THAT(known.err, testing::Not(HasSubstr("font")));
  const std::string with_font = folder_.outputs("o").at("sheet.png");
  folder_.write("none.conf", "<fontconfig></fontconfig>");
  const Result none = run({"--seed", "0..1", "--side", "200", "--prompt", red, "--overwrite"},
                          {{"FONTCONFIG_FILE", folder_ / "none.conf"}});
  EXPECT_EQ(none.code, 0) << none.err;
  EXPECT_THAT(none.err, AllOf(HasSubstr("no font of this machine has \xE7\xBA\xA2, \xE8\x89\xB2"),
                              HasSubstr("install fonts-noto-cjk (Debian's packages)")));
  EXPECT_NE(folder_.outputs("o").at("sheet.png"), with_font);
  const Result other =
      run({"--seed", "0..1", "--side", "200", "--prompt", "\xE7\x8C\xAB", "--overwrite"}, {{"FONTCONFIG_FILE", conf}});
  EXPECT_THAT(other.err, HasSubstr("no font of this machine has \xE7\x8C\xAB"));
  EXPECT_THAT(run({"--seed", "0..1", "--side", "200", "--overwrite"}, {{"FONTCONFIG_FILE", folder_ / "none.conf"}}).err,
              testing::Not(HasSubstr("font")))
      << "ASCII needs none";
}

}  // namespace
}  // namespace testing_cli
