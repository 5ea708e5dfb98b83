// SPDX-License-Identifier: MIT
#include "models/text/textual_inversion.h"

#include <algorithm>
#include <sstream>

#include "tensors/npz.h"
#include "tensors/safetensors.h"

namespace models {
namespace {

using tensors::FileError;

/// (n, width) f32.
at::Tensor vectors(const tensors::SafetensorsFile& file, const tensors::SafetensorsEntry& entry) {
  const std::string place = file.path().string() + ": " + tensors::in_quotes(entry.name) + ": ";
  at::Tensor tensor = file.tensor(entry);
  if (!tensor.is_floating_point()) throw FileError(place + "expected numbers in floating point");
  if (tensor.dim() == 1) tensor = tensor.unsqueeze(0);
  if (tensor.dim() != 2 || tensor.numel() == 0) {
    std::ostringstream shape;
    shape << tensor.sizes();
    throw FileError(place + "expected a shape of [vectors, width], found " + shape.str());
  }
  tensor = tensor.to(at::kFloat, /*non_blocking=*/false, /*copy=*/true);  // and not a view of the file
  if (!tensor.isfinite().all().item<bool>()) throw FileError(place + "has values that are not finite");
  return tensor;
}

std::string names(const tensors::SafetensorsFile& file) {
  constexpr std::size_t kShown = 5;
  std::string list;
  for (std::size_t i = 0; i < std::min(file.entries().size(), kShown); ++i)
    list += (i == 0 ? "" : ", ") + tensors::in_quotes(file.entries()[i].name);
  if (file.entries().size() > kShown) list += " and " + std::to_string(file.entries().size() - kShown) + " more";
  return list.empty() ? "none" : list;
}

TextualInversion read(const tensors::SafetensorsFile& file) {
  TextualInversion inversion;
  inversion.source = file.path().string();
  const auto is_sdxl = [](const tensors::SafetensorsEntry& entry) {
    return entry.name == "clip_l" || entry.name == "clip_g" || entry.name == "text_encoders_0" ||
           entry.name == "text_encoders_1";
  };
  if (!file.entries().empty() && std::ranges::all_of(file.entries(), is_sdxl)) {
    for (const tensors::SafetensorsEntry& entry : file.entries()) {
      const bool first = entry.name == "clip_l" || entry.name == "text_encoders_0";
      at::Tensor& target = first ? inversion.clip_l : inversion.clip_g;
      if (target.defined())
        throw FileError(inversion.source + ": " + tensors::in_quotes(entry.name) + " is there under another name, too");
      target = vectors(file, entry);
    }
  } else if (const tensors::SafetensorsEntry* entry = file.find("emb_params")) {
    inversion.clip_l = vectors(file, *entry);
  } else if (file.entries().size() == 1) {
    inversion.clip_l = vectors(file, file.entries().front());
  } else {
    throw FileError(inversion.source +
                    ": is not a textual inversion: expected 'clip_l' and 'clip_g' (SDXL), or one tensor "
                    "such as 'emb_params' (Stable Diffusion 1.x), found " +
                    names(file));
  }
  return inversion;
}

/// The i-th of n vectors.
at::Tensor one_of(const TextualInversion& inversion, const at::Tensor& all, std::size_t i, std::size_t n) {
  if (!all.defined()) return all;
  if (all.size(0) != static_cast<std::int64_t>(n))
    throw FileError(inversion.source + ": has " + std::to_string(all.size(0)) + " vectors for " + std::to_string(n) +
                    " tokens; give one token, which then stands for all of them, or as many tokens as vectors");
  return all.narrow(0, static_cast<std::int64_t>(i), 1);
}

}  // namespace

std::vector<TextualInversion> read_textual_inversion(const std::filesystem::path& file,
                                                     const std::vector<std::string>& tokens) {
  TextualInversion all = read(tensors::SafetensorsFile(file));
  if (tokens.empty()) throw FileError(all.source + ": needs a token to stand for it, such as '<cat-toy>'");
  if (tokens.size() == 1) {
    all.token = tokens.front();
    return {all};
  }
  std::vector<TextualInversion> inversions;
  for (std::size_t i = 0; i < tokens.size(); ++i)
    inversions.push_back(
        {tokens[i], one_of(all, all.clip_l, i, tokens.size()), one_of(all, all.clip_g, i, tokens.size()), all.source});
  return inversions;
}

}  // namespace models
