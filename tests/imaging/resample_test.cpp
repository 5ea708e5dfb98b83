// SPDX-License-Identifier: MIT
#include "imaging/resample.h"

#include "imaging/files/picture.h"
#include "tests/imaging/fixtures.h"

namespace imaging {
namespace {

/// tests/data/pillow: README.md says how it was made.
cv::Mat pillow(const std::string& name) {
  return to_8bit(read_picture(std::string(SOURCE_DIR) + "/tests/data/pillow/" + name + ".png"));
}

class Lanczos : public ::testing::TestWithParam<std::string> {};

TEST_P(Lanczos, IsPillowsByteForByte) {
  const cv::Mat due = pillow(GetParam());
  EXPECT_TRUE(same_pixels(lanczos(pillow("pixels"), due.cols, due.rows), due));
}

// Larger, a little smaller and larger, much smaller, one side alone, to a pixel, one way up and the other down.
INSTANTIATE_TEST_SUITE_P(Sizes, Lanczos,
                         ::testing::Values(std::string("74x58"), std::string("36x28"), std::string("38x30"),
                                           std::string("8x8"), std::string("37x50"), std::string("20x29"),
                                           std::string("1x1"), std::string("100x3"), std::string("5x200")),
                         [](const auto& info) { return "to_" + info.param; });

TEST(LanczosParts, APixelIsSpreadOut) {
  const cv::Mat due = pillow("one_9x5");
  EXPECT_TRUE(same_pixels(lanczos(pillow("pixels")(cv::Rect(5, 3, 1, 1)), 9, 5), due));
}

TEST(LanczosParts, PartOfAPictureIsResampledAlone) {
  const cv::Mat pixels = pixels_8bit(20, 15);
  const cv::Mat part = pixels(cv::Rect(4, 3, 9, 7));
  EXPECT_TRUE(same_pixels(lanczos(part, 13, 21), lanczos(part.clone(), 13, 21)));
  EXPECT_TRUE(same_pixels(pixels, pixels_8bit(20, 15))) << "nothing was written to";
}

TEST(LanczosParts, SameSizeIsTheSamePixels) {
  const cv::Mat pixels = pixels_8bit(20, 15);
  EXPECT_EQ(lanczos(pixels, 20, 15).data, pixels.data);
}

TEST(LanczosParts, OneColourStaysWhatItIs) {
  const cv::Mat pixels(11, 17, CV_8UC3, cv::Scalar(3, 128, 255));
  for (const cv::Size size : {cv::Size(5, 4), cv::Size(40, 60), cv::Size(17, 3)}) {
    const cv::Mat out = lanczos(pixels, size.width, size.height);
    EXPECT_TRUE(same_pixels(out, cv::Mat(size, CV_8UC3, cv::Scalar(3, 128, 255))));
  }
}

TEST(LanczosParts, RefusesWhatIsNotItsBusiness) {
  const cv::Mat pixels = pixels_8bit(4, 4);
  EXPECT_EQ(thrown_by([&] { lanczos(pixels, 0, 4); }), "a side of 0 px: 1 to 65535 can be resampled");
  EXPECT_EQ(thrown_by([&] { lanczos(pixels, 4, 65'536); }), "a side of 65536 px: 1 to 65535 can be resampled");
  EXPECT_EQ(thrown_by([&] { lanczos(from_8bit(pixels), 2, 2); }), "8-bit pixels are due");
  EXPECT_EQ(thrown_by([&] { lanczos(cv::Mat(), 2, 2); }), "8-bit pixels are due");
}

}  // namespace
}  // namespace imaging
