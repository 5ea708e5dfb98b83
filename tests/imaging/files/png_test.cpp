// SPDX-License-Identifier: MIT
#include "imaging/files/png.h"

#include <zlib.h>

#include <opencv2/imgcodecs.hpp>

#include "imaging/files/picture.h"
#include "tests/imaging/fixtures.h"

namespace imaging {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Bytes = std::vector<std::byte>;

std::string number(std::uint32_t n) {
  return {static_cast<char>(n >> 24), static_cast<char>(n >> 16), static_cast<char>(n >> 8), static_cast<char>(n)};
}

std::string chunk(const std::string& type, const std::string& data) {
  const std::string body = type + data;
  const auto sum = crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return number(static_cast<std::uint32_t>(data.size())) + body + number(static_cast<std::uint32_t>(sum));
}

std::string deflated(const std::string& text) {
  std::string out(compressBound(text.size()), '\0');
  uLongf size = out.size();
  compress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(text.data()), text.size());
  out.resize(size);
  return out;
}

const std::string kSignature = "\x89PNG\r\n\x1a\n";

// A PNG of chunks, without pixels: reading texts does not need any.
std::string png_of(const std::string& chunks) {
  return kSignature + chunk("IHDR", std::string(13, '\1')) + chunks + chunk("IEND", "");
}

std::vector<PngText> texts_of(const std::string& file, const PngTextLimits& limits = {}) {
  return read_png_texts(std::as_bytes(std::span(file)), "a.png", limits);
}

std::string refused_texts(const std::string& file, const PngTextLimits& limits = {}) {
  return thrown_by([&] { texts_of(file, limits); });
}

TEST(Png, KeepsPixelsOfRgbAndGrey) {
  const cv::Mat rgb = pixels_8bit(37, 21);
  EXPECT_TRUE(same_pixels(to_8bit(decode_picture(encode_png(rgb), "a.png")), rgb));
  cv::Mat grey;
  cv::extractChannel(rgb, grey, 0);
  const Bytes file = encode_png(grey);
  const cv::Mat back = cv::imdecode(
      cv::Mat(1, static_cast<int>(file.size()), CV_8U, const_cast<std::byte*>(file.data())), cv::IMREAD_UNCHANGED);
  EXPECT_TRUE(same_pixels(back, grey));
}

TEST(Png, EncodesRowsOfAWindow) {
  const cv::Mat whole = pixels_8bit(40, 30), window = whole(cv::Rect(3, 4, 20, 10));
  EXPECT_TRUE(same_pixels(to_8bit(decode_picture(encode_png(window), "a.png")), window.clone()));
}

TEST(Png, SameCallSameBytes) {
  const std::vector<PngText> texts{{"decoupage", "{\"seed\": 1}"}};
  EXPECT_EQ(encode_png(pixels_8bit(64, 64), texts), encode_png(pixels_8bit(64, 64), texts));
}

TEST(Png, HoldsNothingButHeaderTextsPixelsAndEnd) {
  const Bytes bytes = encode_png(pixels_8bit(8, 8), {{"a", "b"}});
  const std::string file(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::string types;
  for (std::size_t at = 8; at + 8 <= file.size();) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(file[i])); };
    types += file.substr(at + 4, 4) + " ";
    at += 12 + (byte(at) << 24 | byte(at + 1) << 16 | byte(at + 2) << 8 | byte(at + 3));
  }
  EXPECT_EQ(types, "IHDR iTXt IDAT IEND ");
}

TEST(Png, CompressionTradesSizeOnly) {
  cv::Mat flat(128, 128, CV_8UC3, cv::Scalar(1, 2, 3));
  const Bytes none = encode_png(flat, {}, 0), best = encode_png(flat, {}, 9);
  EXPECT_GT(none.size(), 10 * best.size());
  EXPECT_TRUE(same_pixels(to_8bit(decode_picture(none, "a.png")), to_8bit(decode_picture(best, "a.png"))));
}

TEST(Png, RefusesOtherPixelsAndBadKeywords) {
  EXPECT_THROW(encode_png(cv::Mat()), std::invalid_argument);
  EXPECT_THROW(encode_png(cv::Mat(2, 2, CV_32FC3)), std::invalid_argument);
  EXPECT_THROW(encode_png(pixels_8bit(2, 2), {{"", "x"}}), std::invalid_argument);
  EXPECT_THROW(encode_png(pixels_8bit(2, 2), {{std::string(80, 'k'), "x"}}), std::invalid_argument);
  EXPECT_THROW(encode_png(pixels_8bit(2, 2), {{"k", std::string("a\0b", 3)}}), std::invalid_argument);
}

TEST(PngTexts, ComeBackInOrder) {
  const std::vector<PngText> texts{{"decoupage", "short"},
                                   {"parameters", "ein schönes Bild, 猫"},
                                   {"long", std::string(100000, 'x')},
                                   {"empty", ""}};
  EXPECT_EQ(read_png_texts(encode_png(pixels_8bit(16, 16), texts), "a.png"), texts);
}

