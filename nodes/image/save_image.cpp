// SPDX-License-Identifier: MIT
/// save-image: writes a picture below the output folder, its values rounded to 8 bits; the path's ending says the
/// format.
///
/// Errors   another ending: refused when the node is opened; a file that cannot be written fails the item
/// Notes    a PNG carries the recipe that makes it again as iTXt chunks (`decoupage metadata FILE` prints it)
#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "graph/registry.h"
#include "imaging/files/picture.h"
#include "imaging/files/png.h"
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
  static graph::Contract contract() {
    return graph::Contract("save-image", "Writes a picture below the output folder.", kImage, kPath, kQuality,
                           kCompression)
        .family("image")
        .resource("io")
        .example("save: {type: save-image, path: \"{seed:04}.png\", in: {image: picture.image}}");
  }

  explicit SaveImage(const graph::Props& props)
      : path_(props.get(kPath)), quality_(props.get(kQuality)), compression_(props.get(kCompression)) {
    ending_ = std::filesystem::path(path_.text).extension().string();
    std::ranges::transform(ending_, ending_.begin(), [](unsigned char c) { return std::tolower(c); });
  }

  void open() override {
    static const std::vector<std::string> kEndings{".png", ".jpg", ".jpeg", ".webp"};
    if (std::ranges::count(kEndings, ending_) > 0) return;
    throw std::runtime_error("path '" + path_.text + "' " + (ending_.empty() ? "has no ending" : "ends in " + ending_) +
                             ": pictures are written as .png, .jpg or .webp");
  }

  void process(graph::Context& cx) const override {
    const cv::Mat pixels = imaging::to_8bit(cx.get(kImage).pixels);
    cx.write_file(cx.expand(path_), encode(pixels, cx));
  }

 private:
  std::vector<std::byte> encode(const cv::Mat& pixels, const graph::Context& cx) const {
    if (ending_ == ".webp") return imaging::encode_webp(pixels, quality_);
    if (ending_ != ".png") return imaging::encode_jpeg(pixels, quality_);
    std::vector<imaging::PngText> texts;
    for (const graph::Text& text : cx.recipe()) texts.push_back({text.keyword, text.text});
    return imaging::encode_png(pixels, texts, compression_);
  }

  const graph::Pattern path_;
  const int quality_, compression_;
  std::string ending_;
};

}  // namespace

void register_save_image(graph::Registry& registry) {
  registry.add<SaveImage>();
}

}  // namespace nodes
