// SPDX-License-Identifier: MIT
#include "models/files/checkpoint_claims.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "tensors/config_reader.h"
#include "tensors/npz.h"

namespace models {
namespace {

using tensors::FileError;
using tensors::in_quotes;
using tensors::SafetensorsFile;
using Pair = std::pair<std::string_view, std::string_view>;

constexpr std::string_view kEpsilon = "epsilon", kVelocity = "v_prediction", kSample = "sample";

/// What the network predicts, as people write it.
constexpr std::array<Pair, 16> kPredictions{{{"epsilon", kEpsilon},
                                             {"eps", kEpsilon},
                                             {"noise", kEpsilon},
                                             {"eps_prediction", kEpsilon},
                                             {"epsilon_prediction", kEpsilon},
                                             {"v", kVelocity},
                                             {"v_prediction", kVelocity},
                                             {"v_pred", kVelocity},
                                             {"vpred", kVelocity},
                                             {"vprediction", kVelocity},
                                             {"v_parameterization", kVelocity},
                                             {"velocity", kVelocity},
                                             {"sample", kSample},
                                             {"x0", kSample},
                                             {"x_0", kSample},
                                             {"x_start", kSample}}};

/// Keys of metadata behind whichever program's prefix: those that name the prediction, those that are true for
/// velocities, and those that are true for zero terminal SNR.
constexpr std::array<std::string_view, 5> kPredictionKeys{"prediction_type", "predict_key", "prediction",
                                                          "parameterization", "model_prediction_type"};
constexpr std::array<std::string_view, 4> kVelocityKeys{"v_parameterization", "v_pred", "vpred", "v_prediction"};
constexpr std::array<std::string_view, 6> kZeroSnrKeys{
    "zero_terminal_snr", "ztsnr", "zsnr", "zero_snr", "rescale_betas_zero_snr", "enable_zero_terminal_snr"};
constexpr std::array<std::string_view, 3> kClaimPrefixes{"modelspec.", "ss_", "ot_"};

/// Tensors that are there to be seen. Those without numbers and a dot in the name are looked for here.
constexpr std::string_view kVelocityMark = "v_pred", kZeroSnrMark = "ztsnr";
constexpr std::array<Pair, 4> kEdmMarks{{{"edm_vpred.sigma_max", "CosXL's"},
                                         {"edm_vpred.sigma_min", "CosXL's"},
                                         {"edm_mean", "Playground 2.5's"},
                                         {"edm_std", "Playground 2.5's"}}};

/// What `modelspec.architecture` begins with, the longer ones first, with the family's name here.
constexpr std::array<Pair, 5> kArchitectures{{{"stable-diffusion-xl-v1-refiner", "SDXL refiner"},
                                              {"stable-diffusion-xl", "SDXL base"},
                                              {"sdxl", "SDXL base"},
                                              {"stable-diffusion-v1", "Stable Diffusion 1"},
                                              {"stable-diffusion-v2", "Stable Diffusion 2"}}};
/// Words in the names of other architectures, in small letters: their files may have a known one's shapes.
constexpr std::array<std::string_view, 10> kOtherArchitectures{
    "edm", "cosxl", "playground", "flux", "diffusion-v3", "diffusion-3", "video", "cascade", "unclip", "zero123"};

bool has_word(std::string_view text, std::string_view word) {
  const auto is_letter = [&](std::size_t at) {
    return at < text.size() && std::isalnum(static_cast<unsigned char>(text[at])) != 0;
  };
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    if ((at == 0 || !is_letter(at - 1)) && !is_letter(at + word.size())) return true;
  }
  return false;
}

/// In small letters, without quotes (ComfyUI writes JSON) and the spaces around.
std::string plain(std::string_view text) {
  const std::size_t from = text.find_first_not_of(" \t\"'");
  if (from == std::string_view::npos) return "";
  std::string out(text.substr(from, text.find_last_not_of(" \t\"'") - from + 1));
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string underscores(std::string text) {
  std::ranges::replace(text, '-', '_');
  std::ranges::replace(text, ' ', '_');
  return text;
}

/// Programs write these where they have nothing to say.
bool says_nothing(const std::string& value) {
  return value.empty() || value == "none" || value == "null" || value == "unknown";
}

std::string without_prefix(std::string_view key) {
  for (const std::string_view prefix : kClaimPrefixes) {
    if (key.starts_with(prefix)) return underscores(plain(key.substr(prefix.size())));
  }
  return underscores(plain(key));
}

bool is_any(const auto& keys, const std::string& key) {
  return std::ranges::find(keys, key) != keys.end();
}

/// What one entry says, in diffusers' words.
struct Claim {
  std::string value;
  std::string from;  ///< "modelspec.prediction_type"
};

[[noreturn]] void refuse(const SafetensorsFile& file, const std::string& key, const std::string& value,
                         const std::string& expected, const std::string& property) {
  throw FileError(file.path().string() + ": its metadata or config says " + in_quotes(key) + ": " + in_quotes(value) +
                  ", which is not known here: expected " + expected + "; where you know what it means, set " +
                  property + " of the schedule");
}

std::string prediction_of(const SafetensorsFile& file, const std::string& key, const std::string& value) {
  const auto* const found = std::ranges::find(kPredictions, underscores(plain(value)), &Pair::first);
  if (found != kPredictions.end()) return std::string(found->second);
  refuse(file, key, value, "epsilon, v (v_prediction) or sample", "prediction_type");
}

bool truth_of(const SafetensorsFile& file, const std::string& key, const std::string& value,
              const std::string& property) {
  const std::string word = plain(value);
  if (word == "true" || word == "1" || word == "yes") return true;
  if (word == "false" || word == "0" || word == "no") return false;
  refuse(file, key, value, "True or False", property);
}

/// What they all say. Throws when they do not agree.
std::optional<std::string> agreed(const SafetensorsFile& file, const std::vector<Claim>& claims,
                                  const std::string& property) {
  if (claims.empty()) return std::nullopt;
  const Claim& first = claims.front();
  const auto other = std::ranges::find_if(claims, [&](const Claim& claim) { return claim.value != first.value; });
  if (other == claims.end()) return first.value;
  throw FileError(file.path().string() + ": contradicts itself: " + in_quotes(first.from) + " says " + first.value +
                  " and " + in_quotes(other->from) + " says " + other->value + "; set " + property +
                  " of the schedule to what it is");
}

/// kohya's trainers: sd_v1, sd_v2, sd_v2_v. modelspec.architecture: stable-diffusion-v2-512, stable-diffusion-v2-768-v.
std::optional<std::string> prediction_of_version(const std::string& key, const std::string& value) {
  std::string version = underscores(plain(value));
  version.resize(std::min(version.find('/'), version.size()));
  const bool kohya = key == "base_model_version" && version.starts_with("sd_v");
  if (!kohya && !(key == "architecture" && version.starts_with("stable_diffusion_v2_"))) return std::nullopt;
  return std::string(version.ends_with("_v") ? kVelocity : kEpsilon);
}

/// The line "parameterization: v" of the config of Stability AI's code, however deep it stands; empty where there is
/// none.
std::string parameterization_in(const std::filesystem::path& config) {
  constexpr std::string_view kKey = "parameterization:";
  std::istringstream lines(tensors::config_file_text(config));
  for (std::string line; std::getline(lines, line);) {
    const std::string text = plain(std::string_view(line).substr(0, line.find('#')));
    if (text.starts_with(kKey)) return plain(std::string_view(text).substr(kKey.size()));
  }
  return "";
}

std::vector<Claim> predictions(const SafetensorsFile& file) {
  std::vector<Claim> claims;
  if (const auto config = config_of_checkpoint(file.path())) {
    const std::string value = parameterization_in(*config);
    const std::string key = config->filename().string() + ": parameterization";
    if (!says_nothing(value)) claims.push_back({prediction_of(file, key, value), key});
  }
  for (const auto& [key, value] : file.metadata()) {
    const std::string name = without_prefix(key);
    if (says_nothing(plain(value))) continue;
    if (is_any(kPredictionKeys, name)) claims.push_back({prediction_of(file, key, value), key});
    if (is_any(kVelocityKeys, name))
      claims.push_back({std::string(truth_of(file, key, value, "prediction_type") ? kVelocity : kEpsilon), key});
    if (const auto version = prediction_of_version(name, value)) claims.push_back({*version, key});
  }
  if (file.find(std::string(kVelocityMark)) != nullptr)
    claims.push_back({std::string(kVelocity), std::string(kVelocityMark)});
  return claims;
}

/// The first code for Stable Diffusion 1 kept ᾱ of its training beside the weights, and some web UIs read it: it ends
/// at 0 where the betas were rescaled.
bool ends_at_zero(const SafetensorsFile& file) {
  const tensors::SafetensorsEntry* const entry = file.find("alphas_cumprod");
  if (entry == nullptr || entry->shape.size() != 1 || entry->shape[0] < 2 || !at::isFloatingType(entry->dtype))
    return false;
  const at::Tensor alphas = file.tensor(*entry).to(at::kFloat);
  return alphas[0].item<float>() > 0.5F && std::abs(alphas[-1].item<float>()) < 1e-6F;
}

/// A tensor without numbers among the networks says something by being there.
void refuse_unknown_marks(const SafetensorsFile& file) {
  for (const tensors::SafetensorsEntry& entry : file.entries()) {
    const bool empty = std::ranges::count(entry.shape, 0) > 0;
    if (!empty || entry.name.find('.') != std::string::npos) continue;
    if (entry.name == kVelocityMark || entry.name == kZeroSnrMark) continue;
    throw FileError(file.path().string() + ": has the tensor " + in_quotes(entry.name) +
                    " without numbers, which marks something that is not known here; known marks are v_pred and " +
                    "ztsnr. Where it does not matter, take the tensor out of the file");
  }
}

}  // namespace

std::optional<std::filesystem::path> config_of_checkpoint(const std::filesystem::path& file) {
  std::error_code error;
  const std::filesystem::path config = std::filesystem::path(file).replace_extension(".yaml");
  return std::filesystem::is_regular_file(config, error) ? std::optional(config) : std::nullopt;
}

std::optional<std::string> claimed_prediction_type(const SafetensorsFile& file) {
  return agreed(file, predictions(file), "prediction_type");
}

std::optional<bool> claimed_zero_terminal_snr(const SafetensorsFile& file) {
  constexpr const char* kProperty = "rescale_betas_zero_snr";
  std::vector<Claim> claims;
  for (const auto& [key, value] : file.metadata()) {
    if (says_nothing(plain(value)) || !is_any(kZeroSnrKeys, without_prefix(key))) continue;
    claims.push_back({truth_of(file, key, value, kProperty) ? "true" : "false", key});
  }
  if (file.find(std::string(kZeroSnrMark)) != nullptr) claims.push_back({"true", std::string(kZeroSnrMark)});
  if (ends_at_zero(file)) claims.push_back({"true", "alphas_cumprod"});
  const auto said = agreed(file, claims, kProperty);
  return said ? std::optional(*said == "true") : std::nullopt;
}

std::optional<std::int64_t> claimed_side(const SafetensorsFile& file) {
  const auto architecture = file.metadata().find("modelspec.architecture");
  if (architecture != file.metadata().end() && plain(architecture->second).starts_with("stable-diffusion-v2-512"))
    return 512;
  const auto found = file.metadata().find("modelspec.resolution");
  if (found == file.metadata().end()) return std::nullopt;
  const std::string text = plain(found->second);
  std::int64_t width = 0, height = 0;
  const std::size_t x = text.find('x');
  if (x == std::string::npos) return std::nullopt;
  const char* const begin = text.data();
  const auto first = std::from_chars(begin, begin + x, width);
  const auto second = std::from_chars(begin + x + 1, begin + text.size(), height);
  const bool whole = first.ptr == begin + x && second.ptr == begin + text.size();
  if (!whole || width != height || width < 64 || width > 4096 || width % 8 != 0) return std::nullopt;
  return width;
}

std::optional<std::string> claimed_family(const SafetensorsFile& file) {
  const auto found = file.metadata().find("modelspec.architecture");
  if (found == file.metadata().end()) return std::nullopt;
  const std::string said = plain(found->second);
  for (const auto& [begin, family] : kArchitectures) {
    if (said.starts_with(begin)) return std::string(family);
  }
  return std::nullopt;
}

void check_claims(const SafetensorsFile& file, const std::string& family) {
  for (const auto& [mark, whose] : kEdmMarks) {
    if (file.find(std::string(mark)) != nullptr)
      throw FileError(file.path().string() + ": has the tensor " + in_quotes(std::string(mark)) + ", " +
                      std::string(whose) + " mark of a network for the noise levels of EDM (Karras 2022), which are " +
                      "not built: take a model that predicts epsilon, v or sample at the training's timesteps");
  }
  refuse_unknown_marks(file);
  const auto found = file.metadata().find("modelspec.architecture");
  if (found == file.metadata().end()) return;
  const std::string said = plain(found->second);
  const auto is_in = [&](std::string_view other) { return has_word(said, other); };
  const auto named = claimed_family(file);
  if ((named && *named != family) || std::ranges::any_of(kOtherArchitectures, is_in))
    throw FileError(file.path().string() + ": its metadata says 'modelspec.architecture': " + in_quotes(found->second) +
                    ", but its weights have the shapes of " + family +
                    ": other networks of these shapes are not supported");
}

}  // namespace models
