// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "models/networks/unet.h"
#include "models/text/clip.h"
#include "models/text/tokenizer.h"
#include "schedulers/schedule.h"

namespace train_embedded {

/// What the stage of the denoiser learns: a UNet and two text encoders, on one source of parameters, under the names
/// "unet.", "text_encoder.", "text_encoder_2.".
class Denoiser {
 public:
  /// `tokenizers`: the folder that has tokenizer/ and tokenizer_2/. `Source` has begin(prefix) and is a
  /// ParameterSource.
  template <class Source>
  Denoiser(const std::filesystem::path& tokenizers, Source& source)
      : tokenizer_(models::Tokenizer::load(tokenizers / "tokenizer")),
        tokenizer_2_(models::Tokenizer::load(tokenizers / "tokenizer_2")),
        unet_(unet(named(source, "unet."))),
        text_encoder_(text_encoder(false, named(source, "text_encoder."))),
        text_encoder_2_(text_encoder(true, named(source, "text_encoder_2."))) {}

  struct Text {
    at::Tensor tokens;  ///< (B, n, width)
    at::Tensor pooled;  ///< (B, width)
  };
  Text read(const std::vector<std::string>& texts) const;

  /// The velocity in latents (B,4,h,w) f32 at timesteps (B) f32.
  at::Tensor operator()(const at::Tensor& latents, const at::Tensor& timesteps, const Text& text) const;

  /// Latents for the texts, with one seed each. 12 steps of ddim with guidance.
  at::Tensor sample(const std::vector<std::string>& texts, const std::vector<std::int64_t>& seeds, std::int64_t side,
                    double guidance_scale) const;

 private:
  template <class Source>
  static models::ParameterSource& named(Source& source, const char* prefix) {
    source.begin(prefix);
    return source;
  }
  static models::UNet unet(models::ParameterSource& source);
  models::ClipTextModel text_encoder(bool projected, models::ParameterSource& source) const;

  models::Tokenizer tokenizer_, tokenizer_2_;
  models::UNet unet_;
  models::ClipTextModel text_encoder_, text_encoder_2_;
};

/// The curve of noise that it is trained on, as a schedule of so many steps.
schedulers::Schedule schedule_of(const std::string& scheduler, std::int64_t steps);

}  // namespace train_embedded