TEST(PngTexts, ComeFromDiskToo) {
  const Folder folder;
  const std::vector<PngText> texts{{"decoupage", "x"}};
  EXPECT_EQ(read_png_texts(folder.write("a.png", encode_png(pixels_8bit(500, 500), texts))), texts);
}

TEST(PngTexts, OfAPictureWithoutAny) {
  EXPECT_TRUE(read_png_texts(encode_png(pixels_8bit(4, 4)), "a.png").empty());
}

TEST(PngTexts, ReadAllThreeKindsBehindPixelsToo) {
  const std::string file = png_of(chunk("tEXt", std::string("Author\0Ren\xe9", 11)) + chunk("IDAT", "whatever") +
                                  chunk("zTXt", std::string("z\0\0", 3) + deflated("packed")) +
                                  chunk("iTXt", std::string("i\0\1\0en\0key\0", 11) + deflated("both")));
  EXPECT_EQ(texts_of(file), (std::vector<PngText>{{"Author", "René"}, {"z", "packed"}, {"i", "both"}}));
}

TEST(PngTexts, RefuseWhatIsNoPng) {
  EXPECT_EQ(refused_texts(""), "a.png: not a PNG file");
  EXPECT_EQ(refused_texts("GIF89a and more of it"), "a.png: not a PNG file");
}

TEST(PngTexts, EveryCutIsAClearError) {
  const std::string file = png_of(chunk("tEXt", std::string("k\0some text", 11)) + chunk("IDAT", std::string(50, 'p')));
  for (std::size_t size = 8; size < file.size() - 4; ++size) {
    EXPECT_THAT(refused_texts(file.substr(0, size)), StartsWith("a.png: cut off: the file ends in ")) << size;
  }
}

TEST(PngTexts, WrongChecksum) {
  std::string file = png_of(chunk("iTXt", std::string("k\0\0\0\0\0text", 10)));
  file[file.find("text")] = 'T';
  EXPECT_EQ(refused_texts(file), "a.png: the checksum of the iTXt chunk is wrong: the file is damaged (at byte 33)");
}

TEST(PngTexts, LengthsThatLie) {
  EXPECT_THAT(refused_texts(kSignature + number(0xFFFFFFFF) + "iTXt"), HasSubstr("longer than PNG allows"));
  EXPECT_THAT(refused_texts(kSignature + number(0x7FFFFFFF) + "iTXt"), HasSubstr("too long: at most 16 MiB"));
  EXPECT_THAT(refused_texts(kSignature + number(0x7FFFFFFF) + "IDAT"), HasSubstr("cut off"));
  EXPECT_THAT(refused_texts(kSignature + number(4) + "\1\2\3\4abcd"), HasSubstr("what stands there is no chunk"));
}

TEST(PngTexts, InflateNoFurtherThanTheLimit) {
  const std::string bomb = chunk("zTXt", std::string("k\0\0", 3) + deflated(std::string(40u << 20, 'a')));
  EXPECT_LT(bomb.size(), 100000u);
  EXPECT_THAT(
      refused_texts(png_of(bomb)),
      HasSubstr("the text in the zTXt chunk is too long: at most 16 MiB (--max png-text-bytes=N sets another limit)"));
  const std::string half = chunk("zTXt", std::string("k\0\0", 3) + deflated(std::string(15u << 20, 'a')));
  EXPECT_THAT(refused_texts(png_of(half + half + half + half + half)),
              HasSubstr("too much text: at most 64 MiB (--max png-texts-bytes=N sets another limit)"));
}

TEST(PngTexts, NoMoreThanTheLimit) {
  std::string many;
  for (int i = 0; i < 5; ++i) many += chunk("tEXt", std::string("k\0", 2));
  EXPECT_THAT(refused_texts(png_of(many), {.texts = 4}),
              HasSubstr("too many texts: at most 4 (--max png-texts=N sets another limit)"));
  EXPECT_EQ(texts_of(png_of(many), {.texts = 5}).size(), 5u);
}

TEST(PngTexts, MalformedChunks) {
  EXPECT_THAT(refused_texts(png_of(chunk("tEXt", "no zero"))), HasSubstr("the tEXt chunk is malformed"));
  EXPECT_THAT(refused_texts(png_of(chunk("iTXt", std::string("k\0\1", 3)))), HasSubstr("the iTXt chunk is malformed"));
  EXPECT_THAT(refused_texts(png_of(chunk("zTXt", std::string("k\0\0garbage", 10)))), HasSubstr("is damaged"));
  const std::string cut = deflated(std::string(1000, 'a')).substr(0, 8);
  EXPECT_THAT(refused_texts(png_of(chunk("zTXt", std::string("k\0\0", 3) + cut))), HasSubstr("is damaged"));
}

TEST(PngTexts, NameAFileThatIsNotThere) {
  EXPECT_THAT(thrown_by([] { read_png_texts(std::string("no/such.png")); }), StartsWith("no/such.png: cannot be read"));
}

}  // namespace
}  // namespace imaging
