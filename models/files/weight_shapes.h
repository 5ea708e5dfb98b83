// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "models/parameters.h"

namespace models {

/// Writes down what a network asks for and gives it tensors without data, of device "meta": what parameters a config
/// makes is known without any weights, and costs no memory. The network cannot be run.
class WeightShapes final : public ParameterSource {
 public:
  using Table = std::vector<std::pair<std::string, std::vector<std::int64_t>>>;

  at::Tensor get(const std::string& name, at::IntArrayRef shape) override {
    table_.emplace_back(name, shape.vec());
    return at::empty(shape, at::device(at::kMeta).dtype(at::kFloat));
  }

  /// In the order in which they were asked for.
  const Table& table() const { return table_; }
  /// Numbers in all of them together.
  std::int64_t count() const {
    std::int64_t sum = 0;
    for (const auto& [name, shape] : table_) sum += c10::multiply_integers(shape);
    return sum;
  }

 private:
  Table table_{};
};

}  // namespace models
