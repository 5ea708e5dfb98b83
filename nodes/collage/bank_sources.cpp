// SPDX-License-Identifier: MIT
#include "nodes/collage/bank_sources.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "methods/matching/latent_file.h"
#include "methods/matching/source_files.h"
#include "models/files/content_hash.h"

namespace nodes {
namespace {

using Sources = std::vector<matching::SourceLatent>;

std::string number_text(double value) {
  std::string text = std::to_string(value);
  return text.erase(text.find_last_not_of('0') + 1);
}

/// What does not fit; "" when all does.
std::string misfit(const matching::SourceLatent& source, const SourceVae& vae) {
  const auto differ = [&](const std::string& what, const std::string& found, const std::string& due) {
    return source.path + ": has " + what + found + ", but " + vae.id + " has " + due + ": encode with that model";
  };
  const std::int64_t channels = source.latent.size(0), channels_due = vae.latent_channels;
  if (channels != channels_due) return differ("", std::to_string(channels) + " channels", std::to_string(channels_due));
  const double due = vae.scaling_factor;
  if (std::abs(source.scaling_factor - due) <= 1e-6 * due) return "";
  return differ("the scaling factor ", number_text(source.scaling_factor), number_text(due));
}

}  // namespace

Sources read_sources(const std::string& path) {
  const std::vector<std::string> files = matching::find_latent_files(path);
  Sources sources;
  std::vector<std::string> complaints;
  for (const std::string& file : files) {
    try {
      sources.push_back(matching::read_latent_file(file));
    } catch (const std::runtime_error& e) {
      complaints.emplace_back(e.what());
    }
  }
  refuse(complaints, files.size(), "latent files");
  return sources;
}

void check_fit(const Sources& sources, const SourceVae& vae) {
  std::vector<std::string> complaints;
  for (const matching::SourceLatent& source : sources) {
    if (std::string text = misfit(source, vae); !text.empty()) complaints.push_back(std::move(text));
  }
  refuse(complaints, sources.size(), "latent files");
}

std::string note_of_other_vae(const Sources& sources, const SourceVae& vae) {
  const auto is_other = [&](const matching::SourceLatent& source) {
    if (const auto same = models::same_contents(source.vae_identity, vae.identity)) return !*same;
    return !source.vae_id.empty() && source.vae_id != vae.id;
  };
  const auto first = std::ranges::find_if(sources, is_other);
  if (first == sources.end()) return "";
  const auto count = std::ranges::count_if(sources, is_other);
  return first->path + (count > 1 ? " and " + std::to_string(count - 1) + " more were" : " was") +
         " encoded with the autoencoder " + first->vae_id + ", the model's is " + vae.id +
         ": what is blended in may look off; decoupage encode makes them anew";
}

std::string note_of_missing_pictures(const Sources& sources) {
  const std::vector<std::string> missing = matching::missing_pictures(sources);
  if (missing.empty()) return "";
  const bool one = missing.size() == 1;
  return std::to_string(missing.size()) + " of the pictures that the latent files name " + (one ? "is" : "are") +
         " not there, so collage cannot cut from " + (one ? "it: " : "them: ") + matching::list_of_names(missing) +
         "; put them there, give the folder where they are now as picture_folder, or encode them anew";
}

matching::SourceLatent encode_once(const SourceEncoder& encoder, const std::optional<LatentCache>& cache,
                                   const std::string& picture,
                                   const std::function<void(const std::string&)>& complain) {
  if (!cache) return encoder.encode(picture);
  const std::string name = encoder.cache_name(picture);
  if (std::optional<matching::SourceLatent> known = cache->find(name)) {
    known->path = known->source_path = picture;  // wherever it lay when it was encoded
    known->vae_id = encoder.vae().id;
    return *std::move(known);
  }
  matching::SourceLatent source = encoder.encode(picture);
  try {
    cache->keep(name, source);
  } catch (const std::runtime_error& e) {
    complain("encoded pictures cannot be kept, and will be encoded again next time: " + std::string(e.what()) +
             "; DECOUPAGE_CACHE names another folder");
  }
  return source;
}

}  // namespace nodes
