// SPDX-License-Identifier: MIT
/// lay-paper: lays torn pieces of paper on a picture, each with its white torn rim and its shadow.
///
/// A tree is a leaf with a cut foot, upright at an angle of 90. What may be {from, to} moves across the turns of a loop
/// (or the `when` window).
///
/// Errors   no papers: fails the item
/// Notes    paper and place are drawn from (seed, stream, turn), so a loop of turns builds a landscape of bands
#include <stdexcept>

#include "graph/registry.h"
#include "imaging/noise.h"
#include "imaging/paper/laying.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class LayPaper final : public graph::Node {
 public:
  static constexpr graph::In<Image> kImage{"image", "(H,W,3) f32 RGB in [0,1]"};
  static constexpr graph::In<graph::List<Image>> kPapers{"papers", "N pictures (H,W,3) f32 RGB in [0,1]"};
  static constexpr graph::Out<Image> kLaid{"image", "(H,W,3) f32 RGB in [0,1]"};
  static constexpr graph::Prop<std::int64_t> kSeed{.name = "seed", .help = "what is left to chance", .value = 0};
  static constexpr graph::Prop<std::int64_t> kStream{
      .name = "stream", .help = "another number, other chance: for nodes that share a seed", .value = 0};
  static constexpr graph::Prop<std::string> kShape{
      .name = "shape",
      .help = "all below a ridge, a piece, or the whole picture untorn (sheet)",
      .value = "band",
      .choices = "band|disc|scrap|leaf|tree|sheet"};
  static constexpr graph::Prop<int> kCount{
      .name = "count", .help = "pieces in a call", .value = 1, .min = 0, .max = 1000};
  static constexpr graph::Prop<std::string> kPick{.name = "pick",
                                                  .help = "papers one after the other, or shuffled by the seed",
                                                  .value = "order",
                                                  .choices = "order|shuffle"};
  static constexpr graph::Prop<int> kFirst{
      .name = "first", .help = "number of the first paper; -1: drawn from the seed", .value = -1, .min = -1};
  static constexpr graph::Prop<graph::Ramp> kX{
      .name = "x", .help = "centre, as a fraction of the width", .value = graph::Ramp{0.5, 0.5}};
  static constexpr graph::Prop<graph::Ramp> kY{.name = "y",
                                               .help = "centre, or a band's mean edge, as a fraction of the height",
                                               .value = graph::Ramp{0.5, 0.5}};
  static constexpr graph::Prop<graph::Ramp> kSize{.name = "size",
                                                  .help = "length, or a band's relief, as a fraction of the height",
                                                  .value = graph::Ramp{0.2, 0.2},
                                                  .min = 0};
  static constexpr graph::Prop<double> kAspect{
      .name = "aspect", .help = "width to length", .value = 1.0, .min = 0.02, .max = 50};
  static constexpr graph::Prop<double> kAngle{
      .name = "angle", .help = "of the length to the horizontal", .value = 0.0, .unit = "degrees"};
  static constexpr graph::Prop<double> kSwing{.name = "swing",
                                              .help = "how far chance turns it either way",
                                              .value = 0.0,
                                              .min = 0,
                                              .max = 180,
                                              .unit = "degrees"};
  static constexpr graph::Prop<double> kSpreadX{
      .name = "spread_x",
      .help = "how far chance moves it either way, as a fraction of the width",
      .value = 0.0,
      .min = 0};
  static constexpr graph::Prop<double> kSpreadY{
      .name = "spread_y",
      .help = "how far chance moves it up or down, as a fraction of the height",
      .value = 0.0,
      .min = 0};
  static constexpr graph::Prop<double> kVary{.name = "vary",
                                             .help = "how far chance changes the size either way, as a fraction of it",
                                             .value = 0.0,
                                             .min = 0,
                                             .max = 1};
  static constexpr graph::Prop<graph::Ramp> kPeaks{.name = "peaks",
                                                   .help = "of a band: 0 rolling hills, 1 mountains",
                                                   .value = graph::Ramp{0, 0},
                                                   .min = 0,
                                                   .max = 1};
  static constexpr graph::Prop<graph::Ramp> kHaze{
      .name = "haze",
      .help = "0: the paper's own colours; 1: the colour of the picture's top edge",
      .value = graph::Ramp{0, 0},
      .min = 0,
      .max = 1};
  static constexpr graph::Prop<double> kScale{.name = "scale",
                                              .help = "of the paper; 1 spreads its height over the picture's",
                                              .value = 1.0,
                                              .min = 0.01,
                                              .max = 100};
  static constexpr graph::Prop<double> kRough{
      .name = "rough", .help = "how far the tear strays", .value = 0.8, .min = 0, .max = 20, .unit = "% of the height"};
  static constexpr graph::Prop<double> kRim{.name = "rim",
                                            .help = "width of the torn white rim",
                                            .value = 0.7,
                                            .min = 0,
                                            .max = 20,
                                            .unit = "% of the height"};
  static constexpr graph::Prop<double> kShadow{
      .name = "shadow", .help = "reach of the shadow", .value = 2.0, .min = 0, .max = 50, .unit = "% of the height"};
  static constexpr graph::Prop<double> kDark{
      .name = "dark", .help = "of the shadow: 0 none, 1 black", .value = 0.5, .min = 0, .max = 1};
  static graph::Contract contract() {
    return graph::Contract("lay-paper", "Lays torn pieces of paper on a picture.", kImage, kPapers, kLaid, kSeed,
                           kStream, kShape, kCount, kPick, kFirst, kX, kY, kSize, kAspect, kAngle, kSwing, kSpreadX,
                           kSpreadY, kVary, kPeaks, kHaze, kScale, kRough, kRim, kShadow, kDark)
        .family("collage")
        .bypass(kLaid, kImage)
        .example("hill: {type: lay-paper, shape: band, y: 0.7, in: {image: sky.image, papers: papers.images}}");
  }

  explicit LayPaper(const graph::Props& props)
      : seed_(
            imaging::mix(static_cast<std::uint64_t>(props.get(kSeed)), static_cast<std::uint64_t>(props.get(kStream)))),
        count_(props.get(kCount)),
        first_(props.get(kFirst)),
        shuffle_(props.get(kPick) == "shuffle"),
        x_(props.get(kX)),
        y_(props.get(kY)),
        size_(props.get(kSize)),
        peaks_(props.get(kPeaks)),
        haze_(props.get(kHaze)) {
    laying_.shape = imaging::shape_named(props.get(kShape));
    laying_.aspect = props.get(kAspect);
    laying_.angle = props.get(kAngle);
    laying_.swing = props.get(kSwing);
    laying_.spread_x = props.get(kSpreadX);
    laying_.spread_y = props.get(kSpreadY);
    laying_.vary = props.get(kVary);
    laying_.scale = props.get(kScale);
    laying_.tear = {0, props.get(kRough) / 100, props.get(kRim) / 100, props.get(kShadow) / 100, props.get(kDark)};
  }

  void process(graph::Context& cx) const override {
    const graph::List<Image> list = cx.get(kPapers);
    const std::vector<const Image*> papers = list.present();
    if (papers.empty()) throw std::runtime_error("no papers to tear from");
    imaging::Laying laying = laying_;
    laying.x = x_.at(cx.window());
    laying.y = y_.at(cx.window());
    laying.size = size_.at(cx.window());
    laying.peaks = peaks_.at(cx.window());
    laying.haze = haze_.at(cx.window());
    cv::Mat picture = cx.get(kImage).pixels;
    for (int i = 0; i < count_; ++i) {
      if (cx.cancelled()) throw graph::Cancelled();
      const int piece = cx.turn().index * count_ + i;
      laying.seed = imaging::mix(seed_, static_cast<std::uint64_t>(piece));
      picture = imaging::lay(picture, papers[paper_of(piece, static_cast<int>(papers.size()))]->pixels, laying);
    }
    cx.send(kLaid, Image{picture});
  }

 private:
  int paper_of(int piece, int papers) const {
    const int first =
        first_ >= 0 ? first_ : static_cast<int>(imaging::mix(seed_, 0x70617065) % static_cast<std::uint64_t>(papers));
    const int number = (first + piece) % papers;
    return shuffle_ ? imaging::shuffled(papers, seed_)[number] : number;
  }

  const std::uint64_t seed_;
  const int count_, first_;
  const bool shuffle_;
  const graph::Ramp x_, y_, size_, peaks_, haze_;
  imaging::Laying laying_;
};

}  // namespace

void register_lay_paper(graph::Registry& registry) {
  registry.add<LayPaper>();
}

}  // namespace nodes
