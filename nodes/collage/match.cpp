// SPDX-License-Identifier: MIT
/// match: for each region of latents the window of a bank that is most like it in the region's own cells.
///
/// For regions, region_candidate_count windows are drawn at random for each; those outside the limits of area and box
/// are left out. For squares (labels of region_method: square, of the bank's patch_size), the top_k patches are mixed
/// by the softmax of score / similarity_temperature. The other's settings are not looked at.
///
/// State    the random numbers run on from turn to turn of a loop, as in CollageNet: another `when` draws others
/// Errors   latents of several pictures, of other channels than the bank's, of another size than the labels; squares of
///          another patch_size than the bank's. When no region could be matched: one warning for the item, that says
///          which setting to change
/// Source   CollageNet, draw for draw and score for score
#include <optional>

#include "graph/registry.h"
#include "methods/matching/match_regions.h"
#include "methods/matching/match_squares.h"
#include "nodes/latent_planes.h"

namespace nodes {
namespace {

/// Patches of so few numbers are found faster by a tree on a core than by a GPU that compares them all: of 4 numbers in
/// 9 ms and 14 (32 beside a step of the UNet), of 16 in 50 and 4 (13). Regions are matched on a core: 4 ms there, 5 on
/// the GPU, which a step loses a quarter of its speed to (bench/README.md, matching).
constexpr std::int64_t kCoresNumbers = 8;

/// What an item keeps from turn to turn.
struct MatchState {
  std::optional<matching::NumpyGenerator> generator;
  bool warned = false;
};

class Match final : public graph::Node {
 public:
  static constexpr graph::In<Latents> kLatents{"latents", "(1,C,h,w) f32"};
  static constexpr graph::In<Labels> kLabels{"labels", "(h,w), of these latents"};
  static constexpr graph::In<Bank> kBank{"bank", "of latents of C channels"};
  static constexpr graph::Out<matching::Matches> kMatches{"matches",
                                                          "a window for each region, or patch for each square"};
  static constexpr graph::Prop<int> kCandidateCount{.name = "region_candidate_count",
                                                    .help = "windows that are drawn for each region",
                                                    .value = 128,
                                                    .min = 1,
                                                    .max = 1 << 20};
  static constexpr graph::Prop<int> kMinArea{
      .name = "region_min_area", .help = "smaller regions are left out", .value = 1, .min = 0, .unit = "cells"};
  static constexpr graph::Prop<int> kMaxArea{
      .name = "region_max_area", .help = "larger regions are left out", .value = 1200, .min = 0, .unit = "cells"};
  static constexpr graph::Prop<int> kMaxBboxH{.name = "region_max_bbox_h",
                                              .help = "higher regions are left out; 0: none",
                                              .value = 0,
                                              .min = 0,
                                              .unit = "cells"};
  static constexpr graph::Prop<int> kMaxBboxW{.name = "region_max_bbox_w",
                                              .help = "wider regions are left out; 0: none",
                                              .value = 0,
                                              .min = 0,
                                              .unit = "cells"};
  static constexpr graph::Prop<int> kTopK{
      .name = "top_k", .help = "patches that are mixed for each square", .value = 1, .min = 1, .max = 1 << 20};
  static constexpr graph::Prop<double> kTemperature{
      .name = "similarity_temperature",
      .help = "of the softmax by which they are mixed; the smaller, the more the best outweighs the others",
      .value = 0.1,
      .min = 1e-6,
      .max = 1e6};
  static constexpr graph::Prop<int> kChunkSize{
      .name = "dictionary_chunk_size",
      .help = "patches that a GPU compares with squares at a time; does not change the result",
      .value = 8192,
      .min = 1};
  static constexpr graph::Prop<std::int64_t> kRandomSeed{
      .name = "random_seed", .help = "of the windows that are drawn", .value = 1234, .min = 0};
  static graph::Contract contract() {
    return graph::Contract("match", "Finds for each region of latents the window of a bank that is most like it.",
                           kLatents, kLabels, kBank, kMatches, kCandidateCount, kMinArea, kMaxArea, kMaxBboxH,
                           kMaxBboxW, kTopK, kTemperature, kChunkSize, kRandomSeed)
        .family("collage")
        .slot<MatchState>()
        .example("matched: {type: match, in: {latents: step.latents, labels: regions.labels, bank: bank.bank}}");
  }

  explicit Match(const graph::Props& props)
      : regions_{.region_candidate_count = props.get(kCandidateCount),
                 .region_min_area = props.get(kMinArea),
                 .region_max_area = props.get(kMaxArea),
                 .region_max_bbox_h = props.get(kMaxBboxH),
                 .region_max_bbox_w = props.get(kMaxBboxW)},
        squares_{.top_k = props.get(kTopK),
                 .similarity_temperature = props.get(kTemperature),
                 .dictionary_chunk_size = props.get(kChunkSize)},
        random_seed_(static_cast<std::uint64_t>(props.get(kRandomSeed))) {}

  void process(graph::Context& cx) const override {
    const Latents& latents = cx.get(kLatents);
    const auto& labels = cx.get(kLabels).map;
    const auto& bank = cx.get(kBank).bank;
    if (labels->patch_size > 0) {
      const bool tree = bank->normalised.size(1) <= kCoresNumbers;
      const at::Tensor where = tree ? host_of(cx, latents) : latents.tensor;
      return cx.send(kMatches, matching::match_squares(where, labels, bank, squares_));
    }

    auto& state = cx.slot<MatchState>();
    if (!state.generator) state.generator.emplace(random_seed_);
    matching::Matches matches = matching::match_regions(host_of(cx, latents), labels, bank, regions_, *state.generator);
    if (const std::string why = matching::why_none(matches, regions_); !why.empty() && !state.warned) {
      cx.warn("nothing to blend, the latents stay as they are: " + why);
      state.warned = true;
    }
    cx.send(kMatches, std::move(matches));
  }

 private:
  const matching::RegionSettings regions_;
  const matching::SquareSettings squares_;
  const std::uint64_t random_seed_;
};

}  // namespace

void register_match(graph::Registry& registry) {
  registry.add<Match>();
}

}  // namespace nodes
