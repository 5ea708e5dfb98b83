// SPDX-License-Identifier: MIT
#include "models/text/compel_prompt.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <stdexcept>

namespace models {
namespace {

constexpr double kPlus = 1.1, kMinus = 0.9;
constexpr std::string_view kWhite = " \t\n\r\v\f", kSymbols = "()\",.+-=", kDigits = "0123456789";

using Fragments = std::vector<WeightedText>;

bool is_one_of(char c, std::string_view all) {
  return all.find(c) != std::string_view::npos;
}

/// "a,b" → "a, b".
std::string with_spaces_after_commas(std::string_view prompt) {
  std::string spaced;
  for (std::size_t i = 0; i < prompt.size(); ++i) {
    spaced += prompt[i];
    const bool is_tight = prompt[i] == ',' && i + 1 < prompt.size() && !is_one_of(prompt[i + 1], kWhite);
    if (is_tight) spaced += ' ';
  }
  return spaced;
}

std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && is_one_of(text[i + 1], "()\"")) continue;
    plain += text[i];
  }
  return plain;
}

/// A recursive descent over one text. Functions that find what they look for return it and go behind it; else they
/// return nothing and stay.
class CompelReader {
 public:
  explicit CompelReader(std::string_view text, std::size_t depth = 0) : text_(text), depth_(depth) {}

  bool at_end() {
    skip_white();
    return place_ == text_.size();
  }

  /// A whole prompt: words of any kind.
  Fragments prompt(std::vector<std::pair<std::string, double>>& loras) {
    Fragments all;
    while (!at_end()) {
      if (lora(loras)) continue;
      if (std::optional<Fragments> found = atom(Words::kAny, loras)) append(all, *found);
      else append(all, {{unescaped(free_word()), 1}});
    }
    return all;
  }

  /// `("one", "two").and(1, 0.5)`, or the same with .blend.
  std::optional<CompelPrompt> operation() {
    const std::size_t begin = place_;
    CompelPrompt found;
    if (take("(") && targets(found) && name_of_operation(found) && take("(")) {
      if (weights(found)) return found;
    }
    place_ = begin;
    return {};
  }

  bool lora(std::vector<std::pair<std::string, double>>& loras) {
    const std::size_t begin = place_;
    if (take("withLora") || take("useLora")) {
      double weight = 1;
      if (take("(")) {
        const std::string_view name = keyword();
        const bool has_weight = !name.empty() && take(",");
        if (!name.empty() && (!has_weight || number(weight)) && take(")")) {
          loras.emplace_back(name, weight);
          return true;
        }
      }
    }
    place_ = begin;
    return false;
  }

 private:
  /// kAny: a word without a weight is not looked for here, for it may have symbols in it. kStrict: it may not.
  enum class Words { kAny, kStrict };

  static void append(Fragments& all, Fragments more) {
    for (WeightedText& one : more) all.push_back(std::move(one));
  }
  static Fragments times(Fragments all, double weight) {
    for (WeightedText& one : all) one.weight *= weight;
    return all;
  }

  void skip_white() { place_ = std::min(text_.find_first_not_of(kWhite, place_), text_.size()); }

  bool take(std::string_view what) {
    const std::size_t begin = place_;
    skip_white();
    if (text_.substr(place_).starts_with(what)) {
      place_ += what.size();
      return true;
    }
    place_ = begin;
    return false;
  }

  char at(std::size_t place) const { return place < text_.size() ? text_[place] : ' '; }

  std::string_view run_of(std::string_view characters) {
    const std::size_t begin = place_;
    place_ = std::min(text_.find_first_not_of(characters, place_), text_.size());
    return text_.substr(begin, place_ - begin);
  }

  std::string_view free_word() {
    const std::size_t begin = place_;
    place_ = std::min(text_.find_first_of(kWhite, place_), text_.size());
    return text_.substr(begin, place_ - begin);
  }

