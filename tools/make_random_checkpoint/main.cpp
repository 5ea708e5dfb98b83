// SPDX-License-Identifier: MIT
// make_random_checkpoint --out DIR [--shape base|mini] [--seed N] [--single-file FILE]: an SDXL of random weights in
// diffusers' layout, for measuring time and memory at full size (about 7 GB) where no trained weights are to be had.
#include <CLI/CLI.hpp>
#include <iostream>

#include "models/files/model_files_known.h"
#include "tools/make_random_checkpoint/checkpoint.h"

namespace {

using nlohmann::ordered_json;

ordered_json model_index() {
  const auto transformers = [](const char* name) { return ordered_json::array({"transformers", name}); };
  const auto diffusers = [](const char* name) { return ordered_json::array({"diffusers", name}); };
  return {{"_class_name", "StableDiffusionXLPipeline"},
          {"force_zeros_for_empty_prompt", true},
          {"scheduler", diffusers("EulerDiscreteScheduler")},
          {"text_encoder", transformers("CLIPTextModel")},
          {"text_encoder_2", transformers("CLIPTextModelWithProjection")},
          {"tokenizer", transformers("CLIPTokenizer")},
          {"tokenizer_2", transformers("CLIPTokenizer")},
          {"unet", diffusers("UNet2DConditionModel")},
          {"vae", diffusers("AutoencoderKL")}};
}

}  // namespace

int main(int argc, char** argv) {
  using namespace make_random_checkpoint;
  CLI::App app("Writes an SDXL of random weights in diffusers' layout.");
  std::filesystem::path folder, single_file;
  std::string shape = "base";
  std::uint64_t seed = 0;
  app.add_option("--out", folder, "folder to write to")->required();
  app.add_option("--shape", shape, "base: SDXL base, about 7 GB; mini: the same in tiny")
      ->check(CLI::IsMember({"base", "mini"}))
      ->capture_default_str();
  app.add_option("--seed", seed, "of the random numbers")->capture_default_str();
  app.add_option("--single-file", single_file, "write the same into this .safetensors in the original layout, too");
  CLI11_PARSE(app, argc, argv);
  try {
    for (const char* part : {"unet", "vae", "text_encoder", "text_encoder_2"}) {
      std::cout << "writing " << (folder / part).string() << std::endl;
      write_network(folder, part, config_of(part, shape), seed++);
    }
    write_vocabulary(folder / "tokenizer", "<|endoftext|>");
    write_vocabulary(folder / "tokenizer_2", "!");
    write_json(folder / "scheduler/scheduler_config.json",
               ordered_json::parse(models::known_checkpoints().front().scheduler));
    write_json(folder / "model_index.json", model_index());
    check(folder);
    if (!single_file.empty()) write_single_file(folder, single_file);
  } catch (const std::exception& e) {
    std::cerr << "make_random_checkpoint: " << e.what() << '\n';
    return 1;
  }
  return 0;
}
