// SPDX-License-Identifier: MIT
#include "nodes/pull.h"

#include <stdexcept>

namespace nodes {

models::AttentionFall fall_named(const std::string& name) {
  if (name == "ediffi") return models::AttentionFall::kEdiffi;
  return name == "log" ? models::AttentionFall::kLog : models::AttentionFall::kLogLog;
}

Conditioning pulled(Conditioning conditioning, std::vector<models::AttentionRegion> regions, models::AttentionFall fall,
                    bool from_start) {
  if (conditioning.parts != nullptr)
    throw std::runtime_error(
        "the prompt changes by turns or joins several by AND, and words are pulled of one: write one prompt");
  auto pull = std::make_shared<AttentionPull>();
  if (conditioning.attention) {
    *pull = *conditioning.attention;
    if (pull->fall != fall || pull->from_start != from_start)
      throw std::runtime_error(
          "the conditioning is pulled already with another fall or sigma_index: give both the same");
  }
  pull->fall = fall;
  pull->from_start = from_start;
  for (models::AttentionRegion& region : regions) pull->regions.push_back(std::move(region));
  if (!pull->regions.empty()) conditioning.attention = std::move(pull);
  return conditioning;
}

}  // namespace nodes