  std::string_view keyword() {
    skip_white();
    const std::size_t begin = place_;
    const auto is_part = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_one_of(c, kDigits) || c == '_' || c == '-';
    };
    while (place_ < text_.size() && is_part(text_[place_])) ++place_;
    return text_.substr(begin, place_ - begin);
  }

  /// 1, −1, 1.5, 1., .5, +1.5
  bool number(double& value) {
    skip_white();
    std::size_t end = place_ + (is_one_of(at(place_), "+-") ? 1 : 0);
    const bool has_plus = at(place_) == '+';
    const std::size_t whole = end;
    while (is_one_of(at(end), kDigits)) ++end;
    const std::size_t digits = end - whole;
    bool is_real = false;
    if (at(end) == '.' && (digits > 0 || is_one_of(at(end + 1), kDigits))) {
      is_real = true;
      for (++end; is_one_of(at(end), kDigits);) ++end;
    }
    if (!is_real && (digits == 0 || has_plus)) return false;
    value = std::strtod(std::string(text_.substr(place_, end - place_)).c_str(), nullptr);
    place_ = end;
    return true;
  }

  /// The signs or the number that a weight is written as.
  std::optional<double> weight_mark(bool with_numbers) {
    if (is_one_of(at(place_), "+-")) {
      const std::string_view signs = run_of(std::string_view(&text_[place_], 1));
      return std::pow(signs.front() == '+' ? kPlus : kMinus, static_cast<double>(signs.size()));
    }
    double value = 0;
    if (with_numbers && !is_one_of(at(place_), kWhite) && number(value)) return value;
    return {};
  }

  /// A word in which no symbol means anything: escaped ones are characters, and so are + and − before a character that
  /// is none.
  std::string_view strict_word() {
    skip_white();
    const std::size_t begin = place_;
    while (place_ < text_.size()) {
      const char c = text_[place_], next = at(place_ + 1);
      if (c == '\\' && is_one_of(next, kSymbols)) place_ += 2;
      else if (is_one_of(c, "+-") && !is_one_of(next, kWhite) && !is_one_of(next, kSymbols)) ++place_;
      else if (!is_one_of(c, kWhite) && !is_one_of(c, kSymbols)) ++place_;
      else break;
    }
    return text_.substr(begin, place_ - begin);
  }

  /// `(…)`: what is in it, commas and full stops being words.
  std::optional<Fragments> parenthesised(std::vector<std::pair<std::string, double>>& loras) {
    const std::size_t begin = place_, known_loras = loras.size();
    if (!take("(")) return {};
    check_nesting(++depth_);
    std::optional<Fragments> inner = strict(loras);
    --depth_;
    if (take(")")) return inner;
    place_ = begin;
    loras.resize(known_loras);
    return {};
  }

  /// `"…"` on one line: the same; quotation marks in it are escaped.
  std::optional<Fragments> quoted(std::vector<std::pair<std::string, double>>& loras) {
    std::string_view inner;
    const std::size_t begin = place_, known_loras = loras.size();
    if (!quotation(inner)) return {};
    CompelReader reader(inner, depth_ + 1);
    check_nesting(depth_ + 1);
    std::optional<Fragments> found = reader.strict(loras);
    if (reader.at_end()) return found->empty() ? Fragments{{"", 1}} : found;
    place_ = begin;
    loras.resize(known_loras);
    return {};
  }

  bool quotation(std::string_view& inner) {
    const std::size_t begin = place_;
    if (take("\"")) {
      const std::size_t from = place_;
      while (place_ < text_.size() && !is_one_of(text_[place_], "\"\n\r"))
        place_ += text_.substr(place_).starts_with("\\\"") ? 2 : 1;
      if (at(place_) == '"') {
        inner = text_.substr(from, place_++ - from);
        return true;
      }
    }
    place_ = begin;
    return false;
  }

  /// Words without free symbols, up to where something else stands.
  Fragments strict(std::vector<std::pair<std::string, double>>& loras) {
    Fragments all;
    while (true) {
      if (lora(loras)) continue;
      if (std::optional<Fragments> found = atom(Words::kStrict, loras)) append(all, *found);
      else if (take(",")) append(all, {{",", 1}});
      else if (take(".")) append(all, {{".", 1}});
      else return all;
    }
  }

  /// A word, a quotation or a bracket, with its weight.
  std::optional<Fragments> atom(Words words, std::vector<std::pair<std::string, double>>& loras) {
    const std::size_t begin = place_;
    std::optional<Fragments> found = quoted(loras);
    if (!found) found = parenthesised(loras);
    const bool is_word = !found.has_value();
    if (is_word) {
      const std::string_view word = strict_word();
      if (word.empty()) {
        place_ = begin;
        return {};
      }
      found = Fragments{{unescaped(word), 1}};
    }
    refuse_swap();
    if (const std::optional<double> weight = attended()) return times(*found, *weight);
    if (const std::optional<double> weight = weight_mark(!is_word)) return times(*found, *weight);
    if (!is_word || words == Words::kStrict) return found;
    place_ = begin;
    return {};
  }

  /// `.attend(1.3)`
  std::optional<double> attended() {
    const std::size_t begin = place_;
    if (take(".attend") && take("(")) {
      skip_white();
      const std::optional<double> weight = weight_mark(true);
      if (weight && take(")")) return weight;
    }
    place_ = begin;
    return {};
  }

  void refuse_swap() {
    const std::size_t begin = place_;
    if (take(".swap") && take("("))
      throw std::invalid_argument(
          "'.swap(…)' is cross-attention control, which is not built; write the prompt without it, or \\. for the "
          "character");
    place_ = begin;
  }

  /// `"one", "two")`
  bool targets(CompelPrompt& found) {
    do {
      const std::size_t begin = place_;
      std::optional<Fragments> target = quoted(found.loras);
      std::string_view inner;
      if (!target) target = parenthesised(found.loras);
      if (!target && quotation(inner)) target = CompelReader(inner, depth_ + 1).prompt(found.loras);
      if (!target) {
        place_ = begin;
        const std::string_view word = strict_word();
        if (word.empty()) return false;
        target = Fragments{{unescaped(word), 1}};
      }
      found.parts.push_back({*target});
    } while (take(","));
    return take(")");
  }

  bool name_of_operation(CompelPrompt& found) {
    if (take(".blend")) found.way = CompelPrompt::Way::kBlend;
    else if (!take(".and") && !take(".add")) return false;
    return true;
  }

  /// `1, 0.5)`, and for a blend `no_normalize` at its end.
  bool weights(CompelPrompt& found) {
    std::vector<double> all;
    while (!take(")")) {
      double weight = 0;
      if ((!all.empty() || !found.normalize) && !take(",")) return false;
      const std::size_t begin = place_;
      if (number(weight)) all.push_back(weight);
      else if (keyword() == "no_normalize" && found.way == CompelPrompt::Way::kBlend) found.normalize = false;
      else {
        place_ = begin;
        return false;
      }
    }
    if (!all.empty() && all.size() != found.parts.size())
      throw std::invalid_argument("has " + std::to_string(found.parts.size()) + " parts and " +
                                  std::to_string(all.size()) + " weights; give each part one, or none");
    for (std::size_t i = 0; i < all.size(); ++i) found.parts[i].weight = all[i];
    return true;
  }

  std::string_view text_;
  std::size_t place_ = 0;
  std::size_t depth_;
};

