// SPDX-License-Identifier: MIT
#include "imaging/files/picture.h"

#include <zlib.h>

#include <limits>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "imaging/files/png.h"
#include "tests/imaging/fixtures.h"

namespace imaging {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Bytes = std::vector<std::byte>;

Bytes encoded(const std::string& extension, const cv::Mat& mat, const std::vector<int>& settings = {}) {
  std::vector<unsigned char> bytes;
  cv::imencode(extension, mat, bytes, settings);
  const auto* begin = reinterpret_cast<const std::byte*>(bytes.data());
  return {begin, begin + bytes.size()};
}

cv::Mat bgr(const cv::Mat& rgb) {
  cv::Mat out;
  cv::cvtColor(rgb, out, cv::COLOR_RGB2BGR);
  return out;
}

std::string refusal_of(const Bytes& file, const PictureLimits& limits = {}) {
  return thrown_by([&] { decode_picture(file, "a", limits); });
}

Bytes bytes_of(const std::string& text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}

void patch(Bytes& file, std::size_t at, const std::string& text) {
  for (std::size_t i = 0; i < text.size(); ++i) file[at + i] = static_cast<std::byte>(text[i]);
}

TEST(Picture, LosslessFormatsKeepEveryByte) {
  const cv::Mat rgb = pixels_8bit(33, 17);
  for (const char* extension : {".png", ".bmp", ".tiff"}) {
    const cv::Mat picture = decode_picture(encoded(extension, bgr(rgb)), "a");
    EXPECT_EQ(picture.type(), CV_32FC3) << extension;
    EXPECT_TRUE(same_pixels(to_8bit(picture), rgb)) << extension;
  }
  EXPECT_TRUE(same_pixels(to_8bit(decode_picture(encode_webp(rgb, 100), "a")), rgb));
}

TEST(Picture, EveryByteValueSurvivesTheWayThere) {
  cv::Mat all(1, 256, CV_8UC3);
  for (int i = 0; i < 256; ++i) all.at<cv::Vec3b>(0, i) = cv::Vec3b::all(static_cast<unsigned char>(i));
  const cv::Mat picture = from_8bit(all);
  EXPECT_EQ(picture.at<cv::Vec3f>(0, 0)[0], 0.0f);
  for (int i = 0; i < 256; ++i) EXPECT_EQ(picture.at<cv::Vec3f>(0, i)[0], static_cast<float>(i) / 255.0f);
  EXPECT_TRUE(same_pixels(to_8bit(picture), all));
}

TEST(Picture, LossyFormatsComeNear) {
  const cv::Mat smooth(32, 48, CV_8UC3, cv::Scalar(200, 120, 40));
  for (const Bytes& file : {encode_jpeg(smooth, 95), encode_webp(smooth, 90)}) {
    EXPECT_LT(cv::norm(to_8bit(decode_picture(file, "a")), smooth, cv::NORM_INF), 6);
  }
}

TEST(Picture, QualityMakesFilesLarger) {
  const cv::Mat rgb = pixels_8bit(64, 64);
  EXPECT_LT(encode_jpeg(rgb, 20).size(), encode_jpeg(rgb, 95).size());
  EXPECT_LT(encode_webp(rgb, 20).size(), encode_webp(rgb, 95).size());
}

TEST(Picture, GreyBecomesRgb) {
  const cv::Mat grey(4, 5, CV_8U, cv::Scalar(51));
  const cv::Mat picture = decode_picture(encoded(".png", grey), "a");
  EXPECT_EQ(picture.at<cv::Vec3f>(3, 4), cv::Vec3f::all(0.2f));
}

TEST(Picture, SixteenBitsKeepTheirPrecision) {
  const cv::Mat deep(4, 5, CV_16UC3, cv::Scalar(30000, 20000, 10001));  // BGR
  for (const char* extension : {".png", ".tiff"}) {
    const cv::Vec3f pixel = decode_picture(encoded(extension, deep), "a").at<cv::Vec3f>(0, 0);
    EXPECT_FLOAT_EQ(pixel[0], 10001.0f / 65535.0f) << extension;
    EXPECT_FLOAT_EQ(pixel[2], 30000.0f / 65535.0f) << extension;
  }
}

TEST(Picture, TransparencyIsDropped) {
  const cv::Mat clear(4, 5, CV_8UC4, cv::Scalar(0, 128, 255, 0));
  EXPECT_TRUE(same_pixels(to_8bit(decode_picture(encoded(".png", clear), "a")),
                          cv::Mat(4, 5, CV_8UC3, cv::Scalar(255, 128, 0))));
}

TEST(Picture, FloatSamplesAreBroughtIntoRange) {
  cv::Mat values(1, 2, CV_32FC3, cv::Scalar(2.5, 0.25, -1));
  values.at<cv::Vec3f>(0, 1)[0] = std::numeric_limits<float>::quiet_NaN();
  const cv::Mat picture = decode_picture(encoded(".tiff", values, {cv::IMWRITE_TIFF_COMPRESSION, 1}), "a");
  EXPECT_EQ(picture.at<cv::Vec3f>(0, 0), cv::Vec3f(0, 0.25f, 1));
  EXPECT_EQ(picture.at<cv::Vec3f>(0, 1)[2], 0.0f);
}

/// A TIFF block that says how a picture stands.
std::string exif_of(char orientation) {
  std::string block("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0", 26);
  block[19] = orientation;
  return block;
}

std::string text_of(const Bytes& file) {
  return {reinterpret_cast<const char*>(file.data()), file.size()};
}

std::string big_number(std::size_t n) {
  return {static_cast<char>(n >> 24), static_cast<char>(n >> 16), static_cast<char>(n >> 8), static_cast<char>(n)};
}
std::string little_number(std::size_t n, int bytes = 4) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(n >> (8 * i));
  return out;
}

