// SPDX-License-Identifier: MIT
#include "models/text/prompt_syntax.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <stdexcept>

#include "base/names.h"
#include "base/utf8.h"
#include "models/text/tokenizer_pattern.h"

namespace models {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Python's white space. The text begins with a whole character.
std::size_t leading_space(std::string_view text) {
  constexpr std::string_view kTwo[] = {"\xC2\x85", "\xC2\xA0"};
  constexpr std::string_view kThree[] = {"\xE1\x9A\x80", "\xE2\x80\xA8", "\xE2\x80\xA9",
                                         "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"};
  if (text.empty()) return 0;
  const char c = text.front();
  if ((c >= '\t' && c <= '\r') || (c >= '\x1c' && c <= ' ')) return 1;
  if (std::ranges::count(kTwo, text.substr(0, 2)) > 0) return 2;
  const std::string_view three = text.substr(0, 3);
  if (std::ranges::count(kThree, three) > 0) return 3;
  const bool is_quad = three.starts_with("\xE2\x80") && three.size() == 3;
  return is_quad && static_cast<unsigned char>(three[2]) <= 0x8A ? 3 : 0;
}

/// Syntax that this convention does not have, and how a notice calls it.
struct Foreign {
  const char* pattern;
  const char* what;
  std::vector<PromptSyntax> known;  ///< where it means something
};

const std::vector<Foreign>& foreign() {
  using enum PromptSyntax;
  static const std::vector<Foreign> all{
      {R"((?<!\\)\([^()]*:\s*[+-]?[.0-9]+\s*\))", "a weight", {kWebui, kComfyui}},
      {R"((?:\([^()]*\)|"[^"]*")(?:(?:\++|-+)(?=[\s,.)]|$)|[0-9]*\.[0-9]+)|)"
       R"((?<![\p{L}\p{N}])[\p{L}\p{N}]++(?:\+\++|--+)(?=[\s,.)]|$))",
       "a weight",
       {kCompel}},
      {R"(\bBREAK\b)", "a break", {kWebui}},
      {R"((?<!\\)\[[^\[\]]*[:|][^\[\]]*\])", "prompt editing", {kWebui}},
      {R"(\)\s*\.(and|add|blend|swap|attend)\s*\()", "an operator", {kCompel}},
  };
  return all;
}

std::string names_of(const std::vector<PromptSyntax>& all) {
  std::vector<std::string> names;
  for (const PromptSyntax one : all) names.push_back(prompt_syntax_names()[static_cast<std::size_t>(one)]);
  return base::listed(names);
}

}  // namespace

const std::vector<std::string>& prompt_syntax_names() {
  static const std::vector<std::string> names{"plain", "webui", "comfyui", "compel"};
  return names;
}

PromptSyntax prompt_syntax_named(const std::string& name) {
  const auto& names = prompt_syntax_names();
  const auto found = std::ranges::find(names, name);
  if (found != names.end()) return static_cast<PromptSyntax>(found - names.begin());
  throw std::invalid_argument("no prompt_syntax '" + name + "'" + base::did_you_mean(name, names) + "; there are " +
                              base::listed(names));
}

bool PromptChunk::is_weighted() const {
  return std::ranges::any_of(weights, [](double weight) { return weight != 1; });
}

PromptChunk filled_chunk(const Tokenizer& tokenizer, std::span<const std::int64_t> ids,
                         std::span<const double> weights) {
  const auto length = static_cast<std::size_t>(tokenizer.max_length());
  PromptChunk chunk{{tokenizer.begin_id()}, {1}};
  chunk.ids.insert(chunk.ids.end(), ids.begin(), ids.end());
  chunk.weights.insert(chunk.weights.end(), weights.begin(), weights.end());
  chunk.ids.push_back(tokenizer.end_id());
  chunk.ids.resize(length, tokenizer.pad_id());
  chunk.weights.resize(length, 1);
  return chunk;
}

std::vector<std::int64_t> ids_of_words(const Tokenizer& tokenizer, std::string_view text) {
  std::vector<std::int64_t> ids = tokenizer.encode(tokenizer.expand(text));
  ids.erase(ids.begin());
  ids.pop_back();
  return ids;
}

void check_nesting(std::size_t depth) {
  if (depth > kMostNestedBrackets)
    throw std::invalid_argument("has more than " + std::to_string(kMostNestedBrackets) + " brackets in each other");
}

void check_weight(double weight, std::string_view text) {
  if (!std::isfinite(weight))
    throw std::invalid_argument("the weight of " + in_short(text) + " is not a finite number; write one such as 1.2");
}

std::string_view without_leading_space(std::string_view text) {
  while (const std::size_t size = leading_space(text)) text.remove_prefix(size);
  return text;
}

std::string_view without_trailing_space(std::string_view text) {
  while (!text.empty()) {
    std::size_t begin = text.size() - 1;
    while (begin > 0 && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) --begin;
    if (leading_space(text.substr(begin)) == 0) break;
    text.remove_suffix(text.size() - begin);
  }
  return text;
}

std::string_view without_space(std::string_view text) {
  return without_trailing_space(without_leading_space(text));
}

bool is_number(std::string_view text, double& number) {
  text = without_space(text);
  std::string plain;
  std::size_t digits = 0, dots = 0, exponents = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i], before = i > 0 ? text[i - 1] : ' ';
    if (c == '_') {
      if (!is_digit(before) || i + 1 == text.size() || !is_digit(text[i + 1])) return false;
      continue;
    }
    if (is_digit(c)) ++digits;
    else if (c == '.' && dots == 0 && exponents == 0) ++dots;
    else if ((c == 'e' || c == 'E') && exponents == 0 && digits > 0) ++exponents;
    else if ((c != '+' && c != '-') || (i > 0 && before != 'e' && before != 'E')) return false;
    plain += c;
  }
  if (digits == 0 || !(is_digit(plain.back()) || plain.back() == '.')) return false;
  number = std::strtod(plain.c_str(), nullptr);
  return true;
}

bool is_word_number(std::string_view text) {
  std::string word;
  for (const char c : without_space(text)) word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (word.starts_with('+') || word.starts_with('-')) word.erase(0, 1);
  return word == "inf" || word == "infinity" || word == "nan";
}

std::string in_short(std::string_view text) {
  constexpr std::size_t kShown = 60;
  text = without_space(text);
  if (text.size() <= kShown) return "'" + std::string(text) + "'";
  std::size_t end = kShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return "'" + std::string(text.substr(0, end)) + "…'";
}

PromptNotices foreign_syntax(PromptSyntax syntax, std::string_view text) {
  static const std::vector<Pattern> patterns = [] {
    std::vector<Pattern> all;
    for (const Foreign& one : foreign()) all.emplace_back(one.pattern);
    return all;
  }();
  PromptNotices notices;
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    const Foreign& one = foreign()[i];
    if (std::ranges::count(one.known, syntax) > 0) continue;
    const std::vector<std::string_view> found = patterns[i].find_all(text);
    if (found.empty()) continue;
    notices.push_back(in_short(found.front()) + " is " + one.what + " where prompt_syntax is " + names_of(one.known) +
                      "; here, where it is " + prompt_syntax_names()[static_cast<std::size_t>(syntax)] +
                      ", it is read as text");
  }
  return notices;
}

}  // namespace models
