// SPDX-License-Identifier: MIT
/// An autoencoder that stands alone, in one file.
#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "models/files/model_files_known.h"
#include "models/files/weight_shapes.h"
#include "models/model.h"
#include "tensors/npz.h"
#include "tests/models/original_file.h"
#include "tests/observers/temp_folder.h"

namespace models {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class AutoencoderFile : public FolderTest {
 protected:
  /// A file whose data is a hole: tensors of zeros, which take no room.
  std::string sketch(const std::string& name, const std::vector<std::pair<std::string, std::vector<std::int64_t>>>& all,
                     const std::string& architecture = "") const {
    nlohmann::json header = nlohmann::json::object();
    if (!architecture.empty()) header["__metadata__"]["modelspec.architecture"] = architecture;
    std::uint64_t end = 0;
    for (const auto& [key, shape] : all) {
      const std::uint64_t begin = end;
      end += 4 * static_cast<std::uint64_t>(c10::multiply_integers(shape));
      header[key] = {{"dtype", "F32"}, {"shape", shape}, {"data_offsets", {begin, end}}};
    }
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    const std::uint64_t size = text.size();
    std::ofstream(folder_ / name, std::ios::binary)
        << std::string(reinterpret_cast<const char*>(&size), sizeof size) << text;
    fs::resize_file(folder_ / name, 8 + size + end);
    return path(name);
  }
  /// SDXL's and Stable Diffusion's: they have the same shapes.
  static std::vector<std::pair<std::string, std::vector<std::int64_t>>> tensors(bool original,
                                                                                const std::string& prefix = "") {
    const KnownNetwork& known = *std::ranges::find(known_checkpoints().front().networks, "vae", &KnownNetwork::part);
    WeightShapes shapes;
    make_autoencoder(tensors::ConfigReader::parse(std::string(known.config), "config"), shapes);
    const WeightLayout layout = layout_of(known);
    std::vector<std::pair<std::string, std::vector<std::int64_t>>> all;
    for (const auto& [name, shape] : shapes.table()) {
      const Origin origin = original ? layout.origins(name).front() : Origin{name};
      std::vector<std::int64_t> there = shape;
      if (origin.squeezed && there.size() == 2) there.insert(there.end(), {1, 1});
      all.emplace_back(prefix + origin.key, there);
    }
    return all;
  }
  std::string refused(const std::string& file) const {
    try {
      find(file, "StableDiffusionXLPipeline");
    } catch (const tensors::FileError& e) {
      return e.what();
    }
    return "not refused";
  }
  static NetworkFiles find(const std::string& file, const std::string& pipeline) {
    return find_autoencoder(file, {}, [&] { return pipeline; });
  }
  static double factor(const NetworkFiles& files) { return load_autoencoder(files, {})->scaling_factor(); }
};

TEST_F(AutoencoderFile, LoadsInTheOriginalLayoutAndInDiffusers) {
  for (const std::string& file :
       {sketch("sdxl_vae.safetensors", tensors(true)), sketch("sdxl-b.safetensors", tensors(false)),
        sketch("xl-cut.safetensors", tensors(true, "first_stage_model."))}) {
    const NetworkFiles files = find(file, "StableDiffusionPipeline");
    EXPECT_DOUBLE_EQ(factor(files), 0.13025) << file;
    EXPECT_EQ(files.notice, file + ": is taken for an autoencoder of SDXL base by its name: scaling factor 0.13025");
  }
}

TEST_F(AutoencoderFile, ItsScalingFactorIsItsFamilys) {
  EXPECT_DOUBLE_EQ(
      factor(find(sketch("vae-ft-mse-840000-ema-pruned.safetensors", tensors(true)), "StableDiffusionXLPipeline")),
      0.18215);
  const std::string unsaid = sketch("vae.safetensors", tensors(true));
  const NetworkFiles xl = find(unsaid, "StableDiffusionXLPipeline"), first = find(unsaid, "StableDiffusionPipeline");
  EXPECT_DOUBLE_EQ(factor(xl), 0.13025);
  EXPECT_DOUBLE_EQ(factor(first), 0.18215);
  EXPECT_THAT(first.notice, HasSubstr("by the model that it works with: scaling factor 0.18215"));
  const NetworkFiles said =
      find(sketch("x.safetensors", tensors(true), "stable-diffusion-xl-v1-base/vae"), "StableDiffusionPipeline");
  EXPECT_DOUBLE_EQ(factor(said), 0.13025);
  EXPECT_THAT(said.notice, HasSubstr("by its metadata"));
}

TEST_F(AutoencoderFile, TakesTheConfigBesideIt) {
  const NetworkFiles files = find(original_file::mini("vae").string(), "StableDiffusionPipeline");
  EXPECT_EQ(files.config_file, original_file::mini("vae").parent_path() / "config.json");
  EXPECT_EQ(files.notice, "");
  EXPECT_NO_THROW(load_autoencoder(files, {}));
}

TEST_F(AutoencoderFile, AFolderMayHaveAVariantAlone) {
  const fs::path folder = folder_ / "vae";
  fs::copy(original_file::mini("vae").parent_path(), folder, fs::copy_options::recursive);
  fs::rename(folder / "diffusion_pytorch_model.safetensors", folder / "diffusion_pytorch_model.bf16.safetensors");
  EXPECT_EQ(find(folder.string(), "").weights.filename(), "diffusion_pytorch_model.bf16.safetensors");
}

TEST_F(AutoencoderFile, OfAnotherModelIsNamed) {
  const auto conv = [](std::int64_t latents) {
    return std::vector<std::pair<std::string, std::vector<std::int64_t>>>{
        {"decoder.conv_in.weight", {512, latents, 3, 3}}, {"decoder.up.0.block.0.conv1.weight", {128, 128, 3, 3}}};
  };
  EXPECT_THAT(refused(sketch("ae.safetensors", conv(16))),
              AllOf(HasSubstr("'decoder.conv_in.weight' has the shape [512, 16, 3, 3]"),
                    HasSubstr("Stable Diffusion 3 or Flux")));
  EXPECT_THAT(refused(sketch("lora.safetensors", {{"lora_unet_x.lora_down.weight", {1, 1}}})),
              HasSubstr("is not an autoencoder: it seems to be a LoRA"));
  EXPECT_THAT(refused(sketch("x.safetensors", {{"x", {1}}})), HasSubstr("is not an autoencoder, which has tensors"));
}

}  // namespace
}  // namespace models
