// SPDX-License-Identifier: MIT
#include "graph/pattern.h"

#include <cstdio>
#include <filesystem>
#include <stdexcept>

#include "base/sha1.h"
#include "base/utf8.h"

namespace graph {
namespace {

using Sort = PatternPiece::Sort;

class PatternReader {
 public:
  explicit PatternReader(const std::string& text) : text_(text) {}

  /// Up to the end, or inside a choice to the '|' or '}' that ends this part of it.
  std::vector<PatternPiece> read(bool in_choice) {
    std::vector<PatternPiece> pieces;
    std::string literal;
    const auto flush = [&] {
      if (!literal.empty()) pieces.push_back({Sort::kText, literal, 0, false, {}, {}});
      literal.clear();
    };
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (in_choice && (c == '|' || c == '}')) break;
      if (c != '{' && c != '}') {
        literal += c;
      } else if (!in_choice && at_ + 1 < text_.size() && text_[at_ + 1] == c) {
        literal += c;
        ++at_;
      } else if (c == '}') {
        throw std::invalid_argument("'}' without '{' in '" + text_ + "' (write '}}' for a brace)");
      } else {
        flush();
        ++at_;
        pieces.push_back(read_field());
      }
    }
    flush();
    return pieces;
  }

 private:
  /// Behind its '{'; ends at its '}'.
  PatternPiece read_field() {
    const std::size_t end = text_.find_first_of("?}", at_);
    if (end == std::string::npos) throw unclosed();
    const std::string inside = text_.substr(at_, end - at_);
    const bool choice = text_[end] == '?';
    at_ = end;
    PatternPiece piece = field_named(inside, choice);
    if (!choice) return piece;
    ++at_;
    piece.then = read(true);
    if (at_ < text_.size() && text_[at_] == '|') {
      ++at_;
      piece.otherwise = read(true);
    }
    if (at_ >= text_.size() || text_[at_] != '}') throw unclosed();
    return piece;
  }

  PatternPiece field_named(const std::string& inside, bool choice) const {
    PatternPiece piece{choice ? Sort::kChoice : Sort::kField, inside, 0, false, {}, {}};
    if (const std::size_t colon = inside.find(':'); colon != std::string::npos) {
      piece.text = inside.substr(0, colon);
      const std::string width = inside.substr(colon + 1);
      piece.swept = choice && width == "swept";
      const bool digits =
          !width.empty() && width.size() <= 2 && width.find_first_not_of("0123456789") == std::string::npos;
      if (choice && !piece.swept)
        throw std::invalid_argument("'" + inside + "?' in '" + text_ + "' wants {" + piece.text + "?…} or {" +
                                    piece.text + ":swept?…}");
      if (!choice && !digits)
        throw std::invalid_argument("'" + inside + "' in '" + text_ + "' wants a width such as {seed:04}");
      if (digits) piece.width = std::stoi(width);
    }
    if (piece.text.empty()) throw std::invalid_argument("empty field {} in '" + text_ + "'");
    return piece;
  }

  std::invalid_argument unclosed() const { return std::invalid_argument("'{' is not closed in '" + text_ + "'"); }

  const std::string& text_;
  std::size_t at_ = 0;
};

std::string field_text(const Scalar& value, int width) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    std::string digits = std::to_string(*number);
    const bool negative = digits[0] == '-';
    if (negative) digits.erase(0, 1);
    if (static_cast<int>(digits.size()) < width) digits.insert(0, width - digits.size(), '0');
    return (negative ? "-" : "") + digits;
  }
  if (const auto* name = std::get_if<Pattern>(&value)) return name->text;
  if (const auto* data = std::get_if<Data>(&value)) return data->is_null() ? "none" : digest(*data);
  const Kind kind = kind_of(value);
  return kind == Kind::kFloat || kind == Kind::kBool ? to_text(value) : slug(to_text(value));
}

