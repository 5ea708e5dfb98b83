// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include "models/text/prompt_encoder.h"
#include "models/text/prompt_reading.h"

namespace models {

/// One call of a text encoder for all the chunks of many texts: rows are added, the encoder runs, and what was asked
/// for is put together.
class EncoderCall {
 public:
  /// `with_norm`: hidden states have the final norm. `pooled`: pooled vectors are wanted.
  EncoderCall(const TextEncoder& encoder, bool with_norm, bool pooled)
      : encoder_(encoder), with_norm_(with_norm), pooled_(pooled) {}

  /// A text whose embeddings are wanted.
  struct Text {
    PromptReading reading;
    ReadingRules rules;
    std::int64_t layer;   ///< its hidden state is taken, as ClipTextModel::Wanted counts
    std::size_t chunks;   ///< that it is filled up to with the empty text's
    std::string which{};  ///< for messages
  };
  /// Its number.
  std::size_t add(Text text);

  void run();

  /// (1, 77·chunks, width). Throws std::invalid_argument as models/text/prompt_weighting.h.
  at::Tensor embeddings(std::size_t text) const;
  /// (1, projection_dim)
  at::Tensor pooled(std::size_t text) const;

 private:
  struct Rows;
  struct Place {
    Text text;
    std::vector<std::vector<std::size_t>> parts{};                 ///< rows of each part's chunks
    std::vector<std::vector<std::vector<std::size_t>>> without{};  ///< likewise, of each Without of each part
    std::vector<std::size_t> pooled{};                             ///< rows
  };
  std::size_t add_row(const std::vector<std::int64_t>& ids);
  void add_masked(const PromptReading::Part& part, Place& place);
  at::Tensor hidden(std::size_t row, std::int64_t layer) const;
  at::Tensor weighted(const Place& place, const PromptChunk& chunk, std::size_t row) const;
  at::Tensor part(const Place& place, std::size_t index) const;
  at::Tensor empty(const Place& place, std::size_t chunks) const;
  std::vector<at::Tensor> joined_parts(const Place& place) const;

  const TextEncoder& encoder_;
  const bool with_norm_, pooled_;
  std::vector<std::int64_t> ids_{};                            ///< rows of them
  std::vector<std::pair<std::size_t, std::size_t>> unread_{};  ///< (row, column)
  std::size_t rows_ = 0;
  std::optional<std::size_t> empty_{};  ///< the row of the empty text
  std::vector<std::int64_t> layers_{};
  std::vector<Place> places_{};
  ClipTextModel::Output output_{};
};

}  // namespace models
