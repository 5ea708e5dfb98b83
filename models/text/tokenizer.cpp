// SPDX-License-Identifier: MIT
#include "models/text/tokenizer.h"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "models/text/tokenizer_files.h"
#include "models/text/tokenizer_pattern.h"
#include "models/text/tokenizer_text.h"

namespace models {
namespace {

/// How CLIP takes a word apart: contractions, letters, each digit alone, and the rest. U+0345, the one mark that is a
/// letter in upper case, is in none of these: Python's regex package takes it for a letter in the last part only.
constexpr std::string_view kParts =
    R"(<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}\x{345}]+)";

/// These two are tokens also where upper case or white space kept them from being found before: CLIP's own names,
/// whatever a tokenizer's begin and end are called.
bool is_clip_special(std::string_view part) {
  return part == "<|startoftext|>" || part == "<|endoftext|>";
}

std::int64_t id_or(const Bpe::Vocabulary& vocabulary, const std::string& token, std::int64_t otherwise) {
  const auto found = vocabulary.find(token);
  return found == vocabulary.end() ? otherwise : found->second;
}

/// Of a token of several vectors.
std::string part_name(const std::string& name, std::int64_t part) {
  return name + '_' + std::to_string(part);
}

std::string replace_all(std::string_view text, std::string_view what, std::string_view with) {
  std::string replaced;
  while (true) {
    const std::size_t place = text.find(what);
    replaced += text.substr(0, place);
    if (place == std::string_view::npos) return replaced;
    replaced += with;
    text.remove_prefix(place + what.size());
  }
}

}  // namespace

struct Tokenizer::Data {
  Data(TokenizerFiles files, const AddedTokens& added)
      : vocabulary(std::move(files.vocabulary)),
        bos(*added.id(files.bos)),
        eos(*added.id(files.eos)),
        pad(*added.id(files.pad)),
        unknown(*added.id(files.unk)),
        max_length(files.max_length),
        bpe(vocabulary, files.merges, unknown) {}

