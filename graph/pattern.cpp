// SPDX-License-Identifier: MIT
#include "graph/pattern.h"

#include <cctype>
#include <stdexcept>

namespace graph {
namespace {

PatternPiece parse_field(const std::string& inside, const std::string& pattern) {
  PatternPiece piece{true, inside, 0};
  if (const std::size_t colon = inside.find(':'); colon != std::string::npos) {
    piece.text = inside.substr(0, colon);
    const std::string width = inside.substr(colon + 1);
    if (width.empty() || width.size() > 2 || width.find_first_not_of("0123456789") != std::string::npos) {
      throw std::invalid_argument("'" + inside + "' in '" + pattern + "' wants a width such as {seed:04}");
    }
    piece.width = std::stoi(width);
  }
  if (piece.text.empty()) throw std::invalid_argument("empty field {} in '" + pattern + "'");
  return piece;
}

std::string field_text(const Scalar& value, int width) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    std::string digits = std::to_string(*number);
    const bool negative = digits[0] == '-';
    if (negative) digits.erase(0, 1);
    if (static_cast<int>(digits.size()) < width) digits.insert(0, width - digits.size(), '0');
    return (negative ? "-" : "") + digits;
  }
  const Kind kind = kind_of(value);
  return kind == Kind::kFloat || kind == Kind::kBool ? to_text(value) : slug(to_text(value));
}

}  // namespace

std::vector<PatternPiece> parse_pattern(const std::string& text) {
  std::vector<PatternPiece> pieces;
  std::string literal;
  const auto flush = [&] {
    if (!literal.empty()) pieces.push_back({false, literal, 0});
    literal.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c != '{' && c != '}') {
      literal += c;
    } else if (i + 1 < text.size() && text[i + 1] == c) {
      literal += c;
      ++i;
    } else if (c == '}') {
      throw std::invalid_argument("'}' without '{' in '" + text + "' (write '}}' for a brace)");
    } else {
      const std::size_t end = text.find('}', i);
      if (end == std::string::npos) throw std::invalid_argument("'{' is not closed in '" + text + "'");
      flush();
      pieces.push_back(parse_field(text.substr(i + 1, end - i - 1), text));
      i = end;
    }
  }
  flush();
  return pieces;
}

std::vector<std::string> pattern_fields(const std::string& text) {
  std::vector<std::string> fields;
  for (const PatternPiece& piece : parse_pattern(text)) {
    if (piece.is_field) fields.push_back(piece.text);
  }
  return fields;
}

std::string expand_pattern(const std::string& text, const std::function<Scalar(const std::string& field)>& value) {
  std::string result;
  for (const PatternPiece& piece : parse_pattern(text)) {
    result += piece.is_field ? field_text(value(piece.text), piece.width) : piece.text;
  }
  return result;
}

std::string slug(const std::string& text) {
  std::string result;
  for (const char raw : text) {
    const auto c = static_cast<unsigned char>(std::tolower(static_cast<unsigned char>(raw)));
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      result += static_cast<char>(c);
    } else if (!result.empty() && result.back() != '_') {
      result += '_';
    }
    if (result.size() >= 50) break;
  }
  while (!result.empty() && result.back() == '_') result.pop_back();
  return result.empty() ? "_" : result;
}

}  // namespace graph
