// SPDX-License-Identifier: MIT
#include "models/text/webui_prompt.h"

#include <algorithm>
#include <utility>

#include "models/text/tokenizer_pattern.h"

namespace models {
namespace {

constexpr double kRound = 1.1, kSquare = 1 / 1.1;
constexpr std::string_view kBrackets = "()[]";

/// The number in `: 1.3 )` at the text's start, and how long it all is; false: it is not one.
bool closing_weight(std::string_view text, double& weight, std::size_t& size) {
  if (!text.starts_with(':')) return false;
  const std::string_view behind = without_leading_space(text.substr(1));
  const std::size_t end = std::min(behind.find_first_not_of("+-.0123456789"), behind.size());
  const std::string_view rest = without_leading_space(behind.substr(end));
  if (!rest.starts_with(')') || !is_number(behind.substr(0, end), weight)) return false;
  size = text.size() - rest.size() + 1;
  return true;
}

class WebuiParser {
 public:
  WebuiParser(std::string_view text, const WebuiRules& rules, PromptNotices& notices)
      : text_(text), rules_(rules), notices_(notices) {}

  std::vector<WebuiPiece> parse() {
    while (!text_.empty()) next();
    if (round_.size() + square_.size() > 0)
      notices_.push_back(
          "a bracket is opened and not closed, so that it counts to the end; write \\( for the character");
    for (const std::size_t from : round_) multiply(from, kRound);
    for (const std::size_t from : square_) multiply(from, kSquare);
    if (pieces_.empty()) pieces_.push_back({});
    join();
    for (const WebuiPiece& piece : pieces_) check_weight(piece.weight, piece.text);
    return std::move(pieces_);
  }

 private:
  std::string_view take(std::size_t size) {
    const std::string_view taken = text_.substr(0, size);
    text_.remove_prefix(size);
    return taken;
  }

  void next() {
    const char c = text_.front();
    double weight = 0;
    std::size_t size = 0;
    if (c == '\\') {
      take(1);
      const bool escapes =
          !text_.empty() && (kBrackets.find(text_.front()) != std::string_view::npos || text_[0] == '\\');
      pieces_.push_back({std::string(take(escapes ? 1 : 0))});
    } else if (c == '(' || c == '[') {
      take(1);
      (c == '(' ? round_ : square_).push_back(pieces_.size());
      check_nesting(round_.size() + square_.size());
    } else if (!round_.empty() && closing_weight(text_, weight, size)) {
      take(size);
      close(round_, weight);
    } else if (c == ')' && !round_.empty()) {
      take(1);
      close(round_, kRound);
    } else if (c == ']' && !square_.empty()) {
      take(1);
      close(square_, kSquare);
    } else {
      add(take(plain_size()));
    }
  }

  /// Up to where a bracket, a backslash or a colon may mean something.
  std::size_t plain_size() {
    if (text_.front() == ')' || text_.front() == ']')
      if (!std::exchange(is_stray_noted_, true))
        notices_.push_back("a bracket is closed that was not opened, and is read as text; write \\) for the character");
    return std::max<std::size_t>(std::min(text_.find_first_of("\\()[]:"), text_.size()), 1);
  }

  /// Text, in which BREAK may be.
  void add(std::string_view text) {
    static const Pattern mark(R"(\bBREAK\b)");
    for (const std::string_view found : mark.find_all(text)) {
      const auto place = static_cast<std::size_t>(found.data() - text.data());
      pieces_.push_back({std::string(without_trailing_space(text.substr(0, place)))});
      pieces_.push_back({"BREAK", -1, true});
      if (round_.size() + square_.size() > 0)
        notices_.push_back(rules_.is_original ? "BREAK in brackets is read as a word, as webui does"
                                              : "BREAK in brackets begins a chunk, where webui reads it as a word");
      text = without_leading_space(text.substr(place + found.size()));
    }
    pieces_.push_back({std::string(text)});
  }

  void close(std::vector<std::size_t>& openers, double weight) {
    multiply(openers.back(), weight);
    openers.pop_back();
  }

  void multiply(std::size_t from, double weight) {
    for (std::size_t i = from; i < pieces_.size(); ++i) pieces_[i].weight *= weight;
  }

