// SPDX-License-Identifier: MIT
/// segment: latents into regions: what match looks for, each on its own. They are numbered by their first cells, from
/// 0.
///
/// Notes    settings of the other methods are not looked at
/// Errors   threshold's bounds the wrong way round, a connectivity other than 4 and 8: refused when the node is opened;
///          latents of several pictures, latents that are not numbers, sides that patch_size does not divide
/// Source   CollageNet, label for label; felzenszwalb as in scikit-image 0.19 (Felzenszwalb and Huttenlocher 2004)
#include "graph/registry.h"
#include "imaging/regions/features.h"
#include "imaging/regions/felzenszwalb.h"
#include "imaging/regions/threshold_regions.h"
#include "nodes/latent_planes.h"

namespace nodes {
namespace {

class Segment final : public graph::Node {
 public:
  static constexpr graph::In<Latents> kLatents{"latents", "(1,C,h,w) f32"};
  static constexpr graph::Out<Labels> kLabels{"labels", "(h,w) i32, each in 0 … regions − 1"};
  static constexpr graph::Prop<std::string> kRegionMethod{
      .name = "region_method",
      .help = "felzenszwalb: along edges; threshold: what is alike; square: a grid. The long names mean the same",
      .value = "felzenszwalb",
      .choices = "felzenszwalb|threshold|square|latent_felzenszwalb|latent_threshold_regions"};
  static constexpr graph::Prop<double> kFelzenszwalbScale{
      .name = "felzenszwalb_scale", .help = "larger: fewer, larger regions", .value = 32.0, .min = 0, .max = 1e9};
  static constexpr graph::Prop<double> kFelzenszwalbSigma{.name = "felzenszwalb_sigma",
                                                          .help = "of the blur before edges are looked for; 0: none",
                                                          .value = 0.8,
                                                          .min = 0,
                                                          .max = 1000,
                                                          .unit = "cells"};
  static constexpr graph::Prop<int> kFelzenszwalbMinSize{.name = "felzenszwalb_min_size",
                                                         .help = "smaller regions are joined to others",
                                                         .value = 8,
                                                         .min = 0,
                                                         .unit = "cells"};
  static constexpr graph::Prop<int> kThresholdMinRegions{
      .name = "threshold_min_regions", .help = "fewer are too few", .value = 64, .min = 1};
  static constexpr graph::Prop<int> kThresholdMaxRegions{
      .name = "threshold_max_regions", .help = "more are too many", .value = 768, .min = 1};
  static constexpr graph::Prop<int> kThresholdConnectivity{
      .name = "threshold_connectivity",
      .help = "neighbours of a cell: 4, or 8 with the diagonal ones",
      .value = 8,
      .min = 4,
      .max = 8};
  static constexpr graph::Prop<double> kThresholdSimilarityLow{
      .name = "threshold_similarity_low",
      .help = "cosine between neighbours from which the search for a number of regions begins",
      .value = -0.25,
      .min = -1,
      .max = 1};
  static constexpr graph::Prop<double> kThresholdSimilarityHigh{
      .name = "threshold_similarity_high", .help = "and at which it ends", .value = 0.999, .min = -1, .max = 1};
  static constexpr graph::Prop<int> kPatchSize{
      .name = "patch_size", .help = "side of a square, as in patch-bank", .value = 1, .min = 1, .unit = "cells"};
  static graph::Contract contract() {
    return graph::Contract("segment", "Divides latents into regions.", kLatents, kLabels, kRegionMethod,
                           kFelzenszwalbScale, kFelzenszwalbSigma, kFelzenszwalbMinSize, kThresholdMinRegions,
                           kThresholdMaxRegions, kThresholdConnectivity, kThresholdSimilarityLow,
                           kThresholdSimilarityHigh, kPatchSize)
        .family("collage")
        .example("regions: {type: segment, in: {latents: step.latents}, felzenszwalb_scale: 32}");
  }

  explicit Segment(const graph::Props& props)
      : method_(props.get(kRegionMethod)),
        felzenszwalb_{.scale = props.get(kFelzenszwalbScale),
                      .sigma = props.get(kFelzenszwalbSigma),
                      .min_size = props.get(kFelzenszwalbMinSize)},
        threshold_{.min_regions = props.get(kThresholdMinRegions),
                   .max_regions = props.get(kThresholdMaxRegions),
                   .connectivity = props.get(kThresholdConnectivity),
                   .similarity_low = props.get(kThresholdSimilarityLow),
                   .similarity_high = props.get(kThresholdSimilarityHigh)},
        patch_size_(props.get(kPatchSize)) {
    if (by_threshold()) imaging::check(threshold_);
  }

  void process(graph::Context& cx) const override {
    const LatentPlanes latents = planes_of(cx, cx.get(kLatents), "segment them one by one");
    cx.send(kLabels, Labels{std::make_shared<const imaging::Labels>(labels_of(latents.planes))});
  }

 private:
  bool by_threshold() const { return method_ == "threshold" || method_ == "latent_threshold_regions"; }

  imaging::Labels labels_of(const imaging::Planes& planes) const {
    if (by_threshold()) return imaging::threshold_regions(planes, threshold_);
    if (method_ != "square") return imaging::felzenszwalb(planes, felzenszwalb_);
    imaging::check(planes);
    return imaging::square_grid(planes.height, planes.width, patch_size_);
  }

  const std::string method_;
  const imaging::FelzenszwalbSettings felzenszwalb_;
  const imaging::ThresholdSettings threshold_;
  const int patch_size_;
};

}  // namespace

void register_segment(graph::Registry& registry) {
  registry.add<Segment>();
}

}  // namespace nodes
