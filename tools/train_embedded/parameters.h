// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "models/parameters.h"
#include "tensors/generator.h"

namespace train_embedded {

/// Parameters that learn: one long vector each for weights, gradients, their moments and the running mean of the
/// weights, of which every named tensor is a view. So a step of the optimiser is a few operations on long vectors, and
/// a checkpoint is one file.
///
/// Built in two turns: a network is built on `Layout`, which notes what it asks for, and then again on the parameters
/// themselves, in the same order.
class Layout final : public models::ParameterSource {
 public:
  struct Place {
    std::string name;
    std::vector<std::int64_t> shape;
    std::int64_t offset;
  };
  at::Tensor get(const std::string& name, at::IntArrayRef shape) override;
  /// What follows is named "prefix" + name, so that several networks learn together.
  void begin(const std::string& prefix) { prefix_ = prefix; }

  const std::vector<Place>& places() const { return places_; }
  std::int64_t count() const { return count_; }

 private:
  std::string prefix_{};
  std::vector<Place> places_{};
  std::int64_t count_ = 0;
};

/// A step of learning::Adamw.
struct Step {
  double learning_rate;
  double beta1 = 0.9;
  double beta2 = 0.99;
  double weight_decay = 0.01;  ///< of weights with two dimensions and more
  double max_norm = 1.0;       ///< of the gradient
  double mean_decay = 0.999;   ///< of the running mean
};

class Parameters final : public models::ParameterSource {
 public:
  /// Starts from random weights: normal, 1/√fan-in; those that end a residual branch are zero.
  Parameters(Layout layout, std::uint64_t seed);

  at::Tensor get(const std::string& name, at::IntArrayRef shape) override;
  void begin(const std::string& prefix) { prefix_ = prefix; }

  /// Begins with known weights, by name.
  void begin_with(const models::ParameterTable& weights);

  /// Takes what backward() has left in the gradients and empties them. Returns the gradient's norm before clipping.
  double step(const Step& step);
  std::int64_t steps() const { return steps_; }

  /// Puts the running mean in the place of the weights, and a second time the weights back.
  void swap_mean();

  /// Writes weights, mean and moments; the file is there whole or not at all. Throws tensors::FileError.
  void save(const std::filesystem::path& file) const;
  /// Throws tensors::FileError when the file is of another network.
  void load(const std::filesystem::path& file);
  /// The running mean of all whose name begins with the prefix, which is taken off.
  std::vector<std::pair<std::string, at::Tensor>> mean_of(const std::string& prefix) const;

  std::int64_t count() const { return layout_.count(); }

 private:
  at::Tensor view(const at::Tensor& flat, const Layout::Place& place) const;
  void step_part(const Step& step, double clip, std::int64_t from, std::int64_t count, bool decays);
  void start(std::uint64_t seed);

  const Layout layout_;
  std::string prefix_{};
  at::Tensor weights_, gradient_, mean_, first_, second_;
  std::int64_t steps_ = 0;
};

}  // namespace train_embedded
