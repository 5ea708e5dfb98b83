// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace learning {

/// A piece of a rate that goes by pieces.
struct RatePiece {
  double factor = 1;
  std::int64_t until = 0;  ///< the first step that is not of it; of the last piece: not read

  bool operator==(const RatePiece&) const = default;
};

/// "0.1:1,0.5:2,0.25": factor:until, in ascending order, and the last factor alone. Throws std::invalid_argument.
std::vector<RatePiece> rate_pieces(const std::string& text);

/// The same as text.
std::string text_of(const std::vector<RatePiece>& pieces);

/// How the learning rate goes on over a training. Names and numbers are those of diffusers' get_scheduler.
struct RateSettings {
  std::string schedule = "constant";
  std::int64_t warmup = 0;            ///< steps; not of constant and piecewise_constant
  double cycles = 1;                  ///< of cosine_with_restarts
  double power = 1;                   ///< of polynomial
  std::vector<RatePiece> pieces{{}};  ///< of piecewise_constant

  bool operator==(const RateSettings&) const = default;
};

/// The learning rate of a step, `steps` being those of the whole training; both count from 0, and beyond the last step
/// the rate stays where it came to. Immutable, safe to call from several threads.
class Rate {
 public:
  Rate() = default;
  /// Throws std::invalid_argument: no schedule of that name.
  Rate(double learning_rate, const RateSettings& settings);

  double operator()(std::int64_t step, std::int64_t steps) const;

  double learning_rate() const { return learning_rate_; }
  const RateSettings& settings() const { return settings_; }

  /// "constant|constant_with_warmup|…", for a property's choices.
  static constexpr const char* kSchedules =
      "constant|constant_with_warmup|linear|cosine|cosine_with_restarts|polynomial|piecewise_constant";

 private:
  double learning_rate_ = 1e-3;
  RateSettings settings_{};
  std::function<double(std::int64_t step, std::int64_t steps)> factor_{};  ///< none: 1
};

}  // namespace learning
