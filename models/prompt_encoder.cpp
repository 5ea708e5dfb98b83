// SPDX-License-Identifier: MIT
#include "models/prompt_encoder.h"

#include <algorithm>
#include <stdexcept>

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

/// (1, max_length) int64.
at::Tensor ids_of(const Tokenizer& tokenizer, const Text& text, std::vector<PromptTruncation>& truncations) {
  Tokenizer::Padded padded;
  try {
    padded = tokenizer.pad(tokenizer.encode(tokenizer.expand(text.text)));
  } catch (const std::invalid_argument& e) {
    fail(text.which + ": " + e.what());
  }
  const auto is_noted = [&](const PromptTruncation& noted) { return noted.which == text.which; };
  if (padded.truncation && std::ranges::none_of(truncations, is_noted))
    truncations.push_back({text.which, *padded.truncation});
  return at::tensor(padded.ids, at::kLong).unsqueeze(0);
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
  bool pooled;     ///< text_encoder_2
  at::Tensor ids;  ///< (1 or 2, max_length): the negative prompt, if it is read, and the prompt
  std::int64_t negative_layer, layer;

  struct Result {
    at::Tensor positive{}, negative{}, pooled{}, negative_pooled{};
  };
  Result run(bool with_norm) const {
    const ClipTextModel& model = *encoder->model;
    const bool reads_negative = ids.size(0) == 2;
    ClipTextModel::Wanted wanted{.hidden_states = {layer}, .pooled = pooled};
    if (reads_negative) wanted.hidden_states.push_back(negative_layer);
    const auto output = model(ids.to(model.parameters().front().second.device()), wanted, encoder->added);
    const auto row = [](const at::Tensor& rows, std::int64_t i) { return rows.narrow(0, i, 1); };
    const auto finished = [&](const at::Tensor& hidden) { return with_norm ? model.final_norm(hidden) : hidden; };
    const std::int64_t last = reads_negative ? 1 : 0;
    Result result{.positive = finished(row(output.hidden_states[0], last))};
    if (pooled) result.pooled = row(output.text_embeds, last);
    if (!reads_negative) return result;
    result.negative = finished(row(output.hidden_states[1], 0));
    if (pooled) result.negative_pooled = row(output.text_embeds, 0);
    return result;
  }
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

std::vector<PromptEncoder::Job> PromptEncoder::plan(const Prompt& prompt,
                                                    std::vector<PromptTruncation>& truncations) const {
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
    at::Tensor ids = ids_of(encoder->tokenizer, positive, truncations);
    const bool reads_negative = prompt.guided && !is_zeros(prompt);
    if (reads_negative) ids = at::cat({ids_of(encoder->tokenizer, negative, truncations), ids});
    jobs.push_back({&*encoder, &encoder == &parts_.text_encoder_2, ids, hidden, hidden - prompt.clip_skip});
  };
  const Text positive{"prompt", prompt.prompt}, negative{"negative_prompt", prompt.negative_prompt.value_or("")};
  add(parts_.text_encoder, "text_encoder", positive, negative);
  add(parts_.text_encoder_2, "text_encoder_2",
      is_given(prompt.prompt_2) ? Text{"prompt_2", *prompt.prompt_2} : positive,
      is_given(prompt.negative_prompt_2) ? Text{"negative_prompt_2", *prompt.negative_prompt_2} : negative);
  return jobs;
}

std::vector<PromptTruncation> PromptEncoder::check(const Prompt& prompt) const {
  std::vector<PromptTruncation> truncations;
  plan(prompt, truncations);
  return truncations;
}

EncodedPrompt PromptEncoder::encode(const Prompt& prompt) const {
  EncodedPrompt encoded;
  std::vector<at::Tensor> positive, negative;
  for (const Job& job : plan(prompt, encoded.truncations)) {
    const Job::Result result = job.run(!parts_.text_encoder_2);
    positive.push_back(result.positive);
    if (result.negative.defined()) negative.push_back(result.negative);
    if (job.pooled) encoded.pooled_prompt_embeds = result.pooled;
    if (job.pooled) encoded.negative_pooled_prompt_embeds = result.negative_pooled;
  }
  encoded.prompt_embeds = at::cat(positive, -1);
  if (!negative.empty()) encoded.negative_prompt_embeds = at::cat(negative, -1);
  if (prompt.guided && is_zeros(prompt)) {
    encoded.negative_prompt_embeds = at::zeros_like(encoded.prompt_embeds);
    encoded.negative_pooled_prompt_embeds = at::zeros_like(encoded.pooled_prompt_embeds);
  }
  return encoded;
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
