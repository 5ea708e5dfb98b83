// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "nodes/collage/encode_sources.h"
#include "program/model_nodes.h"

namespace modules {

/// Encodes by an autoencoder that is read alone.
class VaeEncoding final : public program::SourceEncoding {
 public:
  /// Throws std::invalid_argument for the settings.
  VaeEncoding(std::shared_ptr<nodes::Services> services, nodes::Services::ModelName name,
              const nodes::EncodeSettings& settings);

  std::vector<std::string> pictures(const std::string& path, bool recursive, std::string* notice) const override;
  void check_latents(const std::filesystem::path& file) const override;
  void open() override;
  Encoded encode(const std::string& picture, const std::string& source_path) const override;

 private:
  const std::shared_ptr<nodes::Services> services_;
  const nodes::Services::ModelName name_;
  const nodes::EncodeSettings settings_;
  std::unique_ptr<const nodes::SourceEncoder> encoder_;
};

}  // namespace modules
