// SPDX-License-Identifier: MIT
#include "methods/learning/rate.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <numbers>
#include <sstream>
#include <stdexcept>

namespace learning {
namespace {

using Factor = std::function<double(std::int64_t, std::int64_t)>;

constexpr double kLastRate = 1e-7;  ///< where polynomial ends

/// What comes behind the warm-up: by how far the rest of the training is, which starts at 0 and ends at 1.
Factor warmed(std::int64_t warmup, std::function<double(double)> rest) {
  return [warmup, rest = std::move(rest)](std::int64_t step, std::int64_t steps) {
    if (step < warmup) return static_cast<double>(step) / static_cast<double>(std::max<std::int64_t>(1, warmup));
    const auto left = static_cast<double>(std::max<std::int64_t>(1, steps - warmup));
    return rest(std::clamp(static_cast<double>(step - warmup) / left, 0.0, 1.0));
  };
}

double half_cosine(double part) {
  return 0.5 * (1 + std::cos(std::numbers::pi * part));
}

Factor by_pieces(const std::vector<RatePiece>& pieces) {
  return [pieces](std::int64_t step, std::int64_t) {
    const auto end = pieces.end() - 1;
    return std::find_if(pieces.begin(), end, [step](const RatePiece& one) { return step < one.until; })->factor;
  };
}

using Maker = Factor (*)(double rate, const RateSettings& settings);

const std::map<std::string, Maker>& makers() {
  static const std::map<std::string, Maker> all{
      {"constant", [](double, const RateSettings&) -> Factor { return nullptr; }},
      {"constant_with_warmup",
       [](double, const RateSettings& s) { return warmed(s.warmup, [](double) { return 1.0; }); }},
      {"linear", [](double, const RateSettings& s) { return warmed(s.warmup, [](double q) { return 1 - q; }); }},
      {"cosine", [](double, const RateSettings& s) { return warmed(s.warmup, half_cosine); }},
      {"cosine_with_restarts",
       [](double, const RateSettings& s) {
         return warmed(s.warmup, [cycles = s.cycles](double q) {
           return q >= 1 ? 0.0 : half_cosine(std::fmod(cycles * q, 1.0));
         });
       }},
      {"polynomial",
       [](double rate, const RateSettings& s) {
         return warmed(s.warmup, [rate, power = s.power](double q) {
           return ((rate - kLastRate) * std::pow(1 - q, power) + kLastRate) / rate;
         });
       }},
      {"piecewise_constant", [](double, const RateSettings& s) { return by_pieces(s.pieces); }},
  };
  return all;
}

template <class Number>
Number number_in(const std::string& text, const std::string& whole) {
  Number value{};
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || rest != text.data() + text.size() || !(value >= Number{0}))
    throw std::invalid_argument(
        "'" + whole + "': expected factor:step, …, factor, such as 1:100,0.5:200,0.1, and not '" + text + "'");
  return value;
}

}  // namespace

std::vector<RatePiece> rate_pieces(const std::string& text) {
  std::vector<RatePiece> pieces;
  for (std::size_t from = 0;;) {
    const std::size_t comma = std::min(text.find(',', from), text.size());
    const std::string piece = text.substr(from, comma - from);
    const std::size_t colon = piece.find(':');
    const bool last = comma == text.size();
    if (last != (colon == std::string::npos))
      throw std::invalid_argument("'" + text +
                                  "': every factor but the last has a step, until which it holds: 1:100,0.1");
    pieces.push_back({number_in<double>(piece.substr(0, colon), text),
                      last ? 0 : number_in<std::int64_t>(piece.substr(colon + 1), text)});
    if (last) return pieces;
    if (pieces.size() > 1 && pieces.back().until <= pieces[pieces.size() - 2].until)
      throw std::invalid_argument("'" + text + "': the steps ascend");
    from = comma + 1;
  }
}

std::string text_of(const std::vector<RatePiece>& pieces) {
  std::ostringstream text;
  text.precision(17);
  for (const RatePiece& piece : pieces) {
    const bool last = &piece == &pieces.back();
    text << piece.factor << (last ? "" : ":" + std::to_string(piece.until) + ",");
  }
  return text.str();
}

Rate::Rate(double learning_rate, const RateSettings& settings) : learning_rate_(learning_rate), settings_(settings) {
  const auto maker = makers().find(settings.schedule);
  if (maker == makers().end()) throw std::invalid_argument("no learning rate schedule '" + settings.schedule + "'");
  factor_ = maker->second(learning_rate, settings);
}

double Rate::operator()(std::int64_t step, std::int64_t steps) const {
  return factor_ ? learning_rate_ * factor_(step, steps) : learning_rate_;
}

}  // namespace learning
