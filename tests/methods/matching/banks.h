// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "imaging/regions/labels.h"
#include "methods/matching/bank.h"
#include "methods/matching/latent_file.h"
#include "tests/methods/matching/collagenet.h"

/// Banks to match against: those of the reference numbers, and small ones made up for a test.
namespace collagenet {

inline std::vector<matching::SourceLatent> papers() {
  std::vector<matching::SourceLatent> sources;
  for (const char* name : {"paper_0", "paper_1", "paper_2"})
    sources.push_back(matching::read_latent_file(data("latents/" + std::string(name) + ".npz")));
  return sources;
}

inline std::shared_ptr<const matching::Bank> bank(const nlohmann::json& config) {
  return matching::build_bank(papers(), {.patch_size = config["patch_size"],
                                         .do_rotated = config["do_rotated"],
                                         .total_patches = config["total_patches"],
                                         .random_seed = config["random_seed"]});
}

}  // namespace collagenet

/// Labels from rows of letters, a region for each letter: regions({"aab", "abb"}).
inline imaging::Labels regions(const std::vector<std::string>& rows) {
  imaging::Labels labels;
  labels.height = static_cast<int>(rows.size());
  labels.width = static_cast<int>(rows.front().size());
  for (const std::string& row : rows) {
    for (const char letter : row) {
      labels.ids.push_back(letter - 'a');
      labels.count = std::max(labels.count, letter - 'a' + 1);
    }
  }
  return labels;
}

/// A source of the given size, of numbers without a pattern.
inline matching::SourceLatent made_up_source(int channels, int height, int width, int seed = 1) {
  std::vector<float> numbers;
  auto state = static_cast<std::uint32_t>(seed);
  for (int i = 0; i < channels * height * width; ++i) {
    state = state * 1664525U + 1013904223U;
    numbers.push_back(static_cast<float>(state >> 16) / 16384 - 2);
  }
  matching::SourceLatent source;
  source.latent = at::tensor(numbers).view({channels, height, width}).to(at::kHalf).to(at::kFloat);
  source.path = "made_up_" + std::to_string(seed) + ".npz";
  source.original_width = source.processed_width = 8 * width;
  source.original_height = source.processed_height = 8 * height;
  return source;
}
