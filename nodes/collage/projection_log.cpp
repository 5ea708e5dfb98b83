// SPDX-License-Identifier: MIT
/// projection-log: what each turn's matching came to, turn by turn: for save-metadata.
///
/// Entries  step_index, timestep (where a schedule is linked), alpha; of regions: num_labels, num_regions (that were
///          matched), num_regions_skipped_bbox, mean_region_cosine, max_region_cosine, min_region_cosine (0 when none
///          was matched), threshold_similarity_used where regions were made by a threshold; of squares:
///          mean_top1_cosine, mean_topk_cosine, num_queries, num_unique_selected_patches
/// State    the entries so far, for each item
/// Source   CollageNet's projection events
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "graph/registry.h"
#include "nodes/values.h"

namespace nodes {
namespace {

using Json = nlohmann::ordered_json;

struct Cosines {
  double mean = 0, greatest = 0, least = 0;
};

Cosines cosines_of(const std::vector<matching::Match>& matches) {
  if (matches.empty()) return {};
  Cosines cosines{0, matches.front().score, matches.front().score};
  for (const matching::Match& match : matches) {
    const double score = match.score;
    cosines.mean += score / static_cast<double>(matches.size());
    cosines.greatest = std::max(cosines.greatest, score);
    cosines.least = std::min(cosines.least, score);
  }
  return cosines;
}

void add_squares(Json& entry, const matching::Matches& matches) {
  const at::Tensor indices = matches.indices.to(at::kCPU, at::kInt).contiguous();
  const auto* first = indices.data_ptr<std::int32_t>();
  entry["mean_top1_cosine"] = cosines_of(matches.matches).mean;
  entry["mean_topk_cosine"] = matches.mean_topk;
  entry["num_queries"] = matches.matches.size();
  entry["num_unique_selected_patches"] = std::set<std::int32_t>(first, first + indices.numel()).size();
}

void add_regions(Json& entry, const matching::Matches& matches) {
  const Cosines cosines = cosines_of(matches.matches);
  entry["num_labels"] = matches.labels->count;
  if (matches.labels->threshold) entry["threshold_similarity_used"] = *matches.labels->threshold;
  entry["num_regions"] = matches.matches.size();
  entry["num_regions_skipped_bbox"] = matches.skipped;
  entry["mean_region_cosine"] = cosines.mean;
  entry["max_region_cosine"] = cosines.greatest;
  entry["min_region_cosine"] = cosines.least;
}

class ProjectionLog final : public graph::Node {
 public:
  static constexpr graph::In<matching::Matches> kMatches{"matches", "of N regions of (h,w) cells"};
  static constexpr graph::In<schedulers::Schedule> kSchedule{"schedule", "that the loop runs over", true};
  static constexpr graph::Out<Log> kLog{"log", "an entry for every turn so far"};
  static constexpr graph::Prop<graph::Ramp> kAlpha{
      .name = "alpha", .help = "as blend has it", .value = graph::Ramp{0.0, 0.1}, .min = 0, .max = 1};
  static graph::Contract contract() {
    return graph::Contract("projection-log", "Keeps what each turn's matching came to.", kMatches, kSchedule, kLog,
                           kAlpha)
        .family("collage")
        .slot<Log>()
        .example(
            "log: {type: projection-log, in: {matches: matched.matches}, alpha: {from: 0.0, to: 0.1}, "
            "when: {from: 0.7, to: 1.0}}");
  }

  explicit ProjectionLog(const graph::Props& props) : alpha_(props.get(kAlpha)) {}

  void process(graph::Context& cx) const override {
    const matching::Matches& matches = cx.get(kMatches);
    Json entry;
    entry["step_index"] = cx.turn().index;
    if (const auto* schedule = cx.find(kSchedule)) {
      entry["timestep"] = schedule->timestep(static_cast<std::size_t>(cx.turn().index));
    }
    entry["alpha"] = alpha_.at(cx.window());
    if (matches.indices.defined()) add_squares(entry, matches);
    else add_regions(entry, matches);
    Log& log = cx.slot<Log>();
    log.entries.push_back(entry.dump());
    cx.send(kLog, log);
  }

 private:
  const graph::Ramp alpha_;
};

}  // namespace

void register_projection_log(graph::Registry& registry) {
  registry.add<ProjectionLog>();
}

}  // namespace nodes
