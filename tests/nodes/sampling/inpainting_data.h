// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <fstream>
#include <opencv2/core.hpp>
#include <sstream>
#include <string>

#include "imaging/files/picture.h"
#include "nodes/values.h"
#include "tensors/npz.h"
#include "tensors/safetensors.h"
#include "tests/imaging/fixtures.h"
#include "tests/reference.h"

/// What tests/data/control has for inpainting.
namespace inpaint_data {

inline std::filesystem::path file(const std::string& name) {
  return std::filesystem::path(SOURCE_DIR) / "tests/data/control" / name;
}
inline tensors::Npz vectors(const std::string& name) {
  return tensors::read_npz(file("vectors/" + name + ".npz"));
}
inline nodes::Image picture(const std::string& name) {
  return {imaging::read_picture(file("pictures/" + name + ".png").string())};
}
inline nodes::Mask mask(const std::string& name) {
  nodes::Mask mask;
  cv::extractChannel(picture(name).pixels, mask.weights, 0);
  return mask;
}
inline std::string mini() {
  return (reference::sdxl("mini") / "model").string();
}

/// The tiny model with a UNet of nine channels, in a folder that goes with it.
class InpaintingModel {
 public:
  InpaintingModel() {
    namespace fs = std::filesystem;
    for (const auto& entry : fs::directory_iterator(mini())) {
      if (entry.path().filename() != "unet")
        fs::create_symlink(entry.path(), fs::path(folder_.path()) / entry.path().filename());
    }
    const fs::path from = fs::path(mini()) / "unet", to = fs::path(folder_.path()) / "unet";
    fs::create_directory(to);
    std::ostringstream config;
    config << std::ifstream(from / "config.json").rdbuf();
    std::string text = config.str();
    const std::string four = "\"in_channels\": 4";
    text.replace(text.find(four), four.size(), "\"in_channels\": 9");
    std::ofstream(to / "config.json") << text;
    const tensors::SafetensorsFile unet(from / "diffusion_pytorch_model.safetensors");
    const tensors::SafetensorsFile first(file("inpaint9_conv_in.safetensors"));
    std::vector<std::pair<std::string, at::Tensor>> all;
    for (const auto& entry : unet.entries())
      all.emplace_back(entry.name,
                       first.find(entry.name) != nullptr ? first.tensor(entry.name) : unet.tensor(entry).to(at::kHalf));
    tensors::write_safetensors(to / "diffusion_pytorch_model.safetensors", all);
  }
  std::string path() const { return folder_.path(); }

 private:
  const Folder folder_;
};

}  // namespace inpaint_data