bool says_something(const Scalar& value) {
  if (const auto* truth = std::get_if<bool>(&value)) return *truth;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number != 0;
  if (const auto* number = std::get_if<double>(&value)) return *number != 0;
  if (const auto* data = std::get_if<Data>(&value)) return !data->is_null();
  return !base::words_of(to_text(value)).empty();
}

const std::vector<PatternPiece>& taken(const PatternPiece& choice, const PatternValues& values) {
  const bool holds = choice.swept ? values.swept(choice.text) : says_something(values.value(choice.text));
  return holds ? choice.then : choice.otherwise;
}

void collect(const std::vector<PatternPiece>& pieces, const PatternValues* values, std::vector<std::string>& fields) {
  for (const PatternPiece& piece : pieces) {
    if (piece.sort == Sort::kText) continue;
    // What is asked of the sweep itself is the same for all items.
    if (!piece.swept || !values) fields.push_back(piece.text);
    if (piece.sort == Sort::kField) continue;
    if (values) {
      collect(taken(piece, *values), values, fields);
    } else {
      collect(piece.then, values, fields);
      collect(piece.otherwise, values, fields);
    }
  }
}

std::string expand(const std::vector<PatternPiece>& pieces, const PatternValues& values) {
  std::string result;
  for (const PatternPiece& piece : pieces) {
    if (piece.sort == Sort::kText) result += piece.text;
    else if (piece.sort == Sort::kField) result += field_text(values.value(piece.text), piece.width);
    else result += expand(taken(piece, values), values);
  }
  return result;
}

/// A number as C's %g writes it.
std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

std::string setting_value(const Scalar& value) {
  std::string text = to_text(value);
  if (const auto* data = std::get_if<Data>(&value)) text = digest(*data);
  else if (const auto* path = std::get_if<Path>(&value)) text = stem_of(*path);
  else if (const auto* number = std::get_if<double>(&value)) text = short_number(*number);
  const std::string words = base::words_of(text);
  return words.empty() ? "value" : words;
}

}  // namespace

const std::vector<std::string>& own_fields() {
  static const std::vector<std::string> fields{"item", "node", "graph", "turn", "each", "id", "overrides"};
  return fields;
}

std::vector<PatternPiece> parse_pattern(const std::string& text) {
  return PatternReader(text).read(false);
}

std::vector<std::string> pattern_fields(const std::string& text) {
  std::vector<std::string> fields;
  collect(parse_pattern(text), nullptr, fields);
  return fields;
}

std::vector<std::string> pattern_fields(const std::string& text, const PatternValues& values) {
  std::vector<std::string> fields;
  collect(parse_pattern(text), &values, fields);
  return fields;
}

std::string leaves_output_folder(const std::string& text) {
  const bool climbs = ("/" + text + "/").find("/../") != std::string::npos;
  if (!climbs && !text.starts_with('/') && text.find('\0') == std::string::npos) return "";
  return "'" + text + "' leaves the output folder; name a file below it (--output-dir says where that is)";
}

std::string expand_pattern(const std::string& text, const PatternValues& values) {
  return expand(parse_pattern(text), values);
}

std::string slug(const std::string& text, std::size_t most) {
  const std::string words = base::words_of(text, most);
  return words.empty() ? "_" : words;
}

std::string stem_of(const Path& path) {
  std::filesystem::path whole(path.text);
  if (whole.filename().empty()) whole = whole.parent_path();  // "photos/"
  return whole.stem().string();
}

std::string settings_text(const std::vector<std::pair<std::string, Scalar>>& settings) {
  constexpr std::size_t kMost = 120;
  std::string whole;
  for (const auto& [name, value] : settings) {
    whole += (whole.empty() ? "" : "__") + base::words_of(name) + "_" + setting_value(value);
  }
  if (whole.size() <= kMost) return whole;
  std::string cut(base::start_of(whole, kMost));
  while (cut.back() == '_') cut.pop_back();
  return cut + "__h_" + base::sha1_hex(whole).substr(0, 8);
}

}  // namespace graph
