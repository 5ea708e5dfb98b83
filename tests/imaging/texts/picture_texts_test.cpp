// SPDX-License-Identifier: MIT
#include "imaging/texts/picture_texts.h"

#include <cstring>

#include "imaging/files/picture.h"
#include "imaging/files/png.h"
#include "imaging/texts/exif.h"
#include "imaging/texts/xmp.h"
#include "tests/imaging/fixtures.h"

namespace imaging {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using FileBytes = std::vector<std::byte>;

FileBytes jpeg_of(int side = 24) {
  return encode_jpeg(pixels_8bit(side, side), 90);
}
FileBytes webp_of(int quality) {
  return encode_webp(pixels_8bit(24, 16), quality);
}

std::string text_of_bytes(const FileBytes& file) {
  return {reinterpret_cast<const char*>(file.data()), file.size()};
}
FileBytes bytes_of_text(const std::string& text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}

std::string refused_reading(const FileBytes& file, const PngTextLimits& limits = {}) {
  return thrown_by([&] { read_picture_texts(file, "a", limits); });
}

/// An IFD of one entry and what lies behind it.
std::string tiff(const std::string& entry, const std::string& rest = "") {
  return std::string("MM\0*\0\0\0\x08\0\x01", 10) + entry + std::string(4, '\0') + rest;
}

TEST(PictureTexts, ComeBackFromEveryFormat) {
  const std::vector<PngText> texts{
      {"decoupage", "{\"prompt\": \"a <b> & 'c' \xE7\x8C\xAB\", \"n\": 1}\r\n\tend"},
      {"parameters", "a cat, \xE7\x8C\xAB \xF0\x9F\x98\x80 \xC3\xA9\nSteps: 3, Size: 8x8"}};
  for (const FileBytes& file : {jpeg_of(), webp_of(80), webp_of(100)}) {
    const FileBytes with = add_texts(file, texts);
    EXPECT_EQ(read_picture_texts(with, "a"), texts);
    EXPECT_TRUE(same_pixels(to_8bit(decode_picture(with, "a")), to_8bit(decode_picture(file, "a"))));
    EXPECT_TRUE(read_picture_texts(file, "a").empty());
    EXPECT_EQ(add_texts(file, {}), file);
  }
  EXPECT_EQ(read_picture_texts(encode_png(pixels_8bit(8, 8), texts), "a"), texts);
}

TEST(PictureTexts, ComeFromDiskToo) {
  const Folder folder;
  const std::vector<PngText> texts{{"decoupage", "{}"}};
  EXPECT_EQ(read_picture_texts(folder.write("a.jpg", add_texts(jpeg_of(), texts))), texts);
  EXPECT_EQ(read_picture_texts(folder.write("a.webp", add_texts(webp_of(80), texts))), texts);
  EXPECT_EQ(read_picture_texts(folder.write("a.png", encode_png(pixels_8bit(8, 8), texts))), texts);
}

// As piexif writes it and web UIs read it: big-endian, the comment's kind in eight bytes, UTF-16.
TEST(PictureTexts, OfWebUisAreExifsComment) {
  const std::string jpeg = text_of_bytes(add_texts(jpeg_of(), {{"parameters", "ab"}}));
  const std::string comment("UNICODE\0\0a\0b", 12);
  const std::size_t exif = jpeg.find(std::string("Exif\0\0MM\0*", 10));
  ASSERT_NE(exif, std::string::npos);
  EXPECT_EQ(jpeg.substr(exif - 4, 2), "\xFF\xE1");
  EXPECT_NE(jpeg.find(comment, exif), std::string::npos);
  EXPECT_THAT(jpeg.substr(2, 2), "\xFF\xE0") << "JFIF's segment stays the first";
  const std::string webp = text_of_bytes(add_texts(webp_of(80), {{"parameters", "ab"}}));
  EXPECT_NE(webp.find("EXIF"), std::string::npos);
  EXPECT_NE(webp.find(comment), std::string::npos);
  EXPECT_EQ(webp.size() % 2, 0u);
}

TEST(PictureTexts, LongerThanASegmentAreInSeveral) {
  const std::vector<PngText> texts{{"decoupage", std::string(200'000, 'x') + "end"}};
  const FileBytes file = add_texts(jpeg_of(), texts);
  EXPECT_EQ(read_picture_texts(file, "a"), texts);
  EXPECT_FALSE(decode_picture(file, "a").empty());
  EXPECT_THAT(refused_reading(file, {.text_bytes = 100'000}), HasSubstr("a: its texts are too long: at most"));
  std::string holes = text_of_bytes(file);
  const std::size_t part = holes.rfind("http://ns.adobe.com/xmp/extension/");
  holes[part] = 'X';  // one of the parts is no longer one
  EXPECT_EQ(refused_reading(bytes_of_text(holes)), "a: its XMP packet is not whole");
}

TEST(PictureTexts, ACommentThatNoSegmentHoldsIsRefused) {
  const std::vector<PngText> texts{{"parameters", std::string(40'000, 'x')}};
  EXPECT_THAT(thrown_by([&] { add_texts(jpeg_of(), texts); }), HasSubstr("a JPEG's EXIF has room for 64 KiB"));
  EXPECT_EQ(read_picture_texts(add_texts(webp_of(80), texts), "a"), texts);
}

TEST(PictureTexts, RefusalsNameTheFile) {
  EXPECT_EQ(refused_reading(bytes_of_text("hello")), "a: not a PNG, JPEG or WebP file");
  EXPECT_THAT(refused_reading(bytes_of_text("\xFF\xD8\xFF")), StartsWith("a: a damaged JPEG"));
  EXPECT_THROW(add_texts(jpeg_of(), {{"decoupage", "a\x01"}}), std::invalid_argument);
  EXPECT_THROW(add_texts(jpeg_of(), {{"two words", "a"}}), std::invalid_argument);
  EXPECT_THROW(add_texts(bytes_of_text("GIF89a"), {{"decoupage", "a"}}), std::invalid_argument);
}

TEST(PictureTexts, OfHostileFilesEndInAWord) {
  for (const FileBytes& file : {jpeg_of(), webp_of(80)}) {
    const FileBytes whole = add_texts(file, {{"decoupage", std::string(70'000, 'x')}, {"parameters", "abc"}});
    std::uint32_t state = 7;
    for (int round = 0; round < 60; ++round) {
      FileBytes other = whole;
      for (int i = 0; i < 5; ++i) {
        state = state * 1664525u + 1013904223u;
        other[(state >> 8) % 600] = static_cast<std::byte>(state);
      }
      const std::string what = refused_reading(other);
      EXPECT_TRUE(what.empty() || what.starts_with("a: ")) << what;
      exif_orientation(other);
    }
  }
  std::string segments = "\xFF\xD8";
  for (int i = 0; i < 100'001; ++i) segments += std::string("\xFF\xEC\0\2", 4);
  EXPECT_THAT(refused_reading(bytes_of_text(segments)), HasSubstr("has more than 100000 parts"));
}

TEST(Exif, ReadsCommentsOfOthers) {
  const auto block = [](const std::string& kind, const std::string& text, bool big) {
    const std::string data = kind + text;
    const auto number = [&](std::uint32_t n, int bytes) {
      std::string out;
      for (int i = 0; i < bytes; ++i) out += static_cast<char>(n >> 8 * (big ? bytes - 1 - i : i));
      return out;
    };
    const auto folder = [&](std::uint32_t tag, std::uint32_t type, std::uint32_t count, std::uint32_t value) {
      return number(1, 2) + number(tag, 2) + number(type, 2) + number(count, 4) + number(value, 4) + number(0, 4);
    };
    return (big ? "MM" : "II") + number(42, 2) + number(8, 4) + folder(0x8769, 4, 1, 26) +
           folder(0x9286, 7, static_cast<std::uint32_t>(data.size()), 44) + data;
  };
  EXPECT_EQ(parse_exif(block(std::string("UNICODE\0", 8), std::string("a\0b\0", 4), false)).comment, "ab");
  EXPECT_EQ(parse_exif(block(std::string("UNICODE\0", 8),
                             std::string("\xFF\xFE"
                                         "a\0",
                                         4),
                             true))
                .comment,
            "a");
  EXPECT_EQ(parse_exif(block(std::string("ASCII\0\0\0", 8), "plain", true)).comment, "plain");
  EXPECT_EQ(parse_exif(block(std::string(8, '\0'), "\xC3\xA9\xE9", true)).comment, "\xC3\xA9\xC3\xA9");
  EXPECT_EQ(parse_exif(block(std::string("UNICODE\0", 8), std::string("\xD8\0\0x", 4), true)).comment, "\xEF\xBF\xBDx");
  EXPECT_EQ(parse_exif(block("JIS\0\0\0\0\0", "", true)).comment, "");
}

TEST(Exif, NeverLooksBeyondTheEnd) {
  EXPECT_EQ(parse_exif("").orientation, 1);
  EXPECT_EQ(parse_exif("MM").orientation, 1);
  EXPECT_EQ(parse_exif(std::string("MM\0*\xFF\xFF\xFF\xFF", 8)).orientation, 1);
  EXPECT_EQ(parse_exif(std::string("MM\0*\0\0\0\x08\xFF\xFF", 10)).orientation, 1) << "entries that are not there";
  EXPECT_EQ(parse_exif(tiff(std::string("\x01\x12\0\x03\0\0\0\x01\0\x09\0\0", 12))).orientation, 1) << "9 is none";
  EXPECT_EQ(parse_exif(tiff(std::string("\x01\x12\0\x03\0\0\0\x01\0\x06\0\0", 12))).orientation, 6);
  EXPECT_EQ(parse_exif(tiff(std::string("\x87\x69\0\x04\0\0\0\x01\0\0\0\x08", 12))).comment, "") << "leads to itself";
}

TEST(Exif, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(parse_exif(exif_with_comment("a\xFF"
                                         "b"))
                .comment,
            "a\xEF\xBF\xBD"
            "b");
}

TEST(Xmp, ReadsAttributesAndOtherPrefixes) {
  EXPECT_THAT(parse_xmp("<rdf:Description xmlns:d='urn:decoupage:text' d:decoupage='{&quot;a&quot;:1}' d:b=\"2\"/>"),
              ElementsAre(PngText{"decoupage", "{\"a\":1}"}, PngText{"b", "2"}));
  EXPECT_TRUE(parse_xmp("<rdf:Description xmlns:d='urn:other' d:decoupage='x'/>").empty());
  EXPECT_TRUE(parse_xmp("<a xmlns:d='urn:decoupage:text'><d:decoupage>never ends").empty());
}

TEST(Xmp, HostilePacketsAreReadInTime) {
  std::string packet = "<a xmlns:d='urn:decoupage:text'>";
  for (int i = 0; i < 200'000; ++i) packet += "d:";
  EXPECT_TRUE(parse_xmp(packet).empty());
  std::string bindings;
  for (int i = 0; i < 100'000; ++i) bindings += "xmlns:";
  EXPECT_TRUE(parse_xmp(bindings).empty());
}

}  // namespace
}  // namespace imaging
