// SPDX-License-Identifier: MIT
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

class LoadImage : public ::testing::Test {
 protected:
  LoadImage() {
    for (int i = 0; i < 3; ++i) {
      folder_.write("p" + std::to_string(i) + ".png",
                    imaging::encode_png(cv::Mat(4, 10 + i, CV_8UC3, cv::Scalar(51, 0, 0))));
    }
    folder_.write("below/q.png", imaging::encode_png(pixels_8bit(5, 5)));
  }
  graph::NodeHarness node(graph::NodeHarness::Pairs more = {}, const std::string& path = "") {
    more.emplace_back("path", folder_.path(path));
    return graph::NodeHarness(built_in(), "load-image", more);
  }
  std::string refusal(const graph::NodeHarness::Pairs& more, const std::string& path = "") {
    return thrown_by([&] { node(more, path).open(); });
  }
  Folder folder_;
};

TEST_F(LoadImage, SendsTheOneOfItsIndex) {
  EXPECT_EQ(node().run().out<Image>("image").pixels.cols, 10);
  const cv::Mat pixels = node({{"index", "2"}}).run().out<Image>("image").pixels;
  EXPECT_EQ(pixels.cols, 12);
  EXPECT_EQ(pixels.at<cv::Vec3f>(0, 0), cv::Vec3f(0.2f, 0, 0));
}

TEST_F(LoadImage, PassesOverWhatIsNoPictureAndSaysSoOnce) {
  folder_.write("._p1.png", std::string("\0\5\x16\7", 4));
  folder_.write("p9.png", std::string("<html>"));
  graph::NodeHarness first = node({{"index", "2"}}), second = node({{"index", "1"}});
  EXPECT_EQ(first.run().out<Image>("image").pixels.cols, 12);
  EXPECT_EQ(first.warnings(),
            (std::vector<std::string>{folder_.path("") + ": passed over ._p1.png (of macOS), p9.png (a "
                                                         "web page)"}));
  EXPECT_EQ(second.run().out<Image>("image").pixels.cols, 11);
  EXPECT_THAT(second.warnings(), testing::IsEmpty()) << "the same folder";
  EXPECT_THAT(refusal({}, "p9.png"), HasSubstr("p9.png: not a picture that can be read (a web page)"));
}

/// An each can read them one by one.
TEST_F(LoadImage, SendsPathsAndTakesThem) {
  const auto paths = node().run().out<graph::List<graph::FilePath>>("paths");
  ASSERT_EQ(paths.size(), 3u);
  EXPECT_EQ(paths[1].text, folder_.path("p1.png"));
  EXPECT_EQ(node().feed("path", paths[1]).run().out<Image>("image").pixels.cols, 11);
}

TEST_F(LoadImage, SendsAll) {
  EXPECT_EQ(node().run().out<graph::List<Image>>("images").size(), 3u);
  EXPECT_EQ(node({{"recursive", "true"}}).run().out<graph::List<Image>>("images").size(), 4u);
  EXPECT_EQ(node({}, "p[12].png").run().out<graph::List<Image>>("images").size(), 2u);
  EXPECT_EQ(node().run().output("images").length(), 3u) << "a loop can run over them";
}

TEST_F(LoadImage, ReadsOnlyWhatIsWanted) {
  folder_.write("p3.png", std::string("\x89PNG\r\n\x1a\n damaged"));
  EXPECT_NO_THROW(node().unwanted("images").run());
  EXPECT_THAT(thrown_by([&] { node().unwanted("image").run(); }), HasSubstr("p3.png: a damaged PNG"));
  EXPECT_FALSE(node({{"index", "3"}}).unwanted("images").unwanted("image").run().sent("image"));
}

TEST_F(LoadImage, SaysHowManyThereAre) {
  EXPECT_EQ(refusal({{"index", "3"}}),
            "index 3: there are 3 pictures in '" + folder_.path() + "', numbered from 0 to 2");
  EXPECT_EQ(refusal({{"index", "1"}}, "p0.png"),
            "index 1: there is 1 picture in '" + folder_.path("p0.png") + "', numbered from 0 to 0");
  EXPECT_THAT(refusal({{"index", "-1"}}), HasSubstr("'index'"));
}

TEST_F(LoadImage, RefusesWhatIsNotThere) {
  EXPECT_THAT(refusal({}, "q"), HasSubstr("no file or folder '" + folder_.path("q") + "'"));
  EXPECT_THAT(thrown_by([] { graph::NodeHarness(built_in(), "load-image"); }),
              HasSubstr("property 'path' must be given"));
}

TEST_F(LoadImage, StopsBetweenFiles) {
  EXPECT_THROW(node().unwanted("image").cancel().run(), graph::Cancelled);
}

TEST_F(LoadImage, TellsHowFarItIs) {
  auto all = node();
  EXPECT_THAT(all.run().steps(), ::testing::ElementsAre(std::pair(1, 3), std::pair(2, 3), std::pair(3, 3)));
}

}  // namespace
}  // namespace nodes
