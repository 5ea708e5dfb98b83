// SPDX-License-Identifier: MIT
#include "methods/learning/optimiser.h"

#include <cmath>
#include <stdexcept>

namespace learning {

at::Tensor norm_of(const Tensors& gradients) {
  std::vector<at::Tensor> norms;
  for (const at::Tensor& one : gradients) norms.push_back(one.norm());
  return norms.size() == 1 ? norms.front() : at::stack(norms).norm();
}

Tensors clipped(const Tensors& gradients, const at::Tensor& norm, double most) {
  const at::Tensor factor = (most / (norm + 1e-6)).clamp_max(1);
  Tensors all;
  for (const at::Tensor& one : gradients) all.push_back(one * factor);
  return all;
}

at::Tensor Adamw::step(const at::Tensor& parameter, const at::Tensor& gradient, std::vector<at::Tensor>& moments,
                       double rate, std::int64_t number) const {
  const auto& [beta1, beta2, weight_decay, epsilon] = settings_;
  at::Tensor &mean = moments.at(0), &square = moments.at(1);
  mean = mean.mul(beta1).add_(gradient, 1 - beta1);
  square = square.mul(beta2).addcmul_(gradient, gradient, 1 - beta2);
  const double left1 = 1 - std::pow(beta1, static_cast<double>(number));
  const double left2 = 1 - std::pow(beta2, static_cast<double>(number));
  const at::Tensor spread = (square.sqrt() / std::sqrt(left2)).add_(epsilon);
  return parameter.mul(1 - rate * weight_decay).addcdiv_(mean, spread, -rate / left1);
}

std::vector<double> Adamw::numbers() const {
  return {settings_.beta1, settings_.beta2, settings_.weight_decay, settings_.epsilon};
}

std::vector<double> Sgd::numbers() const {
  return {settings_.momentum, settings_.weight_decay};
}

std::shared_ptr<const Rule> rule_named(const std::string& name, const std::vector<double>& numbers) {
  if (name == "adamw" && numbers.size() == 4)
    return std::make_shared<Adamw>(Adamw::Settings{numbers[0], numbers[1], numbers[2], numbers[3]});
  if (name == "sgd" && numbers.size() == 2) return std::make_shared<Sgd>(Sgd::Settings{numbers[0], numbers[1]});
  throw std::invalid_argument("no optimiser '" + name + "' with " + std::to_string(numbers.size()) + " numbers");
}

at::Tensor Sgd::step(const at::Tensor& parameter, const at::Tensor& gradient, std::vector<at::Tensor>& moments,
                     double rate, std::int64_t number) const {
  at::Tensor way = gradient;
  if (settings_.momentum > 0) {
    at::Tensor& velocity = moments.at(0);
    velocity = number == 1 ? gradient.clone() : velocity.mul(settings_.momentum).add_(gradient);
    way = velocity;
  }
  return parameter.mul(1 - rate * settings_.weight_decay).add_(way, -rate);
}

namespace {

void check(const Optimiser& optimiser, const Tensors& parameters, const Tensors& gradients) {
  if (parameters.size() != gradients.size())
    throw std::invalid_argument(std::to_string(gradients.size()) + " gradients of " +
                                std::to_string(parameters.size()) + " parameters");
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (parameters[i].sizes() == gradients[i].sizes()) continue;
    throw std::invalid_argument("a gradient of the shape " + c10::str(gradients[i].sizes()) + " for a parameter of " +
                                c10::str(parameters[i].sizes()));
  }
  for (const Tensors& moment : optimiser.memory.moments) {
    bool same = moment.size() == parameters.size();
    for (std::size_t i = 0; same && i < moment.size(); ++i) same = moment[i].sizes() == parameters[i].sizes();
    if (!same) throw std::invalid_argument("the optimiser has been used for other parameters");
  }
}

}  // namespace

Stepped stepped(const Optimiser& optimiser, const Tensors& parameters, const Tensors& gradients, std::int64_t steps) {
  check(optimiser, parameters, gradients);
  Stepped made{.parameters = {}, .optimiser = optimiser, .norm = norm_of(gradients)};
  const Tensors used = optimiser.max_norm > 0 ? clipped(gradients, made.norm, optimiser.max_norm) : gradients;
  Memory& memory = made.optimiser.memory;
  if (memory.moments.empty()) {
    memory.moments.resize(optimiser.rule->moments());
    for (Tensors& moment : memory.moments)
      for (const at::Tensor& one : parameters) moment.push_back(at::zeros_like(one));
  }
  ++memory.steps;
  const double rate = optimiser.next_rate(steps);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    std::vector<at::Tensor> own;
    for (const Tensors& moment : memory.moments) own.push_back(moment[i]);
    made.parameters.push_back(optimiser.rule->step(parameters[i], used[i], own, rate, memory.steps));
    for (std::size_t m = 0; m < own.size(); ++m) memory.moments[m][i] = own[m];
  }
  return made;
}

}  // namespace learning
