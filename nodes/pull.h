// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "graph/contract.h"
#include "nodes/values.h"

/// What attend and attend-layers have in common.
namespace nodes {

inline constexpr graph::Prop<std::string> kFall{
    .name = "fall",
    .help =
        "how strong the pull is at a noise level s; log-log: ln(ln(s + 1.01) + 1) of the word's greatest logit; log: "
        "ln(s + 1.01) of it; ediffi: 0.1 ln(s + 1) of the greatest that any word has",
    .value = "log-log",
    .choices = "log-log|log|ediffi"};
inline constexpr graph::Prop<std::string> kSigmaIndex{
    .name = "sigma_index",
    .help = "which noise level: the turn's, or as the original has it: of as many steps from the schedule's start",
    .value = "current",
    .choices = "current|loop"};

/// By kFall's choices.
models::AttentionFall fall_named(const std::string& name);

/// A conditioning whose words are pulled, too, beside those that are pulled already; itself without any regions.
/// Throws std::runtime_error for one that changes by turns or joins several prompts, and where it is pulled already by
/// other rules.
Conditioning pulled(Conditioning conditioning, std::vector<models::AttentionRegion> regions, models::AttentionFall fall,
                    bool from_start);

}  // namespace nodes
