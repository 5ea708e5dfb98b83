// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>

namespace train_embedded {

/// How long a stage goes on, and where it keeps what it knows.
struct Run {
  std::filesystem::path work;      ///< folder of everything; a stage has one of its own in it
  std::filesystem::path papers{};  ///< pictures that the autoencoder learns on beside scenes; may be empty
  std::int64_t steps = 0;          ///< of the whole stage; the learning rate falls in the last quarter of them
  double minutes = 1e9;            ///< of this run
  int batch = 16;
  bool half_precision = false;  ///< the denoiser's products in bfloat16
  std::int64_t scenes = 8192;   ///< that the denoiser and the ControlNet learn on
  double learning_rate = 2e-3;
  std::filesystem::path
      model{};  ///< that `begin` takes, and that the ControlNet learns beside: a whole one, as `write_model` leaves it
};

/// The learning rate at a step: rises over the first 100, stays, and falls to nothing over the last quarter.
double learning_rate(const Run& run, std::int64_t step);

/// Every stage goes on from its checkpoint when there is one, and stops when the time is up or all steps are done.
/// All throw tensors::FileError for a work folder that lacks an earlier stage's result.

/// Writes WORK/tokenizer: merges learned from captions.
void learn_vocabulary(const Run& run);
/// In the place of the stages of the autoencoder: WORK/autoencoder as the model has it; and WORK/denoiser/start, what
/// the denoiser begins with. Words that the model does not know begin as what it read them by. After the vocabulary.
void begin_with_model(const Run& run);
/// WORK/autoencoder.
void learn_autoencoder(const Run& run);
/// WORK/decoder: the autoencoder's decoder alone, from where that stage has left it. Latents stay what they are.
void learn_decoder(const Run& run);
/// WORK/denoiser: UNet and text encoders together.
void learn_denoiser(const Run& run);
/// The whole model to `folder` in diffusers' layout, in fp16.
void write_model(const Run& run, const std::filesystem::path& folder);
/// WORK/controlnet: edges beside a model that stays what it is. Needs none of the stages above.
void learn_controlnet(const Run& run);
/// The ControlNet to `folder` in diffusers' layout, in fp16.
void write_controlnet(const Run& run, const std::filesystem::path& folder);

}  // namespace train_embedded
