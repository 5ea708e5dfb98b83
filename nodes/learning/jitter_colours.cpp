// SPDX-License-Identifier: MIT
/// jitter-colours: a picture somewhat lighter or darker, and with somewhat more or less contrast, by chance: so that
/// what is learned from it is not its exposure.
///
/// Notes    on bytes, in the one order or the other; each factor is even in [1 − p, 1 + p]
/// Source   imaging/colour_jitter.h; draws as torchvision's ColorJitter: an order of four, brightness, contrast
#include "graph/registry.h"
#include "imaging/colour_jitter.h"
#include "imaging/files/picture.h"
#include "nodes/draws.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class JitterColours final : public graph::Node {
 public:
  static constexpr graph::In<Image> kImageIn{"image", "(H,W,3) f32 RGB in [0,1]"};
  static constexpr graph::In<Streams> kStreamsIn{"streams", "to draw from, in the place of the seed", true};
  static constexpr graph::Out<Image> kImage{"image", "(H,W,3) f32 RGB in [0,1], bytes / 255"};
  static constexpr graph::Out<Streams> kStreams{"streams", "behind what was drawn"};
  static constexpr graph::Prop<double> kBrightness{.name = "brightness",
                                                   .help = "how far its factor may be from 1; 0: it is left",
                                                   .value = 0.2,
                                                   .min = 0,
                                                   .max = 1};
  static constexpr graph::Prop<double> kContrast{
      .name = "contrast", .help = "how far its factor may be from 1; 0: it is left", .value = 0.1, .min = 0, .max = 1};
  static constexpr graph::Prop<std::int64_t> kSeed{
      .name = "seed", .help = "of the factors and their order, where no streams are linked", .value = 0};
  static graph::Contract contract() {
    return graph::Contract("jitter-colours", "Changes brightness and contrast by chance.", kImageIn, kStreamsIn, kImage,
                           kStreams, kBrightness, kContrast, kSeed)
        .family("learning")
        .example("seen: {type: jitter-colours, seed: $seed, in: {image: photo.image}}");
  }

  explicit JitterColours(const graph::Props& props)
      : brightness_(props.get(kBrightness)), contrast_(props.get(kContrast)), seed_(props.get(kSeed)) {}

  void foresee(graph::Outlook& outlook) const override { outlook.out(kImage, outlook.in(kImageIn)); }

  void process(graph::Context& cx) const override {
    Draws draws(cx, cx.find(kStreamsIn), seed_);
    const bool contrast_first = is_second_first(draws.torch());
    const double brightness = factor(draws.torch(), brightness_), contrast = factor(draws.torch(), contrast_);
    cv::Mat pixels = imaging::to_8bit(cx.get(kImageIn).pixels);
    if (contrast_first) pixels = imaging::contrasted(pixels, contrast);
    pixels = imaging::brightened(pixels, brightness);
    if (!contrast_first) pixels = imaging::contrasted(pixels, contrast);
    cx.send(kImage, Image{imaging::from_8bit(pixels)});
    cx.send(kStreams, draws.rest());
  }

 private:
  /// Whether 1 stands before 0 in an order of four (torch.randperm(4)): 2 and 3, hue and saturation, are not changed.
  static bool is_second_first(tensors::Generator& generator) {
    std::array<int, 4> order{0, 1, 2, 3};
    for (std::int64_t i = 0; i < 3; ++i)
      std::swap(order[static_cast<std::size_t>(i)], order[static_cast<std::size_t>(i + generator.randint(0, 4 - i))]);
    return std::ranges::find(order, 1) < std::ranges::find(order, 0);
  }

  static double factor(tensors::Generator& generator, double spread) {
    const auto from = static_cast<float>(1 - spread), to = static_cast<float>(1 + spread);
    return generator.rand({1}).item<float>() * (to - from) + from;
  }

  const double brightness_, contrast_;
  const std::int64_t seed_;
};

}  // namespace

void register_jitter_colours(graph::Registry& registry) {
  registry.add<JitterColours>();
}

}  // namespace nodes
