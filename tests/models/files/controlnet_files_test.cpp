// SPDX-License-Identifier: MIT
#include "models/files/controlnet_files.h"

#include <gmock/gmock.h>

#include <fstream>

#include "models/networks/controlnet.h"
#include "tests/models/original_file.h"

namespace models {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

fs::path control_folder(const std::string& name) {
  return fs::path(SOURCE_DIR) / "tests/data/control" / name;
}

class ControlNetFiles : public ::testing::Test {
 protected:
  ControlNetFiles() {
    folder_ = fs::temp_directory_path() / ("decoupage_controlnet_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  ~ControlNetFiles() override { fs::remove_all(folder_); }

  /// The tensors in a file of their own.
  fs::path write(const std::string& name, const original_file::Tensors& tensors) const {
    std::vector<std::pair<std::string, at::Tensor>> all(tensors);
    tensors::write_safetensors(folder_ / name, all);
    return folder_ / name;
  }
  static original_file::Tensors mini() {
    return original_file::tensors_of(control_folder("controlnet/diffusion_pytorch_model.safetensors"));
  }
  /// The same by the names of lllyasviel's code.
  static original_file::Tensors original(const std::string& prefix) {
    original_file::Tensors all;
    original_file::append(all, mini(), prefix,
                          [](const std::string& name) { return original_controlnet_keys(name, 2, 8); });
    return all;
  }
  static ControlNet load(const NetworkFiles& files) {
    WeightFiles weights = files.open({});
    ControlNet network(ControlNetConfig::read(files.config()), weights);
    weights.finish();
    return network;
  }
  ControlNet load(const fs::path& path) const { return load(find_controlnet(path.string(), {}, &unet_)); }
  std::string refusal(const std::string& name, const NetworkFiles* unet = nullptr) const {
    try {
      load(find_controlnet(name, {}, unet));
    } catch (const std::exception& e) {
      return e.what();
    }
    return "not refused";
  }

  fs::path folder_;
  const NetworkFiles unet_ = find_model((reference::sdxl("mini") / "model").string(), {})->network("unet");
};

TEST_F(ControlNetFiles, EveryLayoutIsTheSameNetwork) {
  const ControlNet expected = load(control_folder("controlnet"));
  for (const fs::path& path : {write("diffusers.safetensors", mini()), write("original.safetensors", original("")),
                               write("prefixed.safetensors", original("control_model."))}) {
    const ControlNet found = load(path);
    ASSERT_EQ(found.parameters().size(), expected.parameters().size()) << path;
    for (std::size_t i = 0; i < expected.parameters().size(); ++i) {
      EXPECT_EQ(found.parameters()[i].first, expected.parameters()[i].first) << path;
      EXPECT_TRUE(found.parameters()[i].second.equal(expected.parameters()[i].second)) << path;
    }
    EXPECT_EQ(found.config().encoder.down[2].heads, 3) << "of the model's UNet";
    EXPECT_EQ(found.config().hint_widths, (std::vector<std::int64_t>{2, 4, 8, 8}));
  }
}

TEST_F(ControlNetFiles, AFolderWithAVariantAlone) {
  for (const char* name : {"config.json", "diffusion_pytorch_model.safetensors"})
    fs::copy_file(control_folder("controlnet") / name,
                  folder_ / (name[0] == 'c' ? name : "diffusion_pytorch_model.fp16.safetensors"));
  EXPECT_EQ(load(folder_).parameters().size(), load(control_folder("controlnet")).parameters().size());
}

TEST_F(ControlNetFiles, AFileWithoutAConfigAndAModelIsOfAKnownSize) {
  EXPECT_THAT(
      refusal(write("lone.safetensors", mini()).string()),
      HasSubstr("is of none of the sizes of Stable Diffusion 1, 2 and XL, and has no config.json that says how many "
                "heads its attention has: name the model that it is for ('model')"));
}

TEST_F(ControlNetFiles, SaysWhatAFileIsInstead) {
  original_file::Tensors tensors = mini();
  tensors.emplace_back("task_embedding", at::ones({6, 8}));
  EXPECT_THAT(refusal(write("union.safetensors", tensors).string(), &unet_), HasSubstr("is a union of ControlNets"));
  tensors = original("");
  tensors.emplace_back("lora_controlnet", at::ones({1}));
  EXPECT_THAT(refusal(write("lora.safetensors", tensors).string(), &unet_), HasSubstr("is a Control-LoRA"));
  EXPECT_THAT(refusal(write("adapter.safetensors", {{"adapter.body.0.weight", at::ones({1})}}).string()),
              HasSubstr("it seems to be a T2I-Adapter"));
  EXPECT_THAT(refusal(original_file::mini("unet").string()), HasSubstr("only ControlNets of Stable Diffusion"));
  EXPECT_THAT(refusal((reference::sdxl("mini") / "model").string()), HasSubstr("is a whole model, not a ControlNet"));
  EXPECT_THAT(refusal("no-such-folder"), HasSubstr("there is no such folder or file"));
}

TEST_F(ControlNetFiles, TheEmbeddedOneLiesBesideTheEmbeddedModel) {
  const ModelPlaces places{.embedded = folder_ / "model"};
  EXPECT_THROW(find_controlnet("embedded-canny", places), tensors::FileError);
  EXPECT_THAT(refusal("embedded-kanny"), HasSubstr("or embedded-canny (did you mean 'embedded-canny'?)"));
  fs::copy(control_folder("controlnet"), folder_ / "controlnet-canny");
  EXPECT_EQ(find_controlnet("embedded-canny", places).config_file, folder_ / "controlnet-canny/config.json");
}

TEST_F(ControlNetFiles, MissingTensorsAreNamed) {
  original_file::Tensors tensors = mini();
  std::erase_if(tensors, [](const auto& one) { return one.first == "controlnet_mid_block.weight"; });
  EXPECT_THAT(refusal(write("cut.safetensors", tensors).string(), &unet_),
              HasSubstr("has no tensor 'controlnet_mid_block.weight', expected of shape [24, 24, 1, 1]"));
}

TEST(ControlNetConfig, RefusesWhatIsNotBuilt) {
  const auto refusal = [](const std::string& more) {
    try {
      ControlNetConfig::read(tensors::ConfigReader::parse(
          R"({"block_out_channels": [32], "down_block_types": ["DownBlock2D"])" + more + "}", "config.json"));
    } catch (const tensors::FileError& e) {
      return std::string(e.what());
    }
    return std::string("not refused");
  };
  EXPECT_EQ(refusal(""), "not refused");
  EXPECT_THAT(refusal(R"(, "_class_name": "ControlNetUnionModel")"), HasSubstr("a union of ControlNets"));
  EXPECT_THAT(refusal(R"(, "num_control_type": 6)"), HasSubstr("a union of ControlNets"));
  EXPECT_THAT(refusal(R"(, "_class_name": "UNet2DConditionModel")"), HasSubstr("expected \"ControlNetModel\""));
  EXPECT_THAT(refusal(R"(, "conditioning_embedding_out_channels": [])"), HasSubstr("expected 1 to 8 widths"));
  EXPECT_THAT(refusal(R"(, "controlnet_conditioning_channel_order": "hsv")"), HasSubstr("hsv"));
  EXPECT_THAT(refusal(R"(, "sample_size": 64)"), HasSubstr("sample_size"));
}

}  // namespace
}  // namespace models
