// SPDX-License-Identifier: MIT
#include "models/text/prompt_turns.h"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "models/text/tokenizer_text.h"
#include "models/text/webui_editing.h"

namespace models {
namespace {

constexpr std::int64_t kAlways = std::int64_t{1} << 62;

bool is_edited(const Prompt& prompt) {
  return prompt.rules.syntax == PromptSyntax::kWebui && prompt.rules.emphasis != Emphasis::kNone;
}

/// A text of the prompt, by the name of its property.
struct NamedText {
  const char* which;
  std::string text;
};

/// Throws std::invalid_argument for one that is not UTF-8.
std::vector<NamedText> texts_of(const Prompt& prompt) {
  std::vector<NamedText> texts{{"prompt", prompt.prompt},
                               {"prompt_2", prompt.prompt_2.value_or("")},
                               {"negative_prompt", prompt.negative_prompt.value_or("")},
                               {"negative_prompt_2", prompt.negative_prompt_2.value_or("")}};
  for (const NamedText& one : texts) {
    try {
      require_utf8(one.text);
      is_prompt_editing(one.text);  // brackets nested too deep
    } catch (const std::invalid_argument& e) {
      throw std::invalid_argument(std::string(one.which) + ": " + e.what());
    }
  }
  return texts;
}

std::string text_at(const std::string& text, std::int64_t turn, std::int64_t turns) {
  for (const EditedPrompt& one : edited_prompts(text, turns))
    if (turn <= one.last_step) return one.text;
  return text;
}

/// The texts that AND joins. A weight at the end counts where there is an AND.
std::vector<WeightedText> joined_prompts(const Prompt& prompt) {
  std::vector<WeightedText> joined = composed_prompts(prompt.prompt);
  if (joined.size() == 1) return {{prompt.prompt, 1}};
  if (prompt.prompt_2 && !prompt.prompt_2->empty())
    throw std::invalid_argument("prompt_2: does not go with a prompt that joins several by AND; leave it empty");
  for (const WeightedText& one : joined) {
    try {
      check_weight(one.weight, one.text);
    } catch (const std::invalid_argument& e) {
      throw std::invalid_argument(std::string("prompt: ") + e.what());
    }
  }
  return joined;
}

}  // namespace

bool changes_by_turn(const Prompt& prompt) {
  return is_edited(prompt) &&
         std::ranges::any_of(texts_of(prompt), [](const NamedText& one) { return is_prompt_editing(one.text); });
}

std::vector<PromptTurn> prompt_turns(const Prompt& prompt, std::optional<std::int64_t> turns) {
  if (!is_edited(prompt)) return {{kAlways, {prompt}, {1}}};
  for (const NamedText& one : texts_of(prompt))
    if (!turns && is_prompt_editing(one.text))
      throw std::invalid_argument(std::string(one.which) +
                                  ": changes by turns ([from:to:when] or [a|b]), whose number is not known here: link "
                                  "the schedule to text-encode's input of that name, or write \\[ for the character");
  const std::vector<WeightedText> joined = joined_prompts(prompt);
  if (!changes_by_turn(prompt) && joined.size() == 1) return {{kAlways, {prompt}, {1}}};
  const std::int64_t count = turns.value_or(1);
  std::set<std::int64_t> ends;
  for (const NamedText& text : texts_of(prompt))
    for (const EditedPrompt& one : edited_prompts(text.text, count)) ends.insert(one.last_step);
  std::vector<PromptTurn> all;
  for (const std::int64_t end : ends) {
    PromptTurn& turn = all.emplace_back(PromptTurn{turns ? end : kAlways, {}, {}});
    const auto at = [&](std::optional<std::string>& text) {
      if (text) text = text_at(*text, end, count);
    };
    for (const WeightedText& one : joined) {
      Prompt& own = turn.prompts.emplace_back(prompt);
      own.prompt = text_at(one.text, end, count);
      at(own.prompt_2);
      at(own.negative_prompt);
      at(own.negative_prompt_2);
      turn.weights.push_back(one.weight);
    }
  }
  return all;
}

}  // namespace models
