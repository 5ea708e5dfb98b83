// SPDX-License-Identifier: MIT
#include "models/text/prompt_encoder.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "models/text/encoder_call.h"

namespace models {
namespace {

// SDXL was trained on the last layer but one of both encoders; Stable Diffusion 1.x on the last, with its norm.
constexpr std::int64_t kSdxlHidden = -2, kPlainHidden = -1;

[[noreturn]] void fail(const std::string& what) {
  throw std::invalid_argument(what);
}

bool is_given(const std::optional<std::string>& text) {
  return text && !text->empty();
}

void check_part(const std::string& name, const TextEncoder& encoder) {
  const ClipTextConfig& config = encoder.model->config();
  const std::int64_t rows = config.vocab_size + (encoder.added.defined() ? encoder.added.size(0) : 0);
  if (encoder.tokenizer.size() > rows)
    fail(name + ": its tokenizer has " + std::to_string(encoder.tokenizer.size()) + " tokens, its vocab_size is " +
         std::to_string(rows) + "; they are of different models");
  if (encoder.tokenizer.max_length() > config.max_position_embeddings)
    fail(name + ": its tokenizer's model_max_length is " + std::to_string(encoder.tokenizer.max_length()) +
         ", more than its max_position_embeddings, " + std::to_string(config.max_position_embeddings));
}

/// A text and the property that it came from.
struct Text {
  std::string which;
  std::string text;
};

/// What there is to note of a text that both encoders read is noted once.
PromptReading reading_of(const TextEncoder& encoder, const Text& text, const ReadingRules& rules,
                         EncodedPrompt& noted) {
  PromptReading reading;
  PromptNotices notices;
  try {
    reading = read_prompt(text.text, encoder.tokenizer, rules, notices);
  } catch (const std::invalid_argument& e) {
    fail(text.which + ": " + e.what());
  }
  const auto is_noted = [&](const PromptTruncation& one) { return one.which == text.which; };
  if (reading.truncation && std::ranges::none_of(noted.truncations, is_noted))
    noted.truncations.push_back({text.which, *reading.truncation});
  for (const std::string& notice : notices) {
    const PromptNote note{text.which, notice};
    if (std::ranges::count(noted.notes, note) == 0) noted.notes.push_back(note);
  }
  return reading;
}

UnequalLengths rule_for(const Prompt& prompt) {
  if (prompt.unequal != UnequalLengths::kAuto) return prompt.unequal;
  if (prompt.rules.syntax == PromptSyntax::kComfyui) return UnequalLengths::kRepeat;
  return prompt.rules.syntax == PromptSyntax::kCompel ? UnequalLengths::kFill : UnequalLengths::kSeparate;
}

/// Both repeated to a common length; where that would be long, they stay as they are.
void repeat_to_common_length(at::Tensor& a, at::Tensor& b) {
  constexpr std::int64_t kMost = 4;
  const std::int64_t common = std::lcm(a.size(1), b.size(1));
  if (common / std::min(a.size(1), b.size(1)) > kMost) return;
  a = a.repeat({1, common / a.size(1), 1});
  b = b.repeat({1, common / b.size(1), 1});
}

}  // namespace
TextEncoder TextEncoder::with_token(const std::string& name, const at::Tensor& vectors) const {
  const ClipTextConfig& config = model->config();
  if (vectors.dim() != 2 || vectors.size(1) != config.hidden_size)
    fail("'" + name + "': has vectors of " + std::to_string(vectors.size(-1)) +
         " numbers, where this text encoder's have " + std::to_string(config.hidden_size) +
         "; it is for another model");
  const std::int64_t known = config.vocab_size + (added.defined() ? added.size(0) : 0);
  if (tokenizer.size() != known)
    fail("'" + name + "': cannot be added to a tokenizer of " + std::to_string(tokenizer.size()) +
         " tokens beside an encoder of " + std::to_string(known));
  const at::Tensor rows = vectors.to(model->parameters().front().second.options());
  return {tokenizer.with_token(name, vectors.size(0)), model, added.defined() ? at::cat({added, rows}) : rows};
}

/// What one encoder has to do.
struct PromptEncoder::Job {
  const TextEncoder* encoder;
  std::optional<EncoderCall::Text> negative;  ///< none: it is not read
  EncoderCall::Text positive;
};

PromptEncoder::PromptEncoder(Parts parts) : parts_(std::move(parts)) {
  if (!parts_.text_encoder && !parts_.text_encoder_2) fail("the model has no text encoder");
  if (parts_.text_encoder) check_part("text_encoder", *parts_.text_encoder);
  if (!parts_.text_encoder_2) return;
  check_part("text_encoder_2", *parts_.text_encoder_2);
  if (parts_.text_encoder_2->model->config().projection_dim == 0)
    fail("text_encoder_2: is a CLIPTextModel; expected a CLIPTextModelWithProjection");
  if (parts_.text_encoder &&
      parts_.text_encoder->tokenizer.max_length() != parts_.text_encoder_2->tokenizer.max_length())
    fail("tokenizer and tokenizer_2 have a model_max_length of " +
         std::to_string(parts_.text_encoder->tokenizer.max_length()) + " and " +
         std::to_string(parts_.text_encoder_2->tokenizer.max_length()) + "; expected one for both");
}

bool PromptEncoder::is_zeros(const Prompt& prompt) const {
  return parts_.text_encoder_2 && parts_.force_zeros_for_empty_prompt && !prompt.negative_prompt;
}

void PromptEncoder::require_readers(const Prompt& prompt) const {
  const bool has_both = parts_.text_encoder && parts_.text_encoder_2;
  const std::string only = parts_.text_encoder ? "text_encoder" : "text_encoder_2";
  const auto require = [&](const std::optional<std::string>& text, const std::string& which,
                           const std::string& instead) {
    if (is_given(text) && !has_both)
      fail(which + ": is for models with two text encoders; this one has " + only + " alone, which reads " + instead);
  };
  require(prompt.prompt_2, "prompt_2", "prompt");
  require(prompt.negative_prompt_2, "negative_prompt_2", "negative_prompt");
  if (prompt.guided && is_given(prompt.negative_prompt_2) && is_zeros(prompt))
    fail(
        "negative_prompt_2: is given without a negative_prompt, and this model then reads neither; "
        "give a negative_prompt, too (it may be \"\")");
}

std::vector<PromptEncoder::Job> PromptEncoder::plan(const Prompt& prompt, EncodedPrompt& noted) const {
  require_readers(prompt);
  const std::int64_t hidden = parts_.text_encoder_2 ? kSdxlHidden : kPlainHidden;
  std::vector<Job> jobs;
  const auto add = [&](const std::optional<TextEncoder>& encoder, const std::string& name, const Text& positive,
                       const Text& negative) {
    if (!encoder) return;
    const std::int64_t most = encoder->model->config().num_hidden_layers + 1 + hidden;
    if (prompt.clip_skip < 0 || prompt.clip_skip > most)
      fail("clip_skip: " + std::to_string(prompt.clip_skip) + " is out of range; " + name + " has " +
           std::to_string(encoder->model->config().num_hidden_layers) + " layers, so it can be 0 to " +
           std::to_string(most));
    const auto read = [&](const Text& text, std::int64_t layer) {
      PromptReading reading = reading_of(*encoder, text, prompt.rules, noted);
      const std::size_t chunks = reading.chunks();
      return EncoderCall::Text{std::move(reading), prompt.rules, layer, chunks, text.which};
    };
    Job& job = jobs.emplace_back(Job{&*encoder, {}, read(positive, hidden - prompt.clip_skip)});
    if (prompt.guided && !is_zeros(prompt)) job.negative = read(negative, hidden);
  };
  const Text positive{"prompt", prompt.prompt}, negative{"negative_prompt", prompt.negative_prompt.value_or("")};
  add(parts_.text_encoder, "text_encoder", positive, negative);
  add(parts_.text_encoder_2, "text_encoder_2",
      is_given(prompt.prompt_2) ? Text{"prompt_2", *prompt.prompt_2} : positive,
      is_given(prompt.negative_prompt_2) ? Text{"negative_prompt_2", *prompt.negative_prompt_2} : negative);
  fill_up(jobs, rule_for(prompt));
  return jobs;
}

/// To the length of the other encoder's text, and where the rule says so of the other half's.
void PromptEncoder::fill_up(std::vector<Job>& jobs, UnequalLengths rule) {
  std::size_t positive = 0, negative = 0;
  for (const Job& job : jobs) {
    positive = std::max(positive, job.positive.chunks);
    if (job.negative) negative = std::max(negative, job.negative->chunks);
  }
  if (rule == UnequalLengths::kFill) positive = negative = std::max(positive, negative);
  for (Job& job : jobs) {
    job.positive.chunks = positive;
    if (job.negative) job.negative->chunks = negative;
  }
}

std::vector<PromptTruncation> PromptEncoder::check(const Prompt& prompt) const {
  EncodedPrompt noted;
  plan(prompt, noted);
  return noted.truncations;
}

EncodedPrompt PromptEncoder::encode(const Prompt& prompt) const {
  return std::move(encode(std::span(&prompt, 1)).front());
}

std::vector<EncodedPrompt> PromptEncoder::encode(std::span<const Prompt> prompts) const {
  std::vector<EncodedPrompt> all(prompts.size());
  std::vector<std::vector<Job>> jobs;  // by encoder
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    const std::vector<Job> own = plan(prompts[i], all[i]);
    jobs.resize(own.size());
    for (std::size_t encoder = 0; encoder < own.size(); ++encoder) jobs[encoder].push_back(own[encoder]);
  }
  std::vector<std::vector<at::Tensor>> positive(prompts.size()), negative(prompts.size());
  for (const std::vector<Job>& of_encoder : jobs) {
    const TextEncoder& encoder = *of_encoder.front().encoder;
    const bool pooled = parts_.text_encoder_2 && &encoder == &*parts_.text_encoder_2;
    EncoderCall call(encoder, !parts_.text_encoder_2, pooled);
    std::vector<std::pair<std::optional<std::size_t>, std::size_t>> places;  // of negative and positive
    for (const Job& job : of_encoder) {
      std::optional<std::size_t> of_negative;
      if (job.negative) of_negative = call.add(*job.negative);
      places.emplace_back(of_negative, call.add(job.positive));
    }
    call.run();
    for (std::size_t i = 0; i < places.size(); ++i) {
      const auto& [of_negative, of_positive] = places[i];
      positive[i].push_back(call.embeddings(of_positive));
      if (pooled) all[i].pooled_prompt_embeds = call.pooled(of_positive);
      if (!of_negative) continue;
      negative[i].push_back(call.embeddings(*of_negative));
      if (pooled) all[i].negative_pooled_prompt_embeds = call.pooled(*of_negative);
    }
  }
  for (std::size_t i = 0; i < prompts.size(); ++i) join(prompts[i], positive[i], negative[i], all[i]);
  return all;
}

