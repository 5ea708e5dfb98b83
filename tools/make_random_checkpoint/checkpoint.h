// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

/// Folders in diffusers' layout with random weights: as large as the real thing, and nobody's.
namespace make_random_checkpoint {

/// config.json of a part of SDXL base, or of one that is tiny.
nlohmann::json config_of(const std::string& part, const std::string& shape);

/// The file that a part's weights are in.
std::filesystem::path weights_of(const std::filesystem::path& folder, const std::string& part);

/// Writes DIR/PART with its config and its weights in fp16: normal numbers with a deviation of 1/√(fan-in), norms that
/// do nothing, biases of zero, so that activations stay where they are in a trained network.
void write_network(const std::filesystem::path& folder, const std::string& part, const nlohmann::json& config,
                   std::uint64_t seed);

/// Writes the folder's networks into one file of the original layout, as Stability AI published SDXL: for programs that
/// take no folders. Throws what reading the folder throws.
void write_single_file(const std::filesystem::path& folder, const std::filesystem::path& file);

/// Builds the networks of a folder from its files, and its tokenizers. Throws what they throw.
void check(const std::filesystem::path& folder);

/// Writes DIR/tokenizer or DIR/tokenizer_2 in the format of CLIP's: 49408 tokens, of which the bytes and the two at the
/// end are CLIP's own and the others are combinations of letters.
void write_vocabulary(const std::filesystem::path& folder, const std::string& pad_token);

/// Writes a JSON file.
void write_json(const std::filesystem::path& file, const nlohmann::ordered_json& json);

}  // namespace make_random_checkpoint
