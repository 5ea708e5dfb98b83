// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <string>

/// What numpy's legacy generator and Python's `random` have in common: MT19937, which std::mt19937 is, seed for seed.
namespace tensors {

/// MT19937 seeded by words, of which there is at least one.
/// Source: Matsumoto and Nishimura 2002, initialisation by an array.
std::mt19937 twister_of(std::span<const std::uint32_t> words);

/// Uniform in [0, 1): 53 bits of two draws.
double unit_double(std::mt19937& twister);

/// Where it stands, as the standard library writes it.
std::string twister_text(const std::mt19937& twister);
/// Throws std::invalid_argument for another text.
std::mt19937 twister_from(const std::string& text);

}  // namespace tensors
