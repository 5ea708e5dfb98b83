// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "methods/learning/rate.h"
#include "tensors/torch.h"

/// How parameters follow their gradients. Nothing is written to: a step makes new tensors of the old ones.
namespace learning {

/// Several tensors that are one thing: parameters, their gradients, a moment of each. f32, on one device.
using Tensors = std::vector<at::Tensor>;

/// The Euclidean norm of all of them together: () f32, on their device.
at::Tensor norm_of(const Tensors& gradients);

/// Each times min(1, most / (norm + 1e-6)), as libtorch's clip_grad_norm_ has it.
Tensors clipped(const Tensors& gradients, const at::Tensor& norm, double most);

/// What an optimiser remembers.
struct Memory {
  std::int64_t steps = 0;  ///< that were made
  /// By moment and parameter: of AdamW the means of gradients and of their squares, of SGD the velocity. Empty before
  /// the first step.
  std::vector<Tensors> moments{};
};

/// A rule by which one step is made. Immutable.
class Rule {
 public:
  virtual ~Rule() = default;
  /// What makes it again: rule_named(name(), numbers()).
  virtual std::string name() const = 0;
  virtual std::vector<double> numbers() const = 0;
  /// How many moments it keeps.
  virtual std::size_t moments() const = 0;
  /// The next value of one parameter. `moments`: as many as it keeps, replaced by the next ones; `number`: of the step,
  /// from 1.
  virtual at::Tensor step(const at::Tensor& parameter, const at::Tensor& gradient, std::vector<at::Tensor>& moments,
                          double rate, std::int64_t number) const = 0;
};

/// Source: Loshchilov and Hutter 2019, algorithm 2, with the roundings of libtorch's optim::AdamW.
class Adamw final : public Rule {
 public:
  struct Settings {
    double beta1 = 0.9, beta2 = 0.999, weight_decay = 0.01, epsilon = 1e-8;
  };
  explicit Adamw(Settings settings) : settings_(settings) {}
  std::string name() const override { return "adamw"; }
  std::vector<double> numbers() const override;
  std::size_t moments() const override { return 2; }
  at::Tensor step(const at::Tensor& parameter, const at::Tensor& gradient, std::vector<at::Tensor>& moments,
                  double rate, std::int64_t number) const override;

 private:
  const Settings settings_;
};

/// Gradient descent, with momentum v ← m·v + g where that is above 0. The decay is of the weights, as AdamW's.
class Sgd final : public Rule {
 public:
  struct Settings {
    double momentum = 0, weight_decay = 0;
  };
  explicit Sgd(Settings settings) : settings_(settings) {}
  std::string name() const override { return "sgd"; }
  std::vector<double> numbers() const override;
  std::size_t moments() const override { return settings_.momentum > 0 ? 1 : 0; }
  at::Tensor step(const at::Tensor& parameter, const at::Tensor& gradient, std::vector<at::Tensor>& moments,
                  double rate, std::int64_t number) const override;

 private:
  const Settings settings_;
};

/// Throws std::invalid_argument: no such rule, or another number of numbers than it has.
std::shared_ptr<const Rule> rule_named(const std::string& name, const std::vector<double>& numbers);

/// A rule with its rate, its bound and what it remembers: a value. Copying shares.
struct Optimiser {
  std::shared_ptr<const Rule> rule;  ///< never null
  Rate rate{};
  double max_norm = 0;  ///< of the gradient; 0: whatever it is
  Memory memory{};

  /// The rate of its next step, of a training of so many.
  double next_rate(std::int64_t steps) const { return rate(memory.steps, steps); }
};

/// What a step makes.
struct Stepped {
  Tensors parameters;
  Optimiser optimiser;
  at::Tensor norm;  ///< of the gradients before they were clipped: ()
};

/// `steps`: of the whole training. Throws std::invalid_argument: a gradient of another shape than its parameter, or
/// moments of other parameters.
Stepped stepped(const Optimiser& optimiser, const Tensors& parameters, const Tensors& gradients, std::int64_t steps);

}  // namespace learning