/// Neighbours of one weight become one, with a space between them.
Fragments joined(const Fragments& all) {
  Fragments joined;
  for (const WeightedText& one : all) {
    check_weight(one.weight, one.text);
    if (!joined.empty() && joined.back().weight == one.weight) joined.back().text += ' ' + one.text;
    else joined.push_back(one);
  }
  return joined;
}

bool is_balanced(std::string_view text) {
  std::int64_t level = 0;
  for (std::size_t i = 0; i < text.size() && level >= 0; ++i) {
    if (text[i] == '\\') ++i;
    else if (text[i] == '(') ++level;
    else if (text[i] == ')') --level;
  }
  return level == 0;
}

/// Where a row of ids that is longer than a chunk is cut.
std::size_t cut_of(std::span<const std::int64_t> ids, std::size_t most, const Tokenizer& tokenizer) {
  const auto behind_last = [&](const auto& is_good) {
    for (std::size_t i = most; i > 0; --i)
      if (is_good(ids[i - 1])) return i;
    return std::size_t{0};
  };
  const auto id = [&](const char* mark) { return ids_of_words(tokenizer, mark).front(); };
  const std::array marks{id("."), id(","), id(";"), id(":")};
  std::size_t cut = behind_last([&](std::int64_t one) { return one == marks.front(); });
  if (cut == 0) cut = behind_last([&](std::int64_t one) { return std::ranges::count(marks, one) > 0; });
  if (cut == 0) cut = behind_last([&](std::int64_t one) { return tokenizer.ends_word(one); });
  return cut == 0 ? most : cut;
}

}  // namespace

