// SPDX-License-Identifier: MIT
#include "models/text/prompt_notices.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string_view>

namespace models {
namespace {

bool begins_in_any_case(std::string_view text, std::string_view small) {
  return text.size() >= small.size() && std::ranges::equal(text.substr(0, small.size()), small, [](char a, char b) {
           return std::tolower(static_cast<unsigned char>(a)) == b;
         });
}

/// What is found at the beginning of a text.
struct Found {
  std::string_view text;
  std::string cure;
};

/// "<lora:style:0.8>".
std::optional<Found> network_at(std::string_view text) {
  const std::size_t end = text.find('>');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view tag = text.substr(0, end + 1);
  if (begins_in_any_case(tag, "<hypernet:")) return Found{tag, "hypernetworks are not supported"};
  for (const std::string_view begin : {"<lora:", "<lyco:"}) {
    if (!begins_in_any_case(tag, begin)) continue;
    const std::string_view inner = tag.substr(begin.size(), tag.size() - begin.size() - 1);
    const std::size_t colon = inner.find(':');
    const std::string_view scale = colon == std::string_view::npos ? "" : inner.substr(colon + 1);
    return Found{tag, "give the file as lora: " + std::string(inner.substr(0, colon)) + ".safetensors" +
                          (scale.empty() ? "" : "=" + std::string(scale.substr(0, scale.find(':')))) +
                          ", to text-encode and to the denoiser"};
  }
  return std::nullopt;
}

/// "embedding:style", as ComfyUI has it.
std::optional<Found> embedding_at(std::string_view text, const std::vector<std::string>& words) {
  constexpr std::string_view kBegin = "embedding:";
  if (!begins_in_any_case(text, kBegin)) return std::nullopt;
  const std::string_view name = text.substr(0, text.find_first_of(" \t\r\n,;()[]", kBegin.size()));
  if (name.size() == kBegin.size()) return std::nullopt;
  if (std::ranges::any_of(words, [&](const std::string& word) { return text.starts_with(word); })) return std::nullopt;
  const std::string file(name.substr(kBegin.size(), name.find(':', kBegin.size()) - kBegin.size()));
  return Found{name, "give the file as embedding: " + file +
                         ".safetensors, and the word that stands for it in prompts as embedding_tokens"};
}

void look_through(const std::string& which, std::string_view text, const std::vector<std::string>& words,
                  std::vector<std::string>& notices) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool inside = at > 0 && std::isalnum(static_cast<unsigned char>(text[at - 1])) != 0;
    std::optional<Found> found = text[at] == '<' ? network_at(text.substr(at)) : std::nullopt;
    if (!found && !inside) found = embedding_at(text.substr(at), words);
    if (!found) continue;
    notices.push_back(which + ": '" + std::string(found->text) + "' is read as text: " + found->cure);
    at += found->text.size() - 1;
  }
}

}  // namespace

std::vector<std::string> prompt_notices(const Prompt& prompt, const std::vector<std::string>& words) {
  std::vector<std::string> notices;
  look_through("prompt", prompt.prompt, words, notices);
  look_through("prompt_2", prompt.prompt_2.value_or(""), words, notices);
  look_through("negative_prompt", prompt.negative_prompt.value_or(""), words, notices);
  look_through("negative_prompt_2", prompt.negative_prompt_2.value_or(""), words, notices);
  return notices;
}

}  // namespace models
