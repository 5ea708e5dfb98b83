// SPDX-License-Identifier: MIT
#include "modules/models/source_encoding.h"

#include "methods/matching/latent_file.h"
#include "methods/matching/source_files.h"

namespace modules {

VaeEncoding::VaeEncoding(std::shared_ptr<nodes::Services> services, nodes::Services::ModelName name,
                         const nodes::EncodeSettings& settings)
    : services_(std::move(services)), name_(std::move(name)), settings_(settings) {
  nodes::check(settings_);
}

std::vector<std::string> VaeEncoding::pictures(const std::string& path, bool recursive, std::string* notice) const {
  return matching::find_source_pictures(path, recursive, notice);
}

void VaeEncoding::check_latents(const std::filesystem::path& file) const {
  matching::read_latent_file(file);
}

void VaeEncoding::open() {
  encoder_ = std::make_unique<nodes::SourceEncoder>(nodes::source_vae_alone(*services_, name_), services_->device(),
                                                    settings_);
}

program::SourceEncoding::Encoded VaeEncoding::encode(const std::string& picture, const std::string& source_path) const {
  matching::SourceLatent source = encoder_->encode(picture);
  source.source_path = source_path;
  return {static_cast<int>(source.original_width), static_cast<int>(source.original_height),
          static_cast<int>(source.processed_width / source.downsample_factor),
          static_cast<int>(source.processed_height / source.downsample_factor), matching::latent_file_bytes(source)};
}

}  // namespace modules