  /// Neighbours of one weight become one. In webui a mark is what has the text BREAK and the weight −1 at the end.
  void join() {
    std::vector<WebuiPiece> joined;
    for (WebuiPiece& piece : pieces_) {
      if (rules_.is_original) piece.is_break = false;
      else if (piece.is_break) piece.weight = -1;
      const bool alike =
          !joined.empty() && joined.back().weight == piece.weight && !piece.is_break && !joined.back().is_break;
      if (alike) joined.back().text += piece.text;
      else joined.push_back(std::move(piece));
    }
    for (WebuiPiece& piece : joined)
      if (rules_.is_original && piece.text == "BREAK" && piece.weight == -1) piece.is_break = true;
    pieces_ = std::move(joined);
  }

  std::string_view text_;
  const WebuiRules& rules_;
  PromptNotices& notices_;
  std::vector<WebuiPiece> pieces_{};
  std::vector<std::size_t> round_{}, square_{};  ///< pieces at which a bracket was opened
  bool is_stray_noted_ = false;
};

class WebuiChunker {
 public:
  WebuiChunker(const Tokenizer& tokenizer, const WebuiRules& rules)
      : tokenizer_(tokenizer),
        most_(static_cast<std::size_t>(tokenizer.max_length()) - 2),
        comma_(ids_of_words(tokenizer, ",").front()),
        backtrack_(static_cast<std::size_t>(rules.comma_padding_backtrack)) {}

  WebuiChunks chunks(std::span<const WebuiPiece> pieces) {
    for (const WebuiPiece& piece : pieces) {
      if (piece.is_break) {
        finish(most_);
        continue;
      }
      const std::vector<std::int64_t> ids = ids_of_words(tokenizer_, piece.text);
      for (std::size_t i = 0; i < ids.size();) {
        auto vectors = static_cast<std::size_t>(tokenizer_.vectors(ids[i]));
        if (vectors > most_) vectors = 1;  // no chunk holds them all
        make_room(ids[i], vectors);
        for (std::size_t k = 0; k < vectors && i < ids.size(); ++k, ++i) push(ids[i], piece.weight);
      }
    }
    if (!ids_.empty() || result_.chunks.empty()) finish(ids_.size());
    return std::move(result_);
  }

 private:
  void push(std::int64_t id, double weight) {
    ids_.push_back(id);
    weights_.push_back(weight);
  }

  /// Closes the chunk where the next token, of so many vectors, does not fit.
  void make_room(std::int64_t id, std::size_t vectors) {
    if (id == comma_) {
      behind_comma_ = ids_.size() + 1;
    } else if (backtrack_ > 0 && ids_.size() == most_ && behind_comma_ > 0 &&
               ids_.size() - (behind_comma_ - 1) <= backtrack_) {
      const auto from = static_cast<std::ptrdiff_t>(behind_comma_);
      const std::vector<std::int64_t> ids(ids_.begin() + from, ids_.end());
      const std::vector<double> weights(weights_.begin() + from, weights_.end());
      ids_.resize(behind_comma_);
      weights_.resize(behind_comma_);
      finish(most_);
      ids_ = ids;
      weights_ = weights;
    }
    if (!ids_.empty() && ids_.size() + vectors > most_) finish(most_);
  }

  void finish(std::size_t counted) {
    result_.count += static_cast<std::int64_t>(counted);
    PromptChunk chunk = filled_chunk(tokenizer_, ids_, weights_);
    if (tokenizer_.pad_id() != tokenizer_.end_id()) {
      const auto end = std::ranges::find(chunk.ids, tokenizer_.end_id());
      std::fill(end + 1, chunk.ids.end(), tokenizer_.pad_id());
    }
    result_.chunks.push_back(std::move(chunk));
    ids_.clear();
    weights_.clear();
    behind_comma_ = 0;
  }

  const Tokenizer& tokenizer_;
  const std::size_t most_;
  const std::int64_t comma_;
  const std::size_t backtrack_;
  std::vector<std::int64_t> ids_{};
  std::vector<double> weights_{};
  std::size_t behind_comma_ = 0;  ///< place after the chunk's last comma; 0: it has none
  WebuiChunks result_{};
};

}  // namespace

std::vector<WebuiPiece> parse_webui(std::string_view prompt, const WebuiRules& rules, PromptNotices& notices) {
  return WebuiParser(prompt, rules, notices).parse();
}

WebuiChunks chunk_webui(std::span<const WebuiPiece> pieces, const Tokenizer& tokenizer, const WebuiRules& rules) {
  return WebuiChunker(tokenizer, rules).chunks(pieces);
}

}  // namespace models
