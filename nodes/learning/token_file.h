// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>

#include "graph/node.h"
#include "nodes/values.h"

/// Learned words as files that other programs read, too.
namespace nodes {

/// A .safetensors: clip_l and clip_g for two text encoders, else emb_params (of a second encoder alone: clip_g); the
/// word and `texts` are its metadata.
std::vector<std::byte> token_bytes(const Token& token, const std::vector<graph::Text>& texts);

/// Where words are kept that need not be learned again. Whoever uses it gets the same with it and without; it may be
/// deleted at any time, and several processes may use it at once.
class TokenCache {
 public:
  /// cache_folder("tokens"); none as there.
  static std::optional<TokenCache> from_environment();
  /// What was kept by that name, as `word`; nothing when there is none, or what is there is damaged.
  std::optional<Token> find(const std::string& name, const std::string& word) const;
  /// Whole or not at all. Throws std::runtime_error that names path and reason.
  void keep(const std::string& name, const Token& token) const;

 private:
  explicit TokenCache(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::filesystem::path folder_;
};

}  // namespace nodes
