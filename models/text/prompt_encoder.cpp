// SPDX-License-Identifier: MIT
#include "models/text/prompt_encoder.h"

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
  bool reads_negative() const { return ids.size(0) == 2; }

  /// Those of one encoder for several prompts, in one call of it.
  static std::vector<Result> run(std::span<const Job> jobs, bool with_norm) {
    const Job& first = jobs.front();
    const ClipTextModel& model = *first.encoder->model;
    std::vector<at::Tensor> ids;
    std::vector<std::int64_t> layers;
    const auto place = [&](std::int64_t layer) {
      const auto found = std::ranges::find(layers, layer);
      if (found != layers.end()) return found - layers.begin();
      layers.push_back(layer);
      return static_cast<std::ptrdiff_t>(layers.size()) - 1;
    };
    for (const Job& job : jobs) {
      ids.push_back(job.ids);
      place(job.layer);
      if (job.reads_negative()) place(job.negative_layer);
    }
    const at::Device device = model.parameters().front().second.device();
    const auto output =
        model(at::cat(ids).to(device), {.hidden_states = layers, .pooled = first.pooled}, first.encoder->added);
    const auto row = [](const at::Tensor& rows, std::int64_t i) { return rows.narrow(0, i, 1); };
    const auto hidden = [&](std::int64_t layer, std::int64_t i) {
      const at::Tensor one = row(output.hidden_states[static_cast<std::size_t>(place(layer))], i);
      return with_norm ? model.final_norm(one) : one;
    };
    std::vector<Result> results;
    std::int64_t at = 0;
    for (const Job& job : jobs) {
      Result& result = results.emplace_back();
      if (job.reads_negative()) {
        result.negative = hidden(job.negative_layer, at);
        if (first.pooled) result.negative_pooled = row(output.text_embeds, at);
        ++at;
      }
      result.positive = hidden(job.layer, at);
      if (first.pooled) result.pooled = row(output.text_embeds, at);
      ++at;
    }
    return results;
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
  return std::move(encode(std::span(&prompt, 1)).front());
}

std::vector<EncodedPrompt> PromptEncoder::encode(std::span<const Prompt> prompts) const {
  std::vector<EncodedPrompt> all(prompts.size());
  std::vector<std::vector<Job>> jobs;  // by encoder
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    const std::vector<Job> own = plan(prompts[i], all[i].truncations);
    jobs.resize(own.size());
    for (std::size_t encoder = 0; encoder < own.size(); ++encoder) jobs[encoder].push_back(own[encoder]);
  }
  std::vector<std::vector<at::Tensor>> positive(prompts.size()), negative(prompts.size());
  for (const std::vector<Job>& of_encoder : jobs) {
    const std::vector<Job::Result> results = Job::run(of_encoder, !parts_.text_encoder_2);
    for (std::size_t i = 0; i < results.size(); ++i) {
      positive[i].push_back(results[i].positive);
      if (results[i].negative.defined()) negative[i].push_back(results[i].negative);
      if (!of_encoder[i].pooled) continue;
      all[i].pooled_prompt_embeds = results[i].pooled;
      all[i].negative_pooled_prompt_embeds = results[i].negative_pooled;
    }
  }
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    all[i].prompt_embeds = at::cat(positive[i], -1);
    if (!negative[i].empty()) all[i].negative_prompt_embeds = at::cat(negative[i], -1);
    if (prompts[i].guided && is_zeros(prompts[i])) {
      all[i].negative_prompt_embeds = at::zeros_like(all[i].prompt_embeds);
      all[i].negative_pooled_prompt_embeds = at::zeros_like(all[i].pooled_prompt_embeds);
    }
  }
  return all;
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
