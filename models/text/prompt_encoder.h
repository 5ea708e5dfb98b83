// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "models/text/clip.h"
#include "models/text/prompt_reading.h"
#include "models/text/textual_inversion.h"
#include "models/text/tokenizer.h"

namespace models {

/// A text encoder with its tokenizer and the words that it was given by textual inversion. Cheap to copy.
struct TextEncoder {
  Tokenizer tokenizer;
  std::shared_ptr<const ClipTextModel> model;
  at::Tensor added{};  ///< (k, hidden_size): the embeddings of the ids from vocab_size on

  /// With one more token; vectors: (n, hidden_size). Throws std::invalid_argument for another width, and what
  /// Tokenizer::with_token throws.
  TextEncoder with_token(const std::string& name, const at::Tensor& vectors) const;
};

/// What is done where a prompt is longer than its negative prompt, or shorter.
enum class UnequalLengths {
  kAuto,      ///< webui: separate; ComfyUI: repeat; compel: fill; two of plain are equal
  kSeparate,  ///< each keeps its length, and the denoiser reads them in calls of their own
  kFill,      ///< the shorter one is filled up with chunks of the empty text
  kRepeat,    ///< both are repeated to a common multiple, where that is no more than four times the shorter
};

/// What a picture is to show, and what not.
struct Prompt {
  std::string prompt;
  std::optional<std::string> prompt_2{};         ///< for text_encoder_2; absent or empty: `prompt`
  std::optional<std::string> negative_prompt{};  ///< absent: zeros or the empty text, whichever the model was made for
  std::optional<std::string> negative_prompt_2{};  ///< for text_encoder_2; absent or empty: `negative_prompt`
  std::int64_t clip_skip = 0;  ///< layers to leave out at the end, beyond what the model always leaves out; for prompt
                               ///< and prompt_2 alone
  ReadingRules rules{};        ///< for all four
  UnequalLengths unequal = UnequalLengths::kAuto;
  bool guided = true;  ///< whether the negative prompt is used: classifier-free guidance with a scale above 1
};

/// Which text did not fit.
struct PromptTruncation {
  std::string which;  ///< "prompt", "negative_prompt_2"
  Truncation truncation;

  std::string message() const { return which + ": " + truncation.message(); }
};

/// Something worth knowing about one text.
struct PromptNote {
  std::string which;
  std::string text;

  std::string message() const { return which + ": " + text; }
  bool operator==(const PromptNote&) const = default;
};

/// What a UNet reads. A batch of one row each.
struct EncodedPrompt {
  at::Tensor prompt_embeds;             ///< (1, 77·chunks, width): the encoders' side by side; plain: one chunk
  at::Tensor negative_prompt_embeds{};  ///< the same, of as many chunks or of others (UnequalLengths); undefined when
                                        ///< not guided
  at::Tensor pooled_prompt_embeds{};    ///< (1, projection_dim) of text_encoder_2; undefined without one
  at::Tensor negative_pooled_prompt_embeds{};  ///< the same
  std::vector<PromptTruncation> truncations{};
  std::vector<PromptNote> notes{};
};

/// Texts → conditioning, as the pipelines of diffusers do it: SDXL (both encoders), its refiner (text_encoder_2 alone),
/// Stable Diffusion 1.x and 2.x (text_encoder alone); or as programs do it that weight words (ReadingRules). Where the
/// two encoders' texts differ in length, the shorter one is filled up with chunks of the empty text. Immutable, cheap
/// to copy, safe to call from several threads.
class PromptEncoder {
 public:
  struct Parts {
    std::optional<TextEncoder> text_encoder{};
    std::optional<TextEncoder> text_encoder_2{};
    bool force_zeros_for_empty_prompt = false;  ///< of model_index.json; true for SDXL's base
  };
  /// Throws std::invalid_argument when there is no encoder, a tokenizer is not its encoder's, or text_encoder_2 has no
  /// projection.
  explicit PromptEncoder(Parts parts);

  /// Throws std::invalid_argument that names the property: a text that is not UTF-8 or that read_prompt refuses, a
  /// clip_skip that leaves no layer, a text that no encoder would read. Plain texts that are too long are cut and noted
  /// in `truncations`.
  EncodedPrompt encode(const Prompt& prompt) const;
  /// Several in one call of each encoder. Throws likewise.
  std::vector<EncodedPrompt> encode(std::span<const Prompt> prompts) const;

  /// Without the encoders' work: what encode() would note, and throw.
  std::vector<PromptTruncation> check(const Prompt& prompt) const;

  /// With more words. Throws std::invalid_argument when an inversion has no vectors for an encoder, has those of
  /// another model's, or its token is there already.
  PromptEncoder with(const std::vector<TextualInversion>& inversions) const;

  const Parts& parts() const { return parts_; }

 private:
  struct Job;
  std::vector<Job> plan(const Prompt& prompt, EncodedPrompt& noted) const;
  static void fill_up(std::vector<Job>& jobs, UnequalLengths rule);
  void join(const Prompt& prompt, const std::vector<at::Tensor>& positive, const std::vector<at::Tensor>& negative,
            EncodedPrompt& encoded) const;
  bool is_zeros(const Prompt& prompt) const;
  void require_readers(const Prompt& prompt) const;

  Parts parts_;
};

}  // namespace models
