// SPDX-License-Identifier: MIT
#include "graph/scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <stdexcept>

#include "base/names.h"
#include "graph/shape.h"

namespace graph {
namespace {

constexpr std::array<const char*, 8> kNames{"int", "float", "bool", "string", "path", "pattern", "ramp", "data"};

template <class T>
bool read_all(const std::string& text, T& value) {
  const char* begin = text.data();
  const char* end = begin + text.size();
  if (begin != end && *begin == '+') ++begin;
  if (begin != end && (*begin == '+' || (*begin == '-' && begin != text.data()))) return false;
  const auto [rest, error] = std::from_chars(begin, end, value);
  return error == std::errc() && rest == end;
}

[[noreturn]] void refuse(const std::string& what) {
  throw std::invalid_argument(what);
}

std::int64_t parse_int(const std::string& text) {
  std::int64_t value = 0;
  if (read_all(text, value)) return value;
  double number = 0;
  if (text.find_first_not_of("+-0123456789") == std::string::npos && read_all(text, number))
    refuse("expected an int in [-9223372036854775808, 9223372036854775807], got '" + text + "'");
  if (read_all(text, number) && std::isfinite(number))
    refuse("expected an int, got '" + text + "'" +
           (number == std::floor(number) && std::abs(number) < 9e15
                ? " (write it as " + std::to_string(static_cast<std::int64_t>(number)) + ")"
                : ""));
  refuse("expected an int, got '" + text + "'");
}

double parse_float(const std::string& text) {
  double value = 0;
  if (!read_all(text, value)) refuse("expected a float, got '" + text + "'");
  if (!std::isfinite(value)) refuse("expected a finite float, got '" + text + "'");
  return value;
}

bool parse_bool(const std::string& text) {
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  refuse("expected true or false, got '" + text + "'");
}

/// With the first fault alone: who has a name for the text calls parse_data().
Data parse_data_value(const std::string& text) {
  try {
    return parse_data(text, "");
  } catch (const Faults& faults) {
    refuse(faults.list()[0].what);
  }
}

std::string number_text(double value) {
  std::array<char, 32> buffer;
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return error == std::errc() ? std::string(buffer.data(), end) : std::to_string(value);
}

/// An end of a range: 1000000 rather than 1e+06.
std::string bound_text(double value) {
  const bool whole = value == std::floor(value) && std::abs(value) < 9e15;
  return whole ? std::to_string(static_cast<std::int64_t>(value)) : number_text(value);
}

void check_number(double value, const std::string& text, const Range& range) {
  if (range.min && value < *range.min) refuse(text + " is below the minimum " + bound_text(*range.min));
  if (range.max && value > *range.max) refuse(text + " is above the maximum " + bound_text(*range.max));
}

}  // namespace

std::vector<std::string> split_choices(const std::string& text) {
  std::vector<std::string> choices;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('|', begin), text.size());
    choices.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return choices;
}

const char* kind_name(Kind kind) {
  return kNames[static_cast<std::size_t>(kind)];
}

std::optional<Kind> kind_of(const std::string& name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (name == kNames[i]) return static_cast<Kind>(i);
  }
  return std::nullopt;
}

const std::vector<std::string>& param_kind_names() {
  static const std::vector<std::string> names{"int", "float", "bool", "string", "path", "data"};
  return names;
}

Scalar parse_scalar(Kind kind, const std::string& text) {
  switch (kind) {
    case Kind::kInt:
      return parse_int(text);
    case Kind::kFloat:
      return parse_float(text);
    case Kind::kBool:
      return parse_bool(text);
    case Kind::kString:
      return text;
    case Kind::kPath:
      return Path{text};
    case Kind::kPattern:
      return Pattern{text};
    case Kind::kRamp: {
      const std::size_t dots = text.find("..");
      if (dots != std::string::npos) return Ramp{parse_float(text.substr(0, dots)), parse_float(text.substr(dots + 2))};
      const double value = parse_float(text);
      return Ramp{value, value};
    }
    case Kind::kData:
      return parse_data_value(text);
  }
  refuse("no such kind");
}

void check_range(const Scalar& value, const Range& range) {
  if (const auto* i = std::get_if<std::int64_t>(&value)) {
    check_number(static_cast<double>(*i), std::to_string(*i), range);
  } else if (const auto* d = std::get_if<double>(&value)) {
    check_number(*d, number_text(*d), range);
  } else if (const auto* ramp = std::get_if<Ramp>(&value)) {
    for (double end : {ramp->from, ramp->to}) check_number(end, number_text(end), range);
  }
  if (range.choices.empty() || std::holds_alternative<Data>(value)) return;
  const std::string text = to_text(value);
  for (const std::string& choice : range.choices) {
    if (choice == text) return;
  }
  refuse("'" + text + "' is not one of " + base::joined(range.choices));
}

std::optional<Scalar> convert(const Scalar& value, Kind kind) {
  const Kind from = kind_of(value);
  if (from == kind) return value;
  if (from == Kind::kInt && kind == Kind::kFloat) return static_cast<double>(std::get<std::int64_t>(value));
  if (from == Kind::kInt && kind == Kind::kRamp) {
    const auto number = static_cast<double>(std::get<std::int64_t>(value));
    return Ramp{number, number};
  }
  if (from == Kind::kFloat && kind == Kind::kRamp) return Ramp{std::get<double>(value), std::get<double>(value)};
  if (from == Kind::kString && kind == Kind::kPath) return Path{std::get<std::string>(value)};
  if (from == Kind::kString && kind == Kind::kPattern) return Pattern{std::get<std::string>(value)};
  return std::nullopt;
}

std::string to_text(const Scalar& value) {
  switch (kind_of(value)) {
    case Kind::kInt:
      return std::to_string(std::get<std::int64_t>(value));
    case Kind::kFloat:
      return number_text(std::get<double>(value));
    case Kind::kBool:
      return std::get<bool>(value) ? "true" : "false";
    case Kind::kString:
      return std::get<std::string>(value);
    case Kind::kPath:
      return std::get<Path>(value).text;
    case Kind::kPattern:
      return std::get<Pattern>(value).text;
    case Kind::kData:
      return to_text(std::get<Data>(value));
    case Kind::kRamp:
      break;
  }
  const Ramp& ramp = std::get<Ramp>(value);
  return ramp.from == ramp.to ? number_text(ramp.from) : number_text(ramp.from) + ".." + number_text(ramp.to);
}

Data data_of_scalar(const Scalar& value, const Mark& mark) {
  if (const auto* data = std::get_if<Data>(&value)) return *data;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return Data::leaf(*number, mark);
  if (const auto* number = std::get_if<double>(&value)) return Data::leaf(*number, mark);
  if (const auto* truth = std::get_if<bool>(&value)) return Data::leaf(*truth, mark);
  if (const auto* path = std::get_if<Path>(&value)) return Data::leaf(*path, mark);
  return Data::leaf(to_text(value), mark);
}

std::string describe(Kind kind, const Range& range) {
  if (kind == Kind::kData) return range.shape ? "data: " + describe(*range.shape) : "data";
  if (!range.choices.empty()) return "one of " + base::joined(range.choices);
  std::string text = kind_name(kind);
  if (range.min && range.max) return text + " in [" + bound_text(*range.min) + ", " + bound_text(*range.max) + "]";
  if (range.min) return text + " >= " + bound_text(*range.min);
  if (range.max) return text + " <= " + bound_text(*range.max);
  return text;
}

}  // namespace graph
