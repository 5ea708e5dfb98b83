// SPDX-License-Identifier: MIT
/// draw-noise: draws a sheet of paper, or plain noise, from a seed.
///
/// The style painted is a broad brush, washed much water; noise is every sample uniform in [0,1], without a palette.
///
/// Errors   a palette that is neither a name nor colours: refused when the node is opened
/// Source   value noise and its octaves (Ebert et al., Texturing and Modeling, 3rd ed., chapter 2), hashed from (seed,
///          place): the same on every machine
#include <algorithm>
#include <stdexcept>

#include "base/names.h"
#include "graph/mark.h"
#include "graph/registry.h"
#include "imaging/paper/paper.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class DrawNoise final : public graph::Node {
 public:
  static constexpr graph::Out<Image> kImage{"image", "(height,width,3) f32 RGB in [0,1]"};
  static constexpr graph::Prop<std::int64_t> kSeed{.name = "seed", .help = "another seed, another sheet", .value = 0};
  static constexpr graph::Prop<int> kWidth{
      .name = "width", .help = "of the sheet", .value = 512, .min = 1, .max = 16384, .unit = "px"};
  static constexpr graph::Prop<int> kHeight{
      .name = "height", .help = "of the sheet", .value = 512, .min = 1, .max = 16384, .unit = "px"};
  static constexpr graph::Prop<std::string> kStyle{
      .name = "style",
      .help = "what was done to the sheet; noise: uniform noise on every sample, without a palette",
      .value = "painted",
      .choices = "painted|washed|marbled|plain|noise"};
  static constexpr graph::Prop<std::string> kPalette{
      .name = "palette",
      .help =
          "cream, blush, dawn, sun, clay, rose, plum, night, sea, sky, mint, teal, leaf, moss, ochre, earth, or one to "
          "four colours as '#rrggbb,#rrggbb'",
      .value = "cream"};
  static constexpr graph::Prop<double> kScale{
      .name = "scale", .help = "size of strokes, blots and fibres", .value = 1.0, .min = 0.05, .max = 50.0};
  static graph::Contract contract() {
    return graph::Contract("draw-noise", "Draws a sheet of paper, or plain noise, from a seed.", kImage, kSeed, kWidth,
                           kHeight, kStyle, kPalette, kScale)
        .family("image")
        .example("paper: {type: draw-noise, seed: $seed, style: painted, palette: teal}");
  }

  explicit DrawNoise(const graph::Props& props)
      : sheet_{.seed = static_cast<std::uint64_t>(props.get(kSeed)),
               .width = props.get(kWidth),
               .height = props.get(kHeight),
               .style = imaging::paper_style_named(props.get(kStyle)),
               .palette = props.get(kPalette, palette_of),
               .scale = props.get(kScale)} {}

  void foresee(graph::Outlook& outlook) const override { outlook.out(kImage, {sheet_.width, sheet_.height}); }

  void process(graph::Context& cx) const override { cx.send(kImage, Image{imaging::draw_paper(sheet_)}); }

 private:
  static imaging::Palette palette_of(const std::string& text) {
    const auto& names = imaging::palette_names();
    if (std::ranges::count(names, text) == 0 && !text.starts_with('#')) {
      throw std::invalid_argument("no palette '" + text + "'" + base::did_you_mean(text, names) +
                                  "; colours are written as #rrggbb,#rrggbb");
    }
    return imaging::palette_named(text);
  }

  const imaging::PaperSheet sheet_;
};

}  // namespace

void register_draw_noise(graph::Registry& registry) {
  registry.add<DrawNoise>();
}

}  // namespace nodes
