// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace base {

/// [A-Za-z_][A-Za-z0-9_-]*: what graphs, nodes, params, ports and types may be called.
bool is_name(const std::string& text);

/// "guidance_scale" for guidanceScale, guidance-scale and guidance_scale: what names that other programs write with
/// capitals or dashes have in common.
std::string snake_case(const std::string& name);

/// "a, b, c"
std::string joined(const std::vector<std::string>& words);

/// "a, b or c"
std::string listed(const std::vector<std::string>& words);

/// The candidate that was probably meant by a word that is not among them, the first of equals; nullptr when none is
/// near or the word has more than 100 letters. Distance: optimal string alignment (insert, delete, replace a letter,
/// swap two neighbours), at most a third of the word's length, but at least 1 and at most 12.
const std::string* nearest(const std::string& word, const std::vector<std::string>& candidates);

/// " (did you mean 'width'?)", or "" when no candidate is near.
std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace base
