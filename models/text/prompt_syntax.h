// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "models/text/tokenizer.h"

/// Prompts in which words are weighted: what the programs that people write them for have in common. Each convention
/// has a file of its own: webui_prompt.h, comfyui_prompt.h, compel_prompt.h.
namespace models {

enum class PromptSyntax {
  kPlain,    ///< every character is text, and what the text encoder cannot read at once is cut off: diffusers
  kWebui,    ///< AUTOMATIC1111's stable-diffusion-webui
  kComfyui,  ///< ComfyUI
  kCompel,   ///< compel, as InvokeAI and diffusers' documentation use it
};

/// The names of the four, as graphs write them.
const std::vector<std::string>& prompt_syntax_names();
/// Throws std::invalid_argument with the list.
PromptSyntax prompt_syntax_named(const std::string& name);

/// A part of a prompt whose words count alike.
struct WeightedText {
  std::string text;
  double weight = 1;

  bool operator==(const WeightedText&) const = default;
};

/// What a text encoder reads at once.
struct PromptChunk {
  std::vector<std::int64_t> ids;  ///< begin, at most max_length − 2 tokens, end, padding: exactly max_length
  std::vector<double> weights;    ///< one for each id; 1 for begin, end and padding

  bool is_weighted() const;
};

/// begin, the tokens, end, padding. At most max_length − 2 tokens, each with its weight.
PromptChunk filled_chunk(const Tokenizer& tokenizer, std::span<const std::int64_t> ids,
                         std::span<const double> weights);

/// The ids of a text alone, without begin and end; a token of several vectors is written out.
std::vector<std::int64_t> ids_of_words(const Tokenizer& tokenizer, std::string_view text);

/// Things worth knowing about a text, each a line for people.
using PromptNotices = std::vector<std::string>;

/// Brackets in brackets: more are refused, so that no text takes a time or a stack beyond its length.
inline constexpr std::size_t kMostNestedBrackets = 200;
/// Throws std::invalid_argument where `depth` is above that.
void check_nesting(std::size_t depth);
/// Throws std::invalid_argument for a weight that is infinite or not a number; `text` is what it is the weight of.
void check_weight(double weight, std::string_view text);

/// Python's str.isspace(), from the front and from the back.
std::string_view without_leading_space(std::string_view text);
std::string_view without_trailing_space(std::string_view text);
std::string_view without_space(std::string_view text);

/// A number as Python's float() reads it, white space around it and underscores between digits included, but for "inf",
/// "nan" and their like: whether it is one. `is_word_number` tells of those.
bool is_number(std::string_view text, double& number);
bool is_word_number(std::string_view text);

/// "'…'", the first 60 bytes of a long text.
std::string in_short(std::string_view text);

/// What in a text is another convention's syntax, and is read as text under this one: one line for each kind.
PromptNotices foreign_syntax(PromptSyntax syntax, std::string_view text);

}  // namespace models