std::string png_with(const std::string& png, const std::string& type, const std::string& data) {
  const std::string body = type + data;
  const auto sum = crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return png.substr(0, 33) + big_number(data.size()) + body + big_number(sum) + png.substr(33);
}

std::string webp_with_exif(const std::string& webp, cv::Size size, const std::string& exif) {
  std::string chunks = "VP8X" + little_number(10) + little_number(8) + little_number(size.width - 1, 3) +
                       little_number(size.height - 1, 3) + webp.substr(12) + "EXIF" + little_number(exif.size()) + exif;
  return "RIFF" + little_number(4 + chunks.size()) + "WEBP" + chunks;
}

/// As people who hold it so see it. (EXIF 2.32, table of tag 0x0112: where row 0 and column 0 of what is stored are.)
cv::Mat stored_for(const cv::Mat& upright, int orientation) {
  cv::Mat stored(orientation < 5 ? upright.size() : cv::Size(upright.rows, upright.cols), upright.type());
  for (int y = 0; y < stored.rows; ++y) {
    for (int x = 0; x < stored.cols; ++x) {
      const int right = upright.cols - 1, bottom = upright.rows - 1;
      const cv::Point at[] = {{x, y}, {right - x, y}, {right - x, bottom - y}, {x, bottom - y},
                              {y, x}, {right - y, x}, {right - y, bottom - x}, {y, bottom - x}};
      stored.at<cv::Vec3b>(y, x) = upright.at<cv::Vec3b>(at[orientation - 1]);
    }
  }
  return stored;
}

TEST(Picture, StandsUprightWhateverTheFormat) {
  const cv::Mat rgb = pixels_8bit(12, 7);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const cv::Mat stored = stored_for(rgb, orientation);
    const std::string exif = exif_of(static_cast<char>(orientation));
    const std::string webp = webp_with_exif(text_of(encode_webp(stored, 100)), stored.size(), exif);
    const std::string png = png_with(text_of(encode_png(stored)), "eXIf", exif);
    EXPECT_TRUE(same_pixels(to_8bit(decode_picture(bytes_of(webp), "a")), rgb)) << "WebP " << orientation;
    EXPECT_TRUE(same_pixels(to_8bit(decode_picture(bytes_of(png), "a")), rgb)) << "PNG " << orientation;
    const Bytes jpeg = turned_clockwise(encode_jpeg(stored, 100), static_cast<char>(orientation));
    EXPECT_TRUE(same_pixels(stored_for(to_8bit(decode_picture(jpeg, "a")), orientation),
                            to_8bit(decode_picture(encode_jpeg(stored, 100), "a"))))
        << "JPEG " << orientation;
  }
}

Bytes shipped(const std::string& name) {
  std::ifstream file(std::string(SOURCE_DIR) + "/tests/data/pictures/" + name, std::ios::binary);
  return bytes_of({std::istreambuf_iterator<char>(file), {}});
}

