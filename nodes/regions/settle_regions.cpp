// SPDX-License-Identifier: MIT
/// settle-regions: draws what regions leave to chance: seeds of their noise, in [0, 9999999999), and guidance scales
/// of texts, whole numbers in 5 … 29. What is drawn is kept in the recipe, and a rerun has it again.
///
/// Source   Barbero Jiménez 2023 (Mixture of Diffusers), which draws from numpy's global generator
#include <charconv>
#include <stdexcept>

#include "nodes/draws.h"
#include "nodes/regions/region_settings.h"

namespace nodes {
namespace {

constexpr std::int64_t kSeeds = 9999999999, kLeastScale = 5, kScales = 30;

std::int64_t number_in(const std::string& name, const std::string& text) {
  std::int64_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || rest != text.data() + text.size())
    throw std::runtime_error("the recipe has '" + text + "' for " + name + ", and an int is due");
  return number;
}

class SettleRegions final : public graph::Node {
 public:
  static constexpr graph::In<graph::List<Region>> kRegionsIn{"regions", "N, as they were written"};
  static constexpr graph::Out<graph::List<Region>> kRegions{"regions", "N, of which each has all that it needs"};
  static constexpr graph::Prop<std::int64_t> kSeed{.name = "seed", .help = "to draw from", .value = 0};
  static constexpr graph::Prop<std::string> kDraws{.name = "draws",
                                                   .help =
                                                       "what: seeds of regions whose noise is drawn anew, or "
                                                       "guidance scales of those with a text",
                                                   .value = "seeds",
                                                   .choices = "seeds|guidance_scales"};
  static graph::Contract contract() {
    return graph::Contract("settle-regions", "Draws what regions leave to chance: seeds and guidance scales.",
                           kRegionsIn, kRegions, kSeed, kDraws)
        .family("regions")
        .example("settled: {type: settle-regions, seed: $seed, in: {regions: canvas.noised}}");
  }

  explicit SettleRegions(const graph::Props& props)
      : seed_(props.get(kSeed)), draws_scales_(props.get(kDraws) != "seeds") {}

  void process(graph::Context& cx) const override {
    Draws draws(cx, nullptr, seed_);
    const auto drawn = [&](const std::string& name, std::int64_t low, std::int64_t high) {
      return number_in(name, cx.choose(name, [&] { return std::to_string(draws.numpy().randint(low, high)); }));
    };
    std::vector<Region> settled;
    for (const Region* one : cx.get(kRegionsIn).present()) {
      const tiling::Region& region = *one->region;
      const bool scale = draws_scales_ && region.kind == tiling::Region::Kind::kText && !region.guidance_scale;
      const bool seed = !draws_scales_ && !region.seed && (region.resets_noise || region.noise_eps > 0);
      if (!seed && !scale) {
        settled.push_back(*one);
        continue;
      }
      tiling::Region made = region;
      if (seed) made.seed = drawn(region.name + " seed", 0, kSeeds);
      if (scale)
        made.guidance_scale = static_cast<double>(drawn(region.name + " guidance_scale", kLeastScale, kScales));
      settled.push_back({std::make_shared<const tiling::Region>(std::move(made))});
    }
    cx.send(kRegions, graph::List<Region>(std::move(settled)));
  }

 private:
  const std::int64_t seed_;
  const bool draws_scales_;
};

}  // namespace

void register_settle_regions(graph::Registry& registry) {
  registry.add<SettleRegions>();
}

}  // namespace nodes
