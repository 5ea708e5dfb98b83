// SPDX-License-Identifier: MIT
#include "graph/file_list.h"

#include <gmock/gmock.h>

#include <stdexcept>

#include "tests/observers/temp_folder.h"

namespace graph {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

class FileList : public FolderTest {
 protected:
  static std::vector<std::pair<std::string, double>> read(const std::string& text) {
    std::vector<std::pair<std::string, double>> pairs;
    for (const ScaledFile& choice : file_list(text)) pairs.emplace_back(choice.file, choice.scale);
    return pairs;
  }
  static std::string refusal(const std::string& text) {
    try {
      file_list(text);
    } catch (const std::invalid_argument& e) {
      return e.what();
    }
    return "not refused";
  }
};

TEST_F(FileList, CommasSeparate) {
  EXPECT_THAT(read(""), IsEmpty());
  EXPECT_THAT(read(" , "), IsEmpty());
  EXPECT_THAT(read("a.safetensors"), ElementsAre(Pair("a.safetensors", 1)));
  EXPECT_THAT(read("a, b c=0.5 , d=-1e-1"), ElementsAre(Pair("a", 1), Pair("b c", 0.5), Pair("d", -0.1)));
}

TEST_F(FileList, QuotesHoldCommasAndQuotes) {
  EXPECT_THAT(read(R"("a, b/x.safetensors"=0.8, c)"), ElementsAre(Pair("a, b/x.safetensors", 0.8), Pair("c", 1)));
  EXPECT_THAT(read(R"("a=1, b", "say ""hi""" = 2)"), ElementsAre(Pair("a=1, b", 1), Pair("say \"hi\"", 2)));
  EXPECT_EQ(refusal(R"("a, b)"), "a double quote is not closed in '\"a, b'");
  EXPECT_THAT(refusal(R"("a" b)"), HasSubstr("expected FILE or FILE=SCALE"));
}

TEST_F(FileList, AFileThatIsThereMayHaveCommasInItsName) {
  write("a, b/x.safetensors", "");
  write("c=1.safetensors", "");
  write("d", "");
  const std::string comma = path("a, b/x.safetensors"), equals = path("c=1.safetensors");
  EXPECT_THAT(read(comma), ElementsAre(Pair(comma, 1)));
  EXPECT_THAT(read(comma + "=0.5, " + path("d") + "," + equals),
              ElementsAre(Pair(comma, 0.5), Pair(path("d"), 1), Pair(equals, 1)));
  EXPECT_THAT(read(equals + "=0.5"), ElementsAre(Pair(equals, 0.5)));
}

TEST_F(FileList, ScalesAreFiniteNumbers) {
  for (const char* scale : {"nan", "inf", "-inf", "NaN", "infinity"})
    EXPECT_THAT(refusal(std::string("a=") + scale), HasSubstr("the scale must be a finite number, such as 0.8"))
        << scale;
  for (const char* scale : {"", "x", "1e999", "0.5x"})
    EXPECT_THAT(refusal(std::string("a=") + scale), HasSubstr("expected FILE or FILE=SCALE")) << scale;
}

TEST(ListOf, TakesQuotesToo) {
  EXPECT_THAT(comma_list("<a>, \"<b, c>\",,"), ElementsAre("<a>", "<b, c>"));
}

}  // namespace
}  // namespace graph
