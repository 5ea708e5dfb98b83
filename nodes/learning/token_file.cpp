// SPDX-License-Identifier: MIT
#include "nodes/learning/token_file.h"

#include "base/output_file.h"
#include "base/reading.h"
#include "models/text/textual_inversion.h"
#include "nodes/cache_folder.h"
#include "tensors/safetensors.h"

namespace nodes {
namespace {

/// Of how words are learned: to be changed with the numbers that come out.
constexpr const char* kTokensVersion = "1";

}  // namespace

std::vector<std::byte> token_bytes(const Token& token, const std::vector<graph::Text>& texts) {
  std::vector<std::pair<std::string, at::Tensor>> arrays;
  if (token.vectors.defined())
    arrays.emplace_back(token.vectors_2.defined() ? "clip_l" : "emb_params", token.vectors.cpu().contiguous());
  if (token.vectors_2.defined()) arrays.emplace_back("clip_g", token.vectors_2.cpu().contiguous());
  std::map<std::string, std::string> metadata{{"token", token.word}};
  for (const graph::Text& text : texts) metadata.emplace(text.keyword, text.text);
  return tensors::safetensors_bytes(arrays, metadata);
}

std::optional<TokenCache> TokenCache::from_environment() {
  const auto folder = cache_folder("tokens");
  return folder ? std::optional(TokenCache(*folder / kTokensVersion)) : std::nullopt;
}

std::optional<Token> TokenCache::find(const std::string& name, const std::string& word) const {
  std::error_code error;
  if (!std::filesystem::exists(folder_ / name, error)) return std::nullopt;
  try {
    const models::TextualInversion read = models::read_textual_inversion(folder_ / name, {word}).at(0);
    return Token{word, read.clip_l, read.clip_g};
  } catch (const base::FileError&) {
    return std::nullopt;  // it will be learned again, and replaced
  }
}

void TokenCache::keep(const std::string& name, const Token& token) const {
  base::write_output_file(folder_.string(), name, token_bytes(token, {}));
}

}  // namespace nodes
