// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/text/tokenizer_added.h"

namespace models {

/// What did not fit into the text encoder.
struct Truncation {
  std::int64_t tokens;  ///< of the whole text, without its begin and end
  std::int64_t kept;    ///< of these, the first
  std::string cut;      ///< the text of the others as the tokenizer reads it, in lower case

  /// One line for people: "152 tokens, of which CLIP reads the first 75; cut off: 'very long prompt, …' and 60 more".
  std::string message() const;
};

/// CLIP's tokenizer: text → ids. Equal to transformers' CLIPTokenizer as diffusers loads it where the package ftfy is
/// not installed, id for id. Immutable and cheap to copy: one object serves all threads.
class Tokenizer {
 public:
  /// From a folder with vocab.json, merges.txt, tokenizer_config.json (and special_tokens_map.json, added_tokens.json),
  /// or with tokenizer.json; `max_length` counts where that is alone and does not say how long a prompt is.
  /// `pad_token` overrides the files' own, for checkpoints that come without: "<|endoftext|>" for the first text
  /// encoder of SDXL, "!" for the second. Throws tensors::FileError.
  static Tokenizer load(const std::filesystem::path& folder, const std::optional<std::string>& pad_token = {},
                        std::int64_t max_length = 77);

  /// begin, tokens, end: of any length. Takes time in proportion to the text. Throws std::invalid_argument for text
  /// that is not UTF-8: "is not UTF-8: byte 5 of 9 is 0xff, after 'cat '".
  std::vector<std::int64_t> encode(std::string_view text) const;

  struct Padded {
    std::vector<std::int64_t> ids;  ///< exactly max_length()
    std::optional<Truncation> truncation{};
  };
  /// Fills up with the padding token, or keeps what fits and ends it with the end token.
  Padded pad(std::vector<std::int64_t> ids) const;

  /// The text that ids stand for. Not encode's inverse: case and spacing are gone.
  std::string decode(std::span<const std::int64_t> ids) const;

  /// With one more token of `vectors` ids at the end of the vocabulary: `name`, and for more than one vector `name`_1,
  /// `name`_2, … Throws std::invalid_argument when a token of such a name is there, and for an empty name.
  Tokenizer with_token(const std::string& name, std::int64_t vectors = 1) const;
  /// The prompt with each token of several vectors written out, "<cat>" → "<cat> <cat>_1", as encode wants it. Throws
  /// as encode.
  std::string expand(std::string_view prompt) const;

  /// The same, to which the padding token is a word like any other: "!" in a text is then the "!" that was learned, and
  /// not what SDXL's second encoder is filled up with.
  Tokenizer reading_padding() const;
  /// How many ids the token of this one stands for together with those behind it, as expand writes them out: 1 for all
  /// but the first of a token of several vectors.
  std::int64_t vectors(std::int64_t id) const;
  /// Whether it is one of with_token's.
  bool is_learned(std::int64_t id) const { return id >= learned_from_; }
  /// Whether a word ends with it.
  bool ends_word(std::int64_t id) const;

  std::int64_t begin_id() const;
  std::int64_t end_id() const;
  std::int64_t pad_id() const;
  /// Ids are below this, and it is the id of the next added token.
  std::int64_t size() const { return size_; }
  std::int64_t max_length() const;

 private:
  struct Data;
  Tokenizer() = default;
  void encode_words(std::string_view text, std::vector<std::int64_t>& ids) const;

  std::shared_ptr<const Data> data_{};
  AddedTokens added_{};
  std::int64_t size_ = 0, learned_from_ = 0;
};

}  // namespace models
