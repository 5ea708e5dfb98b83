// SPDX-License-Identifier: MIT
/// save-image: writes a picture below the output folder, its values rounded to 8 bits; the path's ending says the
/// format.
///
/// Errors   another ending: refused when the node is opened; a file that cannot be written fails the item
/// Notes    the file carries the recipe that makes it again (`decoupage metadata FILE` prints it), and what web UIs
/// show:
///          a PNG as texts; .jpg and .webp as an XMP packet, and EXIF's comment for web UIs
#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "graph/registry.h"
#include "imaging/files/picture.h"
#include "imaging/files/png.h"
#include "imaging/texts/picture_texts.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class SaveImage final : public graph::Node {
 public:
  static constexpr graph::In<Image> kImage{"image", "(H,W,3) f32 RGB in [0,1]"};
  static constexpr graph::Prop<graph::Pattern> kPath{
      .name = "path",
      .help = "name of the file below the output folder; .png, .jpg or .webp",
      .value = "{node}-{item:04}.png"};
  static constexpr graph::Prop<int> kQuality{
      .name = "quality", .help = "of .jpg and .webp; 100 is lossless in .webp", .value = 92, .min = 1, .max = 100};
  static constexpr graph::Prop<int> kCompression{
      .name = "compression", .help = "of .png: 0 is fast, 9 is small", .value = 6, .min = 0, .max = 9};
  static constexpr graph::Prop<bool> kRecipe{
      .name = "recipe",
      .help = "keep in the file what makes it again: the graph, where it lies, and the params; false: the pixels alone",
      .value = true,
      .feedable = false};
  static graph::Contract contract() {
    return graph::Contract("save-image", "Writes a picture below the output folder.", kImage, kPath, kQuality,
                           kCompression, kRecipe)
        .family("image")
        .resource("io")
        .example("save: {type: save-image, path: \"{seed:04}.png\", in: {image: picture.image}}");
  }

  explicit SaveImage(const graph::Props& props)
      : path_(props.get(kPath)),
        quality_(props.get(kQuality)),
        compression_(props.get(kCompression)),
        recipe_(props.get(kRecipe)),
        ending_(props.get(kPath, ending_of)) {}

  void foresee(graph::Outlook& outlook) const override {
    const graph::Extent& extent = outlook.in(kImage);
    const std::int64_t most = imaging::longest_side(ending_);
    if (extent.size() == 2 && std::max(extent[0], extent[1]) > most)
      throw std::runtime_error("the picture would be " + std::to_string(extent[0]) + "x" + std::to_string(extent[1]) +
                               " px, and a " + ending_ + " file holds sides of at most " + std::to_string(most) +
                               " px: write a .png, or make the picture smaller (of a contact-sheet: fewer items, " +
                               "more columns, a smaller cell, or `per` a param)");
  }

  void process(graph::Context& cx) const override {
    const cv::Mat pixels = imaging::to_8bit(cx.get(kImage).pixels);
    cx.tell("Size", std::to_string(pixels.cols) + "x" + std::to_string(pixels.rows));
    cx.write_file(cx.expand(path_), encode(pixels, cx));
  }

 private:
  static std::string ending_of(const graph::Pattern& path) {
    static const std::vector<std::string> kEndings{".png", ".jpg", ".jpeg", ".webp"};
    std::string ending = std::filesystem::path(path.text).extension().string();
    std::ranges::transform(ending, ending.begin(), [](unsigned char c) { return std::tolower(c); });
    if (std::ranges::count(kEndings, ending) > 0) return ending;
    throw std::invalid_argument("'" + path.text + "' " + (ending.empty() ? "has no ending" : "ends in " + ending) +
                                ": pictures are written as .png, .jpg or .webp");
  }

  std::vector<std::byte> encode(const cv::Mat& pixels, graph::Context& cx) const {
    std::vector<imaging::PngText> texts;
    if (recipe_) {
      for (const graph::Text& text : cx.recipe()) texts.push_back({text.keyword, text.text});
    }
    if (ending_ == ".png") return imaging::encode_png(pixels, texts, compression_);
    std::vector<std::byte> file =
        ending_ == ".webp" ? imaging::encode_webp(pixels, quality_) : imaging::encode_jpeg(pixels, quality_);
    if (texts.empty()) return file;
    try {
      return imaging::add_texts(file, texts);
    } catch (const std::length_error& e) {
      cx.warn(std::string(e.what()) + "; it is left out, and the recipe is there");
      std::erase_if(texts, [](const imaging::PngText& text) { return text.keyword == imaging::kWebUiKeyword; });
      return imaging::add_texts(std::move(file), texts);
    }
  }

  const graph::Pattern path_;
  const int quality_, compression_;
  const bool recipe_;
  const std::string ending_;
};

}  // namespace

void register_save_image(graph::Registry& registry) {
  registry.add<SaveImage>();
}

}  // namespace nodes
