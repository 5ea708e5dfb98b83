// SPDX-License-Identifier: MIT
#include "imaging/contact_sheet.h"

#include "imaging/label.h"
#include "tests/imaging/fixtures.h"

namespace imaging {
namespace {

const cv::Scalar kPaper(0.9, 0.9, 0.9);

cv::Mat flat(int width, int height, double red) {
  return cv::Mat(height, width, CV_32FC3, cv::Scalar(red, 0, 0));
}

// Whether anything in the window differs from the sheet's background.
bool has_ink(const cv::Mat& sheet, const cv::Rect& window) {
  const cv::Rect inside = window & cv::Rect(0, 0, sheet.cols, sheet.rows);
  return cv::norm(sheet(inside), cv::Mat(inside.size(), CV_32FC3, kPaper), cv::NORM_INF) > 0.3;
}

TEST(ContactSheet, PutsCellsInRows) {
  std::vector<SheetCell> cells;
  for (int i = 0; i < 6; ++i) cells.push_back({flat(40, 20, 0.1 * i), ""});
  const cv::Mat sheet = draw_contact_sheet(cells, {.columns = 3, .cell = 40, .gap = 4, .background = kPaper});
  EXPECT_EQ(sheet.size(), cv::Size(3 * 44 + 4, 2 * 24 + 4));
  for (int i = 0; i < 6; ++i) {
    EXPECT_FLOAT_EQ(sheet.at<cv::Vec3f>(4 + 24 * (i / 3) + 10, 4 + 44 * (i % 3) + 20)[0], 0.1f * static_cast<float>(i));
  }
}

TEST(ContactSheet, WritesLabelsAndTitle) {
  const std::vector<SheetCell> cells{{flat(120, 60, 0.5), "seed=1, cut=0.5"}};
  const cv::Mat bare = draw_contact_sheet(cells, {.cell = 120, .gap = 8, .labels = false, .background = kPaper});
  const cv::Mat labelled = draw_contact_sheet(cells, {.cell = 120, .gap = 8, .background = kPaper});
  const cv::Mat titled = draw_contact_sheet(cells, {.cell = 120, .gap = 8, .title = "All", .background = kPaper});
  EXPECT_GT(labelled.rows, bare.rows);
  EXPECT_TRUE(has_ink(labelled, {8, 68, 120, labelled.rows - 70}));
  EXPECT_GT(titled.rows, labelled.rows);
  EXPECT_TRUE(has_ink(titled, {8, 0, 120, titled.rows - labelled.rows}));
}

TEST(ContactSheet, LongLabelsBreakAtTheirParams) {
  const cv::Mat one = draw_contact_sheet({{flat(128, 64, 0.5), "seed=1"}}, {.cell = 128, .background = kPaper});
  const cv::Mat three = draw_contact_sheet({{flat(128, 64, 0.5), "first-param=1, second-param=2, third-param=3"}},
                                           {.cell = 128, .background = kPaper});
  EXPECT_GT(three.rows, one.rows);
  EXPECT_EQ(three.cols, one.cols);
}

TEST(ContactSheet, AMissingPictureIsAGreyCell) {
  const cv::Mat sheet = draw_contact_sheet({{flat(64, 64, 0.5), "a"}, {cv::Mat(), "b"}},
                                           {.columns = 2, .cell = 64, .gap = 4, .labels = false, .background = kPaper});
  EXPECT_EQ(sheet.size(), cv::Size(2 * 68 + 4, 68 + 4));
  const cv::Vec3f cell = sheet.at<cv::Vec3f>(8, 76);
  EXPECT_LT(cell[0], 0.9f);
  EXPECT_FLOAT_EQ(cell[0], cell[1]);
  EXPECT_TRUE(has_ink(sheet, {72, 20, 64, 30}));
}

TEST(ContactSheet, NothingButMissingPictures) {
  const cv::Mat sheet = draw_contact_sheet({{cv::Mat(), "a"}, {cv::Mat(), "b"}},
                                           {.cell = 50, .gap = 0, .labels = false, .background = kPaper});
  EXPECT_EQ(sheet.size(), cv::Size(100, 50));
}

TEST(ContactSheet, PicturesOfSeveralSizesAreCentred) {
  const cv::Mat sheet = draw_contact_sheet({{flat(40, 20, 1), ""}, {flat(20, 40, 1), ""}},
                                           {.columns = 2, .cell = 40, .gap = 0, .background = kPaper});
  EXPECT_EQ(sheet.size(), cv::Size(80, 40));
  EXPECT_EQ(sheet.at<cv::Vec3f>(5, 20), cv::Vec3f::all(0.9f));
  EXPECT_EQ(sheet.at<cv::Vec3f>(20, 20), cv::Vec3f(1, 0, 0));
  EXPECT_EQ(sheet.at<cv::Vec3f>(20, 45), cv::Vec3f::all(0.9f));
}

TEST(ContactSheet, ThumbnailsAreNeverEnlarged) {
  EXPECT_EQ(sheet_thumbnail(flat(400, 100, 0), 200).size(), cv::Size(200, 50));
  EXPECT_EQ(sheet_thumbnail(flat(40, 10, 0), 200).size(), cv::Size(40, 10));
  EXPECT_EQ(sheet_thumbnail(flat(1000, 1, 0), 10).size(), cv::Size(10, 1));
}

TEST(ContactSheet, ColumnsLeaveFewGapsAndAreNeverTall) {
  const std::vector<std::pair<int, int>> expected{{1, 1}, {2, 2}, {3, 3},  {4, 2},  {6, 3},
                                                  {8, 4}, {9, 3}, {12, 4}, {16, 4}, {64, 8}};
  for (const auto& [cells, columns] : expected) EXPECT_EQ(sheet_columns(cells, {100, 100}), columns) << cells;
  EXPECT_EQ(sheet_columns(4, {100, 500}), 4);
  EXPECT_EQ(sheet_columns(4, {500, 100}), 1);
}

TEST(Label, FitsTextByCuttingIt) {
  EXPECT_EQ(fit_text("short", 10, 500), "short");
  const std::string cut = fit_text("a very long label that cannot fit", 10, 100);
  EXPECT_THAT(cut, ::testing::EndsWith("..."));
  EXPECT_LE(text_width(cut, 10), 100);
  EXPECT_EQ(fit_text("anything", 10, 1), "");
}

// The fonts of the machine, in this program: those of tests/data/fonts, a font of blocks.
const int kFonts = setenv("FONTCONFIG_FILE", SOURCE_DIR "/tests/data/fonts/fonts.conf", 1);

// In that font an ideograph is as wide as its size, and beh is 1.0 wide where a word begins and 0.2 where it ends.
TEST(Label, OtherScriptsAreDrawnInTheMachinesFonts) {
  ASSERT_EQ(kFonts, 0);
  const int one = text_width("\xE7\xBA\xA2", 36);  // of capitals of 36 px: a font of 50 px
  EXPECT_EQ(one, 50);
  EXPECT_EQ(text_width("\xE7\xBA\xA2\xE8\x89\xB2\xE7\x9A\x84", 36), 3 * one);
  EXPECT_EQ(text_width("\xD8\xA8\xD8\xA8", 36), 60) << "letters are joined: 50 px and 10";
  cv::Mat red(60, 70, CV_32FC3, kPaper), house = red.clone();
  draw_text(red, "\xE7\xBA\xA2", {5, 50}, 36, {0, 0, 0});
  draw_text(house, "\xE6\x88\xBF", {5, 50}, 36, {0, 0, 0});
  EXPECT_TRUE(has_ink(red, {0, 0, 70, 60}));
  EXPECT_GT(cv::norm(red, house, cv::NORM_INF), 0.5) << "each its own sign";
  EXPECT_FALSE(has_ink(red, {0, 0, 4, 60}));
}

TEST(Label, AsciiIsTheSameWhateverTheFonts) {
  EXPECT_NE(text_width("seed=3", 10), text_width("seed=3 \xE7\xBA\xA2", 10) - text_width(" \xE7\xBA\xA2", 10));
  cv::Mat picture(20, 80, CV_32FC3, kPaper);
  draw_text(picture, "seed=3", {4, 15}, 10, {0, 0, 0});
  EXPECT_NEAR(cv::mean(picture)[0], 0.7745, 0.01) << "the strokes of the program's own font";
}

TEST(Label, WhatNoFontHasIsTold) {
  EXPECT_EQ(note_of_missing_fonts({"plain", "\xE7\xBA\xA2\xE8\x89\xB2"}), "");
  EXPECT_EQ(note_of_missing_fonts({"\xE7\x8C\xAB \xE7\x8C\xAB", "\xF0\x9F\x98\x80 \xE0\xB8\x81", "\xFF"}),
            "no font of this machine has \xE7\x8C\xAB, \xF0\x9F\x98\x80, \xE0\xB8\x81, \xEF\xBF\xBD, so that texts on "
            "the picture are not readable: install fonts-noto-cjk, fonts-noto-color-emoji, fonts-noto-core (Debian's "
            "packages), or another font that has them");
  cv::Mat picture(40, 60, CV_32FC3, kPaper);
  draw_text(picture, "\xE7\x8C\xAB", {5, 30}, 20, {0, 0, 0});
  EXPECT_TRUE(has_ink(picture, {0, 0, 60, 40})) << "a box with its number";
}

TEST(Label, OtherScriptsAreCutBetweenCharacters) {
  const std::string three = "\xE7\xBA\xA2\xE8\x89\xB2\xE7\x9A\x84";
  EXPECT_EQ(fit_text(three, 36, 150), three);
  const std::string cut = fit_text(three + three, 36, 200);
  EXPECT_EQ(cut, three.substr(0, 6) + "...") << "two ideographs of 50 px and dots of 25 each";
  EXPECT_EQ(fit_text(three, 36, 10), "");
  EXPECT_EQ(fit_text("a\nb \xE7\xBA\xA2", 36, 1000), "a\nb \xE7\xBA\xA2");
}

TEST(ContactSheet, IsAsLargeAsForeseen) {
  const std::vector<SheetCell> cells{{flat(128, 64, 0.5), "seed=1, cut=0.25"},
                                     {flat(300, 64, 0.5), "seed=2, cut=0.5"},
                                     {flat(128, 64, 0.5), "seed=3"}};
  for (const SheetLayout& layout : {SheetLayout{.columns = 2, .cell = 128}, SheetLayout{.cell = 64, .title = "All"}}) {
    const cv::Size cell(layout.cell, thumbnail_size({128, 64}, layout.cell).height);
    EXPECT_EQ(draw_contact_sheet(cells, layout).size(),
              sheet_size({cells[0].label, cells[1].label, cells[2].label}, cell, layout));
  }
}

TEST(Label, StaysInsideThePicture) {
  cv::Mat picture(10, 10, CV_32FC3, kPaper);
  EXPECT_NO_THROW(draw_text(picture, "outside", {-5, 3}, 12, {0, 0, 0}));
  EXPECT_NO_THROW(draw_text(picture, "", {0, 5}, 12, {0, 0, 0}));
  EXPECT_NO_THROW(draw_text(picture, "far", {500, 500}, 12, {0, 0, 0}));
}

}  // namespace
}  // namespace imaging
