// SPDX-License-Identifier: MIT
#include "tools/train_embedded/denoiser.h"

#include "tensors/generator.h"
#include "tools/train_embedded/configs.h"

namespace train_embedded {
namespace {

constexpr std::int64_t kSteps = 12;

at::Tensor ids_of(const models::Tokenizer& tokenizer, const std::vector<std::string>& texts) {
  std::vector<at::Tensor> rows;
  for (const std::string& text : texts)
    rows.push_back(at::tensor(tokenizer.pad(tokenizer.encode(text)).ids, at::kLong));
  return at::stack(rows);
}

}  // namespace

models::UNet Denoiser::unet(models::ParameterSource& source) {
  return {models::UNetConfig::read(tensors::ConfigReader::parse(unet_config().dump(), "unet")), source};
}

models::ClipTextModel Denoiser::text_encoder(bool projected, models::ParameterSource& source) const {
  const auto config = text_encoder_config(tokenizer_.size(), projected);
  return {models::ClipTextConfig::read(tensors::ConfigReader::parse(config.dump(), "text_encoder")), source};
}

Denoiser::Text Denoiser::read(const std::vector<std::string>& texts) const {
  const auto first = text_encoder_(ids_of(tokenizer_, texts), {.hidden_states = {-2}});
  const auto second = text_encoder_2_(ids_of(tokenizer_2_, texts), {.hidden_states = {-2}, .pooled = true});
  return {at::cat({first.hidden_states[0], second.hidden_states[0]}, -1), second.text_embeds};
}

at::Tensor Denoiser::operator()(const at::Tensor& latents, const at::Tensor& timesteps, const Text& text) const {
  const auto height = static_cast<float>(latents.size(2) * kFactor),
             width = static_cast<float>(latents.size(3) * kFactor);
  const at::Tensor ids = at::tensor({height, width, 0.f, 0.f, height, width}, at::kFloat).repeat({latents.size(0), 1});
  return unet_({latents.contiguous(at::MemoryFormat::ChannelsLast), timesteps, text.tokens, text.pooled, ids});
}

at::Tensor Denoiser::sample(const std::vector<std::string>& texts, const std::vector<std::int64_t>& seeds,
                            std::int64_t side, double guidance_scale) const {
  const at::NoGradGuard no_gradients;
  const schedulers::Schedule schedule = schedule_of("ddim", kSteps);
  const auto count = static_cast<std::int64_t>(texts.size());
  std::vector<at::Tensor> noise;
  for (const std::int64_t seed : seeds)
    noise.push_back(tensors::Generator(seed).randn({1, 4, side / kFactor, side / kFactor}));
  at::Tensor latents = at::cat(noise) * schedule.init_noise_sigma();
  std::vector<std::string> both = texts;
  both.resize(texts.size() * 2);
  const Text text = read(both);
  schedulers::State state;
  for (std::size_t turn = 0; turn < schedule.size(); ++turn) {
    const at::Tensor input = schedulers::scale_model_input(schedule, turn, latents).repeat({2, 1, 1, 1});
    const at::Tensor v = (*this)(input, at::full({2 * count}, schedule.timestep(turn), at::kFloat), text);
    const at::Tensor with = v.narrow(0, 0, count), without = v.narrow(0, count, count);
    latents = schedulers::step(schedule, turn, without + guidance_scale * (with - without), latents, state, {});
  }
  return latents;
}

schedulers::Schedule schedule_of(const std::string& scheduler, std::int64_t steps) {
  schedulers::Settings settings;
  settings.scheduler = scheduler;
  settings.steps = steps;
  return {schedulers::Config::parse(scheduler_config().dump(), "scheduler_config.json"), settings};
}

}  // namespace train_embedded
