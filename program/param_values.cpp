// SPDX-License-Identifier: MIT
#include "program/param_values.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>

namespace program {
namespace {

constexpr int kMostExponent = 1000;  // of any number that is not 0

using graph::Kind;
using graph::Scalar;

/// Splits at commas outside quotes and without a backslash before them; quotes and backslashes are taken away.
std::vector<std::string> split_quoted(const std::string& text) {
  std::vector<std::string> parts(1);
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && i + 1 < text.size() && (text[i + 1] == ',' || text[i + 1] == '"' || text[i + 1] == '\\')) {
      parts.back() += text[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  if (quoted) throw std::invalid_argument("a double quote does not close in '" + text + "' (write \\\" for the sign)");
  return parts;
}

std::vector<std::string> split(const std::string& text, const std::string& separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t end; (end = text.find(separator, begin)) != std::string::npos; begin = end + separator.size()) {
    parts.push_back(text.substr(begin, end - begin));
  }
  parts.push_back(text.substr(begin));
  return parts;
}

/// Decimals behind the point of a number as written: "0.25" has 2, "1e-3" has 3.
int decimals(const std::string& text) {
  const std::size_t e = text.find_first_of("eE");
  const std::size_t point = text.find('.');
  int digits = 0;
  if (point != std::string::npos) digits = static_cast<int>(std::min(e, text.size()) - point) - 1;
  if (e == std::string::npos) return std::max(digits, 0);
  int exponent = 0;  // beyond an int only where the number is 0: "0e-99999999999"
  std::from_chars(text.data() + e + (text[e + 1] == '+' ? 2 : 1), text.data() + text.size(), exponent);
  return std::max(digits - std::clamp(exponent, -kMostExponent, kMostExponent), 0);
}

void check_count(double count, const std::string& text) {
  if (count <= static_cast<double>(kMostValues.most())) return;
  throw std::invalid_argument("the range " + text + " stands for too many values: at most " + kMostValues.text());
}

std::vector<Scalar> int_range(const std::vector<std::string>& parts, const std::string& text) {
  const auto number = [](const std::string& part) {
    return std::get<std::int64_t>(graph::parse_scalar(Kind::kInt, part));
  };
  const std::int64_t from = number(parts[0]), to = number(parts[1]);
  const std::int64_t step = parts.size() == 3 ? number(parts[2]) : 1;
  if (step <= 0) {
    throw std::invalid_argument("the step of the range " + text +
                                " must be above 0: the direction follows from its ends");
  }
  // Unsigned: the ends may lie further apart than an int64 reaches.
  const auto width = to < from ? static_cast<std::uint64_t>(from) - static_cast<std::uint64_t>(to)
                               : static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
  const std::uint64_t turns = width / static_cast<std::uint64_t>(step);
  check_count(static_cast<double>(turns) + 1, text);
  std::vector<Scalar> values;
  for (std::uint64_t i = 0; i <= turns; ++i) {
    const auto offset = static_cast<std::int64_t>(i * static_cast<std::uint64_t>(step));
    values.emplace_back(to < from ? from - offset : from + offset);
  }
  return values;
}

/// In whole steps of the last decimal that is written, so that 0.1..0.3..0.1 ends in 0.3 and not in
/// 0.30000000000000004.
std::vector<Scalar> float_range(const std::vector<std::string>& parts, const std::string& text) {
  const auto number = [](const std::string& part) { return std::get<double>(graph::parse_scalar(Kind::kFloat, part)); };
  const double from = number(parts[0]), to = number(parts[1]);
  if (parts.size() < 3 && (from != std::floor(from) || to != std::floor(to))) {
    throw std::invalid_argument("the range " + text + " needs a step: " + text + "..0.1");
  }
  const double step = parts.size() == 3 ? number(parts[2]) : 1;
  if (step <= 0) {
    throw std::invalid_argument("the step of the range " + text +
                                " must be above 0: the direction follows from its ends");
  }
  const double turns = std::floor(std::abs(to - from) / step + 1e-9);
  check_count(turns + 1, text);
  int digits = 0;
  for (const std::string& part : parts) digits = std::max(digits, decimals(part));
  const double unit = std::pow(10.0, std::min(digits, 15));
  const bool whole = digits <= 15 && std::max(std::abs(from), std::abs(to)) * unit < 9e15;
  const double sign = to < from ? -1 : 1;
  std::vector<Scalar> values;
  for (double i = 0; i <= turns; ++i) {
    values.emplace_back(whole ? (std::round(from * unit) + sign * i * std::round(step * unit)) / unit
                              : from + sign * i * step);
  }
  return values;
}

bool is_number(Kind kind) {
  return kind == Kind::kInt || kind == Kind::kFloat;
}

/// "0-63", as some programs write ranges.
bool is_dashed_range(const std::string& text) {
  const std::size_t dash = text.find('-');
  const auto digits = [](const std::string& part) {
    return !part.empty() && part.find_first_not_of("0123456789") == std::string::npos;
  };
  return dash != std::string::npos && digits(text.substr(0, dash)) && digits(text.substr(dash + 1));
}

void append(std::vector<Scalar>& values, Kind kind, const std::string& text) {
  if (is_number(kind) && is_dashed_range(text)) {
    throw std::invalid_argument("'" + text + "' is not a number; a range is written " + text.substr(0, text.find('-')) +
                                ".." + text.substr(text.find('-') + 1));
  }
  if (!is_number(kind) || text.find("..") == std::string::npos) {
    values.push_back(graph::parse_scalar(kind, text));
    return;
  }
  const std::vector<std::string> parts = split(text, "..");
  if (parts.size() > 3) throw std::invalid_argument("'" + text + "' is not a range: expected A..B or A..B..STEP");
  const std::vector<Scalar> range = kind == Kind::kInt ? int_range(parts, text) : float_range(parts, text);
  values.insert(values.end(), range.begin(), range.end());
  if (values.size() > kMostValues.most()) throw std::invalid_argument("too many values: at most " + kMostValues.text());
}

}  // namespace

std::vector<Scalar> flag_values(Kind kind, const std::string& text) {
  std::vector<Scalar> values;
  if (!is_number(kind) && kind != Kind::kBool) return {graph::parse_scalar(kind, text)};
  for (const std::string& part : split(text, ",")) append(values, kind, part);
  return values;
}

std::vector<Scalar> sweep_values(Kind kind, const std::string& text) {
  std::vector<Scalar> values;
  for (const std::string& part : split_quoted(text)) append(values, kind, part);
  return values;
}

}  // namespace program