/// The encoders' embeddings side by side.
void PromptEncoder::join(const Prompt& prompt, const std::vector<at::Tensor>& positive,
                         const std::vector<at::Tensor>& negative, EncodedPrompt& encoded) const {
  encoded.prompt_embeds = at::cat(positive, -1);
  if (!negative.empty()) encoded.negative_prompt_embeds = at::cat(negative, -1);
  if (prompt.guided && is_zeros(prompt)) {
    encoded.negative_prompt_embeds = at::zeros_like(encoded.prompt_embeds);
    encoded.negative_pooled_prompt_embeds = at::zeros_like(encoded.pooled_prompt_embeds);
  } else if (!negative.empty() && rule_for(prompt) == UnequalLengths::kRepeat) {
    repeat_to_common_length(encoded.prompt_embeds, encoded.negative_prompt_embeds);
  }
}

PromptEncoder PromptEncoder::with(const std::vector<TextualInversion>& inversions) const {
  Parts parts = parts_;
  const auto add = [](std::optional<TextEncoder>& encoder, const TextualInversion& inversion, const at::Tensor& vectors,
                      const char* key, const char* name) {
    if (!encoder) return;
    if (!vectors.defined())
      fail(inversion.source + ": has no '" + key + "' for this model's " + name + "; it is for another model");
    try {
      encoder = encoder->with_token(inversion.token, vectors);
    } catch (const std::invalid_argument& e) {
      fail(inversion.source + ": " + name + ": " + e.what());
    }
  };
  for (const TextualInversion& inversion : inversions) {
    add(parts.text_encoder, inversion, inversion.clip_l, "clip_l", "text_encoder");
    add(parts.text_encoder_2, inversion, inversion.clip_g, "clip_g", "text_encoder_2");
  }
  return PromptEncoder(std::move(parts));
}

}  // namespace models
