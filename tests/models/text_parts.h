// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "models/files/weights.h"
#include "models/text/prompt_encoder.h"
#include "tests/reference.h"

/// The text encoders of the reference models.
namespace text_parts {

inline std::string repeated(std::string_view part, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += part;
  return text;
}

inline std::shared_ptr<const models::ClipTextModel> model(const std::string& set, const std::string& name) {
  const auto folder = reference::sdxl(set) / "model" / name;
  models::WeightFiles weights(folder / "model.safetensors");
  auto config = models::ClipTextConfig::read(tensors::ConfigReader::read(folder / "config.json"));
  auto model = std::make_shared<const models::ClipTextModel>(config, weights);
  weights.finish();
  return model;
}

/// `suffix`: "" or "_2".
inline models::TextEncoder encoder(const std::string& set, const std::string& suffix) {
  return {models::Tokenizer::load(reference::sdxl(set) / "model" / ("tokenizer" + suffix)),
          model(set, "text_encoder" + suffix)};
}

inline models::PromptEncoder::Parts parts(const std::string& set) {
  if (set == "refiner") return {.text_encoder_2 = encoder(set, "_2")};
  return {.text_encoder = encoder(set, ""), .text_encoder_2 = encoder(set, "_2"), .force_zeros_for_empty_prompt = true};
}

}  // namespace text_parts
