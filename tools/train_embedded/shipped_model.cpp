// SPDX-License-Identifier: MIT
#include "tools/train_embedded/shipped_model.h"

#include "models/text/prompt_time_ids.h"
#include "tensors/generator.h"

namespace train_embedded {

ShippedModel::ShippedModel(const std::filesystem::path& folder)
    : model_(folder.string(), {.dtype = at::kFloat}),
      unet_(model_.load_unet()),
      vae_(model_.load_vae()),
      text_(model_.load_text()) {}

Denoiser::Text ShippedModel::read(const std::vector<std::string>& texts) const {
  std::vector<models::Prompt> prompts;
  for (const std::string& text : texts) prompts.push_back({.prompt = text, .guided = false});
  std::vector<at::Tensor> tokens, pooled;
  for (const models::EncodedPrompt& encoded : text_->encode(prompts)) {
    tokens.push_back(encoded.prompt_embeds);
    pooled.push_back(encoded.pooled_prompt_embeds);
  }
  return {at::cat(tokens), at::cat(pooled)};
}

models::UNet::Input ShippedModel::input(const at::Tensor& latents, const at::Tensor& timesteps,
                                        const Denoiser::Text& text) const {
  const models::PixelSize size{latents.size(2) * vae_->factor(), latents.size(3) * vae_->factor()};
  const at::Tensor ids = models::base_time_ids(size, {}, size).repeat({latents.size(0), 1});
  return {latents.contiguous(at::MemoryFormat::ChannelsLast), timesteps, text.tokens, text.pooled, ids};
}

at::Tensor ShippedModel::draw(const Request& request, const models::ControlNet* controlnet) const {
  const at::NoGradGuard no_gradients;
  const auto count = static_cast<std::int64_t>(request.texts.size());
  const std::int64_t cells = vae_->sample_size() / vae_->factor();
  const auto config = model_.files().scheduler({});
  const schedulers::Schedule schedule(schedulers::Config::parse(config.text, config.name), {.steps = request.steps});
  std::vector<at::Tensor> noise;
  for (const std::int64_t seed : request.seeds) noise.push_back(tensors::Generator(seed).randn({1, 4, cells, cells}));
  at::Tensor latents = at::cat(noise) * schedule.init_noise_sigma();
  std::vector<std::string> texts = request.texts;
  texts.resize(2 * request.texts.size());
  const Denoiser::Text text = read(texts);
  at::Tensor hint;
  if (controlnet != nullptr && request.hints.defined()) hint = controlnet->embedded(request.hints).repeat({2, 1, 1, 1});
  schedulers::State state;
  tensors::Generator generator(0);
  for (std::size_t turn = 0; turn < schedule.size(); ++turn) {
    const at::Tensor sample = schedulers::scale_model_input(schedule, turn, latents).repeat({2, 1, 1, 1});
    models::UNet::Input given = input(sample, at::full({2 * count}, schedule.timestep(turn), at::kFloat), text);
    if (hint.defined()) given.residuals = (*controlnet)(given, hint);
    const std::vector<at::Tensor> halves = (*unet_)(given).chunk(2);
    latents = schedulers::step(schedule, turn, halves[1] + request.guidance_scale * (halves[0] - halves[1]), latents,
                               state, [&](at::IntArrayRef shape) { return generator.randn(shape); });
  }
  return vae_->decode(latents);
}

}  // namespace train_embedded
