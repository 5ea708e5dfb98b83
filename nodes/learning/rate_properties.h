// SPDX-License-Identifier: MIT
#pragma once

#include "graph/contract.h"
#include "methods/learning/optimiser.h"

/// Properties of every optimiser: how far it goes, and how that changes.
namespace nodes {

inline constexpr graph::Prop<double> kLearningRate{
    .name = "learning_rate", .help = "of the first step behind the warm-up", .value = 1e-2, .min = 0, .max = 1000};
inline constexpr graph::Prop<std::string> kRateSchedule{.name = "lr_scheduler",
                                                        .help = "how the rate goes on over the loop's turns",
                                                        .value = "constant",
                                                        .choices = learning::Rate::kSchedules};
inline constexpr graph::Prop<std::int64_t> kWarmup{
    .name = "lr_warmup_steps",
    .help = "in which the rate grows from 0; not of constant and piecewise_constant",
    .value = 0,
    .min = 0};
inline constexpr graph::Prop<double> kCycles{
    .name = "lr_cycles", .help = "of cosine_with_restarts", .value = 1.0, .min = 0, .max = 1e6};
inline constexpr graph::Prop<double> kPower{
    .name = "lr_power", .help = "of polynomial", .value = 1.0, .min = 0, .max = 100};
inline constexpr graph::Prop<std::string> kPieces{
    .name = "lr_step_rules",
    .help = "of piecewise_constant: factor:step until which it holds, …, and the last factor: 1:100,0.5:200,0.1",
    .value = "1"};
inline constexpr graph::Prop<double> kMaxNorm{
    .name = "max_grad_norm",
    .help = "gradients that are longer are made so long, all tensors taken together; 0: they are taken as they are",
    .value = 0.0,
    .min = 0,
    .max = 1e9};

/// Throws graph::PropertyError.
inline learning::Rate rate_of(const graph::Props& props) {
  return {props.get(kLearningRate),
          {.schedule = props.get(kRateSchedule),
           .warmup = props.get(kWarmup),
           .cycles = props.get(kCycles),
           .power = props.get(kPower),
           .pieces = props.get(kPieces, learning::rate_pieces)}};
}

}  // namespace nodes
