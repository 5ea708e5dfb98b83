// SPDX-License-Identifier: MIT
#include "imaging/texts/picture_texts.h"
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

const Image kPicture{imaging::from_8bit(pixels_8bit(20, 12))};

std::span<const std::byte> bytes(const std::string& text) {
  return std::as_bytes(std::span(text));
}

TEST(SaveImage, NamesFilesByNodeAndItem) {
  graph::NodeHarness node(built_in(), "save-image");
  node.in("image", kPicture).node_id("save").item(item_of(7, {})).run();
  ASSERT_EQ(node.files().size(), 1u);
  EXPECT_EQ(node.files().begin()->first, "save-0007.png");
  EXPECT_TRUE(same_pixels(imaging::to_8bit(imaging::decode_picture(bytes(node.files().at("save-0007.png")), "a")),
                          pixels_8bit(20, 12)));
}

TEST(SaveImage, FillsInParams) {
  graph::NodeHarness node(built_in(), "save-image", {{"path", "{style}/{seed:03}.jpg"}});
  node.in("image", kPicture).item(item_of(0, {{"seed", std::int64_t{5}}, {"style", std::string("Two Words")}})).run();
  EXPECT_TRUE(node.files().count("two_words/005.jpg"));
}

TEST(SaveImage, TheEndingSaysTheFormat) {
  for (const auto& [path, format] : std::vector<std::pair<std::string, std::string>>{
           {"a.png", "PNG"}, {"a.PNG", "PNG"}, {"a.jpg", "JPEG"}, {"a.jpeg", "JPEG"}, {"a.webp", "WebP"}}) {
    graph::NodeHarness node(built_in(), "save-image", {{"path", path}});
    node.in("image", kPicture).run();
    EXPECT_EQ(imaging::read_picture_header(bytes(node.files().at(path)), path).format, format);
  }
}

TEST(SaveImage, APngCarriesItsRecipe) {
  graph::NodeHarness node(built_in(), "save-image", {{"path", "a.png"}});
  node.in("image", kPicture).recipe({{"decoupage", "{\"seed\": 3}"}, {"parameters", "Größe: 1"}}).run();
  EXPECT_EQ(imaging::read_png_texts(bytes(node.files().at("a.png")), "a.png"),
            (std::vector<imaging::PngText>{{"decoupage", "{\"seed\": 3}"}, {"parameters", "Größe: 1"}}));
}

TEST(SaveImage, OtherFormatsCarryTheirRecipeToo) {
  const std::vector<imaging::PngText> texts{{"decoupage", "{\"seed\": 3}"},
                                            {"parameters",
                                             "Gr\xC3\xB6\xC3\x9F"
                                             "e: 1"}};
  for (const char* path : {"a.jpg", "a.webp"}) {
    graph::NodeHarness node(built_in(), "save-image", {{"path", path}});
    node.in("image", kPicture).recipe({{texts[0].keyword, texts[0].text}, {texts[1].keyword, texts[1].text}}).run();
    EXPECT_EQ(imaging::read_picture_texts(bytes(node.files().at(path)), path), texts);
    EXPECT_EQ(node.told().at("Size"), "20x12");
    EXPECT_THAT(node.warnings(), testing::IsEmpty());
  }
}

TEST(SaveImage, ATextThatAJpegCannotHoldIsLeftOutWithAWord) {
  graph::NodeHarness node(built_in(), "save-image", {{"path", "a.jpg"}});
  node.in("image", kPicture).recipe({{"decoupage", "{}"}, {"parameters", std::string(50'000, 'x')}}).run();
  EXPECT_EQ(imaging::read_picture_texts(bytes(node.files().at("a.jpg")), "a"),
            (std::vector<imaging::PngText>{{"decoupage", "{}"}}));
  ASSERT_EQ(node.warnings().size(), 1u);
  EXPECT_THAT(node.warnings()[0], HasSubstr("it is left out, and the recipe is there"));
}

TEST(SaveImage, QualityAndCompressionReachTheEncoder) {
  const auto size = [](const std::string& path, const std::string& prop, const std::string& value) {
    graph::NodeHarness node(built_in(), "save-image", {{"path", path}, {prop, value}});
    node.in("image", Image{imaging::from_8bit(pixels_8bit(64, 64))}).run();
    return node.files().at(path).size();
  };
  EXPECT_LT(size("a.jpg", "quality", "10"), size("a.jpg", "quality", "95"));
  EXPECT_LT(size("a.webp", "quality", "10"), size("a.webp", "quality", "95"));
  EXPECT_LT(size("a.png", "compression", "9"), size("a.png", "compression", "0"));
}

TEST(SaveImage, LeavesTheRecipeOut) {
  for (const char* path : {"a.png", "a.jpg", "a.webp"}) {
    const auto written = [&](const std::string& recipe) {
      graph::NodeHarness node(built_in(), "save-image", {{"path", path}, {"recipe", recipe}});
      node.recipe({{"decoupage", "a recipe"}}).in("image", Image{imaging::from_8bit(pixels_8bit(64, 64))}).run();
      return node.files().at(path);
    };
    EXPECT_THAT(written("true"), HasSubstr("decoupage")) << path;
    EXPECT_THAT(written("false"), testing::Not(HasSubstr("decoupage"))) << path;
  }
}

TEST(SaveImage, RefusesOtherEndings) {
  EXPECT_EQ(refusal_of("save-image", {{"path", "a.gif"}}),
            "path: 'a.gif' ends in .gif: pictures are written as .png, .jpg or .webp");
  EXPECT_EQ(refusal_of("save-image", {{"path", "{seed}"}}),
            "path: '{seed}' has no ending: pictures are written as .png, .jpg or .webp");
  EXPECT_THAT(refusal_of("save-image", {{"quality", "101"}}), HasSubstr("'quality'"));
}

}  // namespace
}  // namespace nodes
