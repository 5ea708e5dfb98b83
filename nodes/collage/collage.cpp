// SPDX-License-Identifier: MIT
/// collage: what was matched, cut from the pixels of the source pictures: sharp where decoded latents are soft.
///
/// Errors   pictures that are not there (all named), not to be read, or not those that were encoded; uncovered: plain
///          without a plain picture
/// Notes    where nothing at all was matched, or no projection ran, the plain picture passes as it is
/// Source   CollageNet's sharp render, byte for byte
#include <stdexcept>

#include "graph/registry.h"
#include "imaging/files/picture.h"
#include "methods/matching/sharp_render.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class Collage final : public graph::Node {
 public:
  static constexpr graph::In<matching::Matches> kMatches{"matches", "of N regions of (h,w) cells"};
  static constexpr graph::In<Bank> kBank{"bank", "to cut from, in the place of the one that was matched", true};
  static constexpr graph::In<Image> kPlain{"plain", "(H,W,3) f32 RGB in [0,1], the decoded picture", true};
  static constexpr graph::Out<Image> kImage{"image", "(8h·s,8w·s,3) f32 RGB in [0,1]"};
  static constexpr graph::Prop<int> kPixelRenderScale{.name = "pixel_render_scale",
                                                      .help = "s: size of the result against the decoded picture's",
                                                      .value = 1,
                                                      .min = 1,
                                                      .max = 64};
  static constexpr graph::Prop<std::string> kUncovered{
      .name = "uncovered",
      .help = "what is shown where no region was matched: black, or the plain picture",
      .value = "black",
      .choices = "black|plain"};
  static graph::Contract contract() {
    return graph::Contract("collage", "Cuts what was matched from the pixels of the source pictures.", kMatches, kBank,
                           kPlain, kImage, kPixelRenderScale, kUncovered)
        .family("collage")
        .bypass(kImage, kPlain)
        .example("sharp: {type: collage, pixel_render_scale: 2, in: {matches: denoise.matches, plain: image.image}}");
  }

  explicit Collage(const graph::Props& props)
      : scale_(props.get(kPixelRenderScale)),
        show_plain_(props.get(kUncovered) == "plain"),
        pictures_(std::make_unique<matching::SourcePictures>()) {}

  void process(graph::Context& cx) const override {
    const matching::Matches& matches = cx.get(kMatches);
    const Image* plain = cx.find(kPlain);
    if (show_plain_ && plain == nullptr)
      throw std::runtime_error("uncovered: plain shows the picture at the input `plain`, where nothing is linked");
    if (matches.matches.empty()) {
      cx.warn("no region was matched (" + std::to_string(matches.regions) + " within the area limits, " +
              std::to_string(matches.skipped) + " too large for a limit or for every source): " +
              (plain != nullptr ? "the plain picture is kept" : "the collage is black"));
      if (plain != nullptr) return cx.send(kImage, *plain);
    }
    const Bank* other = cx.find(kBank);
    const matching::Bank& bank = other != nullptr ? *other->bank : *matches.bank;
    matching::SharpRender settings{.pixel_render_scale = scale_};
    if (show_plain_) settings.plain = imaging::to_8bit(plain->pixels);
    cx.send(kImage, Image{imaging::from_8bit(matching::render_sharp(matches, bank, *pictures_, settings))});
  }

 private:
  const int scale_;
  const bool show_plain_;
  const std::unique_ptr<matching::SourcePictures> pictures_;  ///< shared by all items
};

}  // namespace

void register_collage(graph::Registry& registry) {
  registry.add<Collage>();
}

}  // namespace nodes