CompelPrompt parse_compel(std::string_view prompt, PromptNotices& notices) {
  const std::string text = with_spaces_after_commas(prompt);
  if (!is_balanced(text))
    notices.push_back("brackets do not go in pairs, so that some are read as text; write \\( or \\) for the character");
  CompelReader reader(text);
  std::vector<std::pair<std::string, double>> loras;
  while (reader.lora(loras)) {
  }
  CompelPrompt found;
  if (std::optional<CompelPrompt> operation = reader.operation()) {
    found = std::move(*operation);
    while (reader.lora(loras)) {
    }
    if (!reader.at_end())
      throw std::invalid_argument(found.way == CompelPrompt::Way::kAnd
                                      ? "has text behind '.and(…)', which is a whole prompt"
                                      : "has text behind '.blend(…)', which is a whole prompt");
  } else {
    found.parts.push_back({reader.prompt(loras)});
  }
  found.loras.insert(found.loras.begin(), loras.begin(), loras.end());
  for (CompelPrompt::Part& part : found.parts) {
    check_weight(part.weight, text);
    part.fragments = joined(part.fragments);
    if (part.fragments.empty()) part.fragments.push_back({});
  }
  return found;
}

std::string text_of(const CompelPrompt& prompt) {
  std::string text;
  for (const CompelPrompt::Part& part : prompt.parts)
    for (const WeightedText& fragment : part.fragments) text += (text.empty() ? "" : " ") + fragment.text;
  return text;
}

CompelChunks chunk_compel(std::span<const WeightedText> fragments, const Tokenizer& tokenizer) {
  const auto length = static_cast<std::size_t>(tokenizer.max_length()), most = length - 2;
  std::vector<std::int64_t> ids;
  std::vector<double> weights;
  std::vector<std::pair<std::size_t, std::size_t>> ends;  // of each fragment, in `ids`
  for (const WeightedText& fragment : fragments) {
    const std::vector<std::int64_t> own = ids_of_words(tokenizer, fragment.text);
    ends.emplace_back(ids.size(), ids.size() + own.size());
    ids.insert(ids.end(), own.begin(), own.end());
    weights.resize(ids.size(), fragment.weight);
  }
  CompelChunks result;
  std::vector<std::size_t> places;  // of each id in the chunks
  std::span<const std::int64_t> rest(ids);
  std::span<const double> rest_weights(weights);
  do {
    const std::size_t cut = rest.size() > most ? cut_of(rest, most, tokenizer) : rest.size();
    for (std::size_t i = 0; i < cut; ++i) places.push_back(result.chunks.size() * length + 1 + i);
    result.chunks.push_back(filled_chunk(tokenizer, rest.first(cut), rest_weights.first(cut)));
    rest = rest.subspan(cut);
    rest_weights = rest_weights.subspan(cut);
  } while (!rest.empty());
  for (const auto& [begin, end] : ends) {
    if (begin == end) result.ranges.emplace_back();
    else result.ranges.emplace_back(std::pair(places[begin], places[end - 1]));
  }
  return result;
}

}  // namespace models