  Bpe::Vocabulary vocabulary;
  std::int64_t bos, eos, pad, unknown, max_length;
  Bpe bpe;
  Pattern parts{kParts, Pattern::Case::kIgnored};
};

Tokenizer Tokenizer::load(const std::filesystem::path& folder, const std::optional<std::string>& pad_token,
                          std::int64_t max_length) {
  TokenizerFiles files = read_tokenizer_files(folder, pad_token, max_length);
  Tokenizer tokenizer;
  const auto add = [&](const std::string& token, std::int64_t id) {
    tokenizer.added_.add(token, id);
    tokenizer.size_ = std::max(tokenizer.size_, id + 1);
  };
  for (const auto& [token, id] : files.vocabulary) tokenizer.size_ = std::max(tokenizer.size_, id + 1);
  for (const auto& [token, id] : files.added)
    if (!tokenizer.added_.id(token)) add(token, id.value_or(id_or(files.vocabulary, token, tokenizer.size_)));
  tokenizer.learned_from_ = tokenizer.size_;
  tokenizer.data_ = std::make_shared<const Data>(std::move(files), tokenizer.added_);
  return tokenizer;
}

std::int64_t Tokenizer::max_length() const {
  return data_->max_length;
}

std::int64_t Tokenizer::begin_id() const {
  return data_->bos;
}

std::int64_t Tokenizer::end_id() const {
  return data_->eos;
}

std::int64_t Tokenizer::pad_id() const {
  return data_->pad;
}

Tokenizer Tokenizer::reading_padding() const {
  Tokenizer reading = *this;
  const std::int64_t pad = data_->pad;
  if (pad != data_->bos && pad != data_->eos && pad != data_->unknown) reading.added_ = added_.without(pad);
  return reading;
}

std::int64_t Tokenizer::vectors(std::int64_t id) const {
  const std::string* name = is_learned(id) ? added_.name(id) : nullptr;
  std::int64_t count = 1;
  while (name != nullptr && added_.id(part_name(*name, count))) ++count;
  return count;
}

bool Tokenizer::ends_word(std::int64_t id) const {
  return data_->bpe.text(id).ends_with(' ');
}

void Tokenizer::encode_words(std::string_view text, std::vector<std::int64_t>& ids) const {
  for (const std::string& word : clean_words(text)) {
    for (const std::string_view part : data_->parts.find_all(word)) {
      if (!is_clip_special(part)) {
        data_->bpe.encode(part, ids);
        continue;
      }
      const std::string name(part);
      ids.push_back(added_.id(name).value_or(id_or(data_->vocabulary, name, data_->unknown)));
    }
  }
}

std::vector<std::int64_t> Tokenizer::encode(std::string_view text) const {
  require_utf8(text);
  std::vector<std::int64_t> ids = {data_->bos};
  for (const AddedTokens::Piece& piece : added_.split(text)) {
    if (piece.id) ids.push_back(*piece.id);
    else encode_words(piece.text, ids);
  }
  ids.push_back(data_->eos);
  return ids;
}

Tokenizer::Padded Tokenizer::pad(std::vector<std::int64_t> ids) const {
  const auto length = static_cast<std::size_t>(data_->max_length);
  Padded padded{std::move(ids)};
  if (padded.ids.size() > length) {
    const std::span<const std::int64_t> lost = std::span(padded.ids).subspan(length - 1);
    padded.truncation = {static_cast<std::int64_t>(padded.ids.size()) - 2, data_->max_length - 2,
                         decode(lost.first(lost.size() - 1))};
    padded.ids.resize(length);
    padded.ids.back() = data_->eos;
  }
  padded.ids.resize(length, data_->pad);
  return padded;
}

std::string Tokenizer::decode(std::span<const std::int64_t> ids) const {
  std::string text;
  for (const std::int64_t id : ids) {
    const std::string* name = added_.name(id);
    text += name != nullptr ? *name + ' ' : data_->bpe.text(id);
  }
  while (text.ends_with(' ')) text.pop_back();
  return replace_invalid_utf8(text);
}

Tokenizer Tokenizer::with_token(const std::string& name, std::int64_t vectors) const {
  if (name.empty() || vectors < 1) throw std::invalid_argument("a token needs a name and at least one vector");
  Tokenizer more = *this;
  const auto add = [&](const std::string& token) { more.added_.add(token, more.size_++); };
  const auto require_new = [&](const std::string& token) {
    if (added_.id(token) || data_->vocabulary.contains(token))
      throw std::invalid_argument("the tokenizer has a token '" + token + "' already; choose another name, such as '<" +
                                  name + ">'");
  };
  require_new(name);
  require_new(part_name(name, 1));  // also for one vector: expand would take the two for one token
  add(name);
  for (std::int64_t i = 1; i < vectors; ++i) {
    require_new(part_name(name, i));
    add(part_name(name, i));
  }
  return more;
}

std::string Tokenizer::expand(std::string_view prompt) const {
  require_utf8(prompt);
  std::string expanded(prompt);
  std::set<std::string_view> done;
  for (const AddedTokens::Piece& piece : added_.split(prompt)) {
    if (!piece.id || !done.insert(piece.text).second) continue;
    const std::string name(piece.text);
    std::string all = name;
    for (std::int64_t i = 1; added_.id(part_name(name, i)); ++i) all += ' ' + part_name(name, i);
    if (all != name) expanded = replace_all(expanded, name, all);
  }
  return expanded;
}

std::string Truncation::message() const {
  constexpr std::size_t kShown = 200;
  std::size_t end = std::min(cut.size(), kShown);
  while (end < cut.size() && end > 0 && (static_cast<unsigned char>(cut[end]) & 0xC0) == 0x80) --end;
  return std::to_string(tokens) + " tokens, of which CLIP reads the first " + std::to_string(kept) + "; cut off: '" +
         cut.substr(0, end) + (end < cut.size() ? "…'" : "'");
}

}  // namespace models