TEST(Picture, OfAnAnimationTheFirstCounts) {
  const cv::Mat webp = to_8bit(decode_picture(shipped("animated.webp"), "a"));
  EXPECT_EQ(webp.size(), cv::Size(static_cast<int>(read_picture_header(shipped("animated.webp"), "a").width),
                                  static_cast<int>(read_picture_header(shipped("animated.webp"), "a").height)));
  const cv::Mat png = to_8bit(decode_picture(shipped("animated.png"), "a"));
  EXPECT_EQ(png.at<cv::Vec3b>(7, 15), cv::Vec3b(240, 224, 105));
}

// A first picture of an animation that covers a part of the canvas.
TEST(Picture, OfAnAnimationStandsOnItsCanvas) {
  const cv::Mat rgb = pixels_8bit(6, 4);
  const std::string chunk = text_of(encode_webp(rgb, 100)).substr(12);
  const std::string frame = little_number(1, 3) + little_number(2, 3) + little_number(5, 3) + little_number(3, 3) +
                            little_number(100, 3) + little_number(0, 1) + chunk;
  const std::string chunks = "VP8X" + little_number(10) + little_number(2) + little_number(19, 3) +
                             little_number(9, 3) + "ANIM" + little_number(6) + std::string(6, '\0') + "ANMF" +
                             little_number(frame.size()) + frame;
  const std::string file = "RIFF" + little_number(4 + chunks.size()) + "WEBP" + chunks;
  const cv::Mat picture = to_8bit(decode_picture(bytes_of(file), "a"));
  ASSERT_EQ(picture.size(), cv::Size(20, 10));
  EXPECT_TRUE(same_pixels(picture(cv::Rect(2, 4, 6, 4)).clone(), rgb));
  EXPECT_EQ(cv::countNonZero(picture.reshape(1)), cv::countNonZero(rgb.reshape(1)));
}

