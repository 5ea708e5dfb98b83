// SPDX-License-Identifier: MIT
/// load-canvas: regions of a canvas, as they are written: those that are drawn by a text, those that are held to a
/// picture, and the parts of its noise that are drawn anew.
///
/// Masks    of polygons and pictures count times mask_type; a picture's region is cut to what is not black
/// Errors   bounds that are not multiples of 8, without extent or beyond the canvas; no text region; cells that no text
///          region covers, told with their boxes: before the run. Pictures that are not there, and
///          masks that are black: when it is opened
/// Source   Barbero Jiménez 2023 (Mixture of Diffusers), canvas mode
#include "nodes/regions/canvas_regions.h"

namespace nodes {
namespace {

class LoadCanvas final : public graph::Node {
 public:
  static constexpr graph::Out<graph::List<Region>> kTexts{"texts", "those with a text, the background behind them"};
  static constexpr graph::Out<graph::List<Region>> kImages{"images", "those with a picture"};
  static constexpr graph::Out<graph::List<Region>> kNoised{"noised", "boxes whose noise is drawn anew, in that order"};
  static constexpr graph::Out<std::int64_t> kWidthSent{"width", "px, of the canvas"};
  static constexpr graph::Out<std::int64_t> kHeightSent{"height", "px, of the canvas"};
  static constexpr graph::Prop<std::int64_t> kHeight{
      .name = "height", .help = "of the canvas; a multiple of 8", .min = 8, .max = 65536, .unit = "px"};
  static constexpr graph::Prop<std::int64_t> kWidth{
      .name = "width", .help = "of the canvas; a multiple of 8", .min = 8, .max = 65536, .unit = "px"};
  static constexpr graph::Prop<graph::Data> kRegions{
      .name = "regions",
      .help = "what is drawn where; their order counts for noise and for pictures that overlap",
      .shape = canvas_regions_shape};
  static constexpr graph::Prop<graph::Data> kRerolls{.name = "reroll_regions",
                                                     .help = "boxes that begin with other noise",
                                                     .value = "[]",
                                                     .shape = canvas_rerolls_shape};
  static constexpr graph::Prop<graph::Data> kBackground{.name = "background",
                                                        .help = "a text behind all regions, on the whole canvas",
                                                        .value = "null",
                                                        .shape = canvas_background_shape};
  static constexpr graph::Prop<bool> kAllowUncovered{
      .name = "allow_uncovered",
      .help = "cells that no text region covers are left as noise, as the original leaves them",
      .value = false};
  static graph::Contract contract() {
    return graph::Contract("load-canvas", "Regions of a canvas, each with a text or a picture.", kTexts, kImages,
                           kNoised, kWidthSent, kHeightSent, kHeight, kWidth, kRegions, kRerolls, kBackground,
                           kAllowUncovered)
        .family("regions")
        .resource("io")
        .example(
            "canvas: {type: load-canvas, width: 256, height: 128, background: {prompt: a meadow}, "
            "regions: [{row_init: 0, row_end: 128, col_init: 32, col_end: 160, prompt: a house}]}");
  }

  explicit LoadCanvas(const graph::Props& props)
      : data_(props.get(kRegions)),
        allows_uncovered_(props.get(kAllowUncovered)),
        regions_(props.get(kHeight), props.get(kWidth), faults_) {
    check_cells(kHeight.name, props.get(kHeight), faults_);
    check_cells(kWidth.name, props.get(kWidth), faults_);
    check_canvas(kWidth.name, props.get(kHeight), props.get(kWidth), faults_);
    faults_.throw_if_any();
    regions_.read_regions(data_);
    regions_.read_rerolls(props.get(kRerolls));
    regions_.read_background(props.get(kBackground));
    faults_.throw_if_any();
    if (!regions_.has_masks()) check_covered();
  }

  void open() override {
    regions_.find_pictures();
    faults_.throw_if_any();
    if (regions_.has_masks()) check_covered();
  }

  void process(graph::Context& cx) const override {
    cx.send(kTexts, list_of(regions_.texts()));
    cx.send(kImages, list_of(regions_.images()));
    cx.send(kNoised, list_of(regions_.noised()));
    cx.send(kWidthSent, regions_.width());
    cx.send(kHeightSent, regions_.height());
  }

 private:
  void check_covered() {
    if (!allows_uncovered_) regions_.check_covered(data_);
    faults_.throw_if_any();
  }

  const graph::Data data_;
  const bool allows_uncovered_;
  SettingFaults faults_;
  CanvasRegions regions_;
};

}  // namespace

void register_load_canvas(graph::Registry& registry) {
  registry.add<LoadCanvas>();
}

}  // namespace nodes