// libpng warns of such profiles, libjpeg of bytes too many, and both print their errors, if nobody stops them.
TEST(Picture, NothingIsSaidOnTheTerminal) {
  const std::string png = text_of(encode_png(pixels_8bit(30, 30)));
  std::string damaged = png;
  damaged[60] = static_cast<char>(damaged[60] ^ 0x55);
  std::string jpeg = text_of(encode_jpeg(pixels_8bit(30, 30), 90)), cut = jpeg, noisy = jpeg;
  noisy.insert(noisy.size() - 2, "abcdef");
  for (std::size_t i = jpeg.size() / 2; i < jpeg.size() / 2 + 20; ++i) cut[i] = static_cast<char>(i * 37);
  const std::string profile = png_with(png, "iCCP", std::string("x\0\0", 3) + "not packed");
  const std::string webp = text_of(encode_webp(pixels_8bit(30, 30), 80));
  const std::string bmp = text_of(encoded(".bmp", pixels_8bit(30, 30))),
                    tiff = text_of(encoded(".tiff", pixels_8bit(30, 30)));
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  for (const std::string& file : {damaged, cut, noisy, profile, webp.substr(0, 60) + webp, bmp.substr(0, 200),
                                  tiff.substr(0, tiff.size() - 60), text_of(shipped("animated.webp"))})
    refusal_of(bytes_of(file));
  EXPECT_EQ(testing::internal::GetCapturedStderr() + testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(refusal_of(bytes_of(damaged)), "a: the picture is damaged or cut off");
  EXPECT_EQ(refusal_of(bytes_of(profile)), "");
}

TEST(Picture, NamesWhatIsNotRead) {
  const auto kind = [](const std::string& head) { return refusal_of(bytes_of(head)); };
  const std::string can = ": PNG, JPEG, WebP, BMP and TIFF can";
  EXPECT_EQ(kind(std::string("\0\0\0\x18"
                             "ftypheic\0\0\0\0mif1",
                             20)),
            "a: not a picture that can be read (HEIC)" + can);
  EXPECT_EQ(kind(std::string("\0\0\0\x18"
                             "ftypavif\0\0\0\0mif1",
                             20)),
            "a: not a picture that can be read (AVIF)" + can);
  EXPECT_EQ(kind("\xFF\x0A rest"), "a: not a picture that can be read (JPEG XL)" + can);
  EXPECT_EQ(kind("GIF89a"), "a: not a picture that can be read (GIF)" + can);
  EXPECT_EQ(kind("<!DOCTYPE html>"), "a: not a picture that can be read (a web page)" + can);
  EXPECT_THAT(kind(std::string("\0\5\x16\7\0\2\0\0", 8)), HasSubstr("(macOS's note beside a file (AppleDouble))"));
}

TEST(Picture, InksBecomeColours) {
  // 2x1 pixels of four inks, as Adobe's programs write them (inverted): white, and half black.
  const cv::Mat picture = to_8bit(decode_picture(shipped("inks.jpg"), "a"));
  EXPECT_LT(cv::norm(picture.at<cv::Vec3b>(4, 4), cv::Vec3b(255, 255, 255), cv::NORM_INF), 4);
  EXPECT_LT(cv::norm(picture.at<cv::Vec3b>(4, 12), cv::Vec3b(200, 40, 40), cv::NORM_INF), 8);
}

TEST(Pixels, AreThoseOfThePictureIn8Bits) {
  const Folder folder;
  const cv::Mat rgb = pixels_8bit(33, 17);
  EXPECT_TRUE(same_pixels(read_pixels(folder.write("a.png", encode_png(rgb))), rgb));
  const std::string deep = folder.write("b.png", encoded(".png", cv::Mat(4, 5, CV_16UC3, cv::Scalar(30000, 257, 128))));
  EXPECT_TRUE(same_pixels(read_pixels(deep), to_8bit(read_picture(deep))));
  EXPECT_EQ(read_pixels(deep).at<cv::Vec3b>(0, 0), cv::Vec3b(0, 1, 117));
  EXPECT_THAT(thrown_by([&] { read_pixels(folder.path("gone.png")); }), HasSubstr("gone.png: cannot be read"));
  EXPECT_THAT(thrown_by([&] { read_pixels(deep, Orientation::kUpright, {.pixels = 19}); }),
              HasSubstr("5x4 are 20 pixels"));
}

TEST(Pixels, AreUprightUnlessAskedForAsTheyAreStored) {
  const Folder folder;
  const std::string file =
      folder.write("a.jpg", turned_clockwise(encode_jpeg(cv::Mat(8, 16, CV_8UC3, cv::Scalar(9, 9, 9)), 90)));
  EXPECT_EQ(read_pixels(file).size(), cv::Size(8, 16));
  EXPECT_EQ(read_pixels(file, Orientation::kAsStored).size(), cv::Size(16, 8));
  EXPECT_EQ(read_picture_header(file).width, 16);
}

TEST(Picture, To8BitClampsAndRounds) {
  const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const cv::Mat picture = (cv::Mat_<cv::Vec3f>(1, 3) << cv::Vec3f(-0.2f, 0.5f, 1.7f), cv::Vec3f(inf, -inf, nan),
                           cv::Vec3f(0.1f / 255, 0.6f / 255, 254.6f / 255));
  const cv::Mat pixels = to_8bit(picture);
  EXPECT_EQ(pixels.at<cv::Vec3b>(0, 0), cv::Vec3b(0, 128, 255));
  EXPECT_EQ(pixels.at<cv::Vec3b>(0, 1), cv::Vec3b(255, 0, 0));
  EXPECT_EQ(pixels.at<cv::Vec3b>(0, 2), cv::Vec3b(0, 1, 255));
}

TEST(PictureHeader, OfEveryFormat) {
  const cv::Mat rgb = pixels_8bit(37, 21);
  const auto expect = [](const Bytes& file, const std::string& format) {
    const PictureHeader header = read_picture_header(file, "a");
    EXPECT_EQ(header.format, format);
    EXPECT_EQ(header.width, 37) << format;
    EXPECT_EQ(header.height, 21) << format;
  };
  expect(encoded(".png", rgb), "PNG");
  expect(encoded(".jpg", rgb), "JPEG");
  expect(encoded(".jpg", rgb, {cv::IMWRITE_JPEG_PROGRESSIVE, 1}), "JPEG");
  expect(encoded(".bmp", rgb), "BMP");
  expect(encoded(".tiff", rgb), "TIFF");
  expect(encode_webp(rgb, 80), "WebP");
  expect(encode_webp(rgb, 100), "WebP");
}

TEST(PictureHeader, SizesAreCheckedBeforePixels) {
  Bytes png = encoded(".png", pixels_8bit(8, 8));
  patch(png, 16, std::string("\0\0\xFF\xFF\0\0\xFF\xFF", 8));
  EXPECT_EQ(refusal_of(png),
            "a: 65535x65535 are 4294836225 pixels: shrink it first to at most 268435456 (--max picture-pixels=N sets "
            "another limit)");
  patch(png, 16, std::string("\x7F\xFF\xFF\xFF\0\0\0\x01", 8));
  EXPECT_EQ(refusal_of(png),
            "a: 2147483647x1 pixels: a side may have at most 65535 (--max picture-side=N sets another limit)");
  patch(png, 16, std::string(8, '\0'));
  EXPECT_EQ(refusal_of(png), "a: a damaged PNG: its header gives the size 0x0");
}

TEST(PictureHeader, LimitsAreTheCallers) {
  const Bytes file = encoded(".png", pixels_8bit(100, 50));
  EXPECT_THAT(refusal_of(file, {.pixels = 4999}), HasSubstr("100x50 are 5000 pixels"));
  EXPECT_EQ(refusal_of(file, {.pixels = 5000}), "");
  EXPECT_THAT(refusal_of(file, {.side = 99}), HasSubstr("a side may have at most 99"));
}

TEST(Picture, RefusesWhatIsNone) {
  EXPECT_EQ(refusal_of({}), "a: the file is empty");
  EXPECT_EQ(refusal_of(bytes_of("graph: hello")),
            "a: not a picture that can be read: PNG, JPEG, WebP, BMP and TIFF can");
  EXPECT_EQ(refusal_of(bytes_of("#?RADIANCE\n")),
            "a: not a picture that can be read: PNG, JPEG, WebP, BMP and TIFF can");
}

TEST(Picture, EveryCutOfEveryFormatIsRefused) {
  const cv::Mat rgb = pixels_8bit(40, 40);
  for (const Bytes& file : {encoded(".png", rgb), encode_jpeg(rgb, 90), encode_webp(rgb, 80), encoded(".bmp", rgb)}) {
    for (std::size_t size = 0; size + 12 < file.size(); size += 1 + size / 20) {  // a PNG can do without its last chunk
      const Bytes cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_THAT(refusal_of(cut), StartsWith("a: ")) << size << " of " << file.size();
    }
  }
}

TEST(Picture, GarbageNeverGetsFurtherThanAnException) {
  for (const char* extension : {".png", ".jpg", ".webp", ".bmp", ".tiff"}) {
    const Bytes whole = encoded(extension, pixels_8bit(32, 32));
    std::uint32_t state = 12345;
    for (int round = 0; round < 60; ++round) {
      Bytes file = whole;
      for (int i = 0; i < 6; ++i) {
        state = state * 1664525u + 1013904223u;
        file[(state >> 8) % std::min<std::size_t>(file.size(), 300)] = static_cast<std::byte>(state);
      }
      const std::string what = refusal_of(file, {.pixels = 1 << 20});
      EXPECT_TRUE(what.empty() || what.starts_with("a: ")) << what;
    }
  }
}

TEST(Picture, ReadsFromDisk) {
  const Folder folder;
  const cv::Mat rgb = pixels_8bit(9, 7);
  EXPECT_TRUE(same_pixels(to_8bit(read_picture(folder.write("a.png", encode_png(rgb)))), rgb));
  EXPECT_THAT(thrown_by([&] { read_picture(folder.path("b.png")); }), HasSubstr("b.png: cannot be read: No such file"));
  EXPECT_THAT(thrown_by([&] { read_picture(folder.path()); }), HasSubstr("cannot be read"));
  const std::string big = folder.write("big.png", std::string(2000, 'x'));
  EXPECT_THAT(thrown_by([&] { read_picture(big, {.file_bytes = 1000}); }),
              HasSubstr("big.png: is 2000 bytes long, where it may have at most 1000 bytes (--max picture-bytes=N"));
}

TEST(Picture, WebPSaysWhichSizeItCannotHold) {
  EXPECT_THAT(thrown_by([] { encode_webp(cv::Mat(1, 17000, CV_8UC3, cv::Scalar()), 80); }),
              HasSubstr("a picture of 17000x1 pixels cannot be made a .webp file"));
}

TEST(Picture, ExtensionsInAnyCase) {
  EXPECT_TRUE(has_picture_extension("a/b.JPG"));
  EXPECT_TRUE(has_picture_extension("b.tiff"));
  EXPECT_FALSE(has_picture_extension("b.txt"));
  EXPECT_FALSE(has_picture_extension("png"));
}

}  // namespace
}  // namespace imaging
