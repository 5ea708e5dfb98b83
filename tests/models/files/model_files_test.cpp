// SPDX-License-Identifier: MIT
#include "models/files/model_files.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include "models/files/model_files_known.h"
#include "models/files/weight_shapes.h"
#include "models/networks/autoencoder.h"
#include "models/networks/unet.h"
#include "models/text/clip.h"
#include "tensors/npz.h"
#include "tests/models/original_file.h"
#include "tests/observers/temp_folder.h"

namespace models {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class ModelFilesTest : public FolderTest {
 protected:
  ModelFilesTest() { fs::create_directories(places_.hub_cache = folder_ / "hub"); }

  /// A copy of the tiny model that a test may break.
  fs::path copy(const std::string& name = "model") const {
    fs::create_directories((folder_ / name).parent_path());
    fs::copy(reference::sdxl("mini") / "model", folder_ / name, fs::copy_options::recursive);
    return folder_ / name;
  }
  template <class Action>
  static std::string refusal(const Action& action) {
    try {
      action();
    } catch (const tensors::FileError& e) {
      return e.what();
    }
    return "not refused";
  }
  std::string refused(const std::string& model) const {
    return refusal([&] { find_model(model, places_); });
  }
  fs::path checkpoint(const original_file::Tensors& tensors,
                      const std::map<std::string, std::string>& about = {}) const {
    tensors::write_safetensors(folder_ / "checkpoint.safetensors", tensors, about);
    return folder_ / "checkpoint.safetensors";
  }
  /// As much of a checkpoint as it takes to know which it is.
  static original_file::Tensors sketch(std::int64_t channels, std::int64_t context, int depth, std::int64_t in = 4) {
    original_file::Tensors tensors{{"model.diffusion_model.input_blocks.0.0.weight", at::zeros({channels, in, 3, 3})}};
    for (int i = 0; i < depth; ++i)
      tensors.emplace_back(
          "model.diffusion_model.middle_block.1.transformer_blocks." + std::to_string(i) + ".attn2.to_k.weight",
          at::zeros({1, context}));
    return tensors;
  }
  std::unique_ptr<const ModelFiles> open(const original_file::Tensors& tensors) const {
    return find_model(checkpoint(tensors).string(), places_);
  }
  void write_vocabulary(const std::string& folder,
                        const std::string& vocabulary = R"({"<|startoftext|>": 49406})") const {
    write(folder + "/vocab.json", vocabulary);
    write(folder + "/merges.txt", "#version: 0.2\n");
    write(folder + "/tokenizer_config.json", "{}");
  }

  ModelPlaces places_;
};

TEST_F(ModelFilesTest, AFolderHasItsParts) {
  const auto model = find_model((reference::sdxl("mini") / "model").string(), places_);
  EXPECT_EQ(model->pipeline(), "StableDiffusionXLPipeline");
  EXPECT_TRUE(model->force_zeros_for_empty_prompt());
  EXPECT_FALSE(model->requires_aesthetics_score());
  for (const char* part : {"unet", "vae", "text_encoder", "text_encoder_2"}) {
    EXPECT_TRUE(model->has(part));
    EXPECT_NO_THROW(model->network(part).open({}));
    EXPECT_EQ(model->network(part).config().name(), (model->place() / part / "config.json").string());
  }
  EXPECT_EQ(model->tokenizer("tokenizer_2").folder.filename(), "tokenizer_2");
  EXPECT_THAT(model->scheduler({}).text, HasSubstr("EulerDiscreteScheduler"));
  EXPECT_EQ(model->scheduler({}).name, (model->place() / "scheduler/scheduler_config.json").string());
}

TEST_F(ModelFilesTest, ARefinerHasOneTextEncoder) {
  REQUIRE_REFERENCE("refiner");
  const auto model = find_model((reference::sdxl("refiner") / "model").string(), places_);
  EXPECT_FALSE(model->has("text_encoder"));
  EXPECT_TRUE(model->has("text_encoder_2"));
  EXPECT_TRUE(model->requires_aesthetics_score());
  EXPECT_FALSE(model->force_zeros_for_empty_prompt());
  EXPECT_THAT(refusal([&] { static_cast<void>(model->network("text_encoder")); }),
              HasSubstr("model_index.json: this StableDiffusionXLImg2ImgPipeline has no text_encoder"));
}

TEST_F(ModelFilesTest, AMissingPartIsNamedWhenItIsAskedFor) {
  const fs::path folder = copy();
  fs::remove_all(folder / "vae");
  fs::remove(folder / "unet/config.json");
  fs::remove(folder / "tokenizer/merges.txt");
  const auto model = find_model(folder.string(), places_);
  EXPECT_THAT(refusal([&] { static_cast<void>(model->network("vae")); }),
              AllOf(HasSubstr(folder.string() + ": its vae is incomplete: looked for config.json in"),
                    HasSubstr("which is not a folder")));
  EXPECT_THAT(refusal([&] { static_cast<void>(model->network("unet")); }), HasSubstr("its unet is incomplete"));
  EXPECT_THAT(refusal([&] { static_cast<void>(model->tokenizer("tokenizer")); }),
              HasSubstr("looked for merges.txt in"));
  EXPECT_NO_THROW(static_cast<void>(model->network("text_encoder")));
}

TEST_F(ModelFilesTest, HalvesAreTakenWhereNothingElseIs) {
  const fs::path folder = copy(), unet = folder / "unet";
  const auto weights = [&] { return find_model(folder.string(), places_)->network("unet").weights.filename(); };
  fs::copy(unet / "diffusion_pytorch_model.safetensors", unet / "diffusion_pytorch_model.fp16.safetensors");
  EXPECT_EQ(weights(), "diffusion_pytorch_model.safetensors");
  fs::remove(unet / "diffusion_pytorch_model.safetensors");
  EXPECT_EQ(weights(), "diffusion_pytorch_model.fp16.safetensors");
  std::ofstream(unet / "diffusion_pytorch_model.safetensors.index.json") << "{}";
  EXPECT_EQ(weights(), "diffusion_pytorch_model.safetensors.index.json");
}

TEST_F(ModelFilesTest, EveryVariantIsFoundInOnePieceAndInSeveral) {
  for (const std::string variant : {"fp16", "bf16", "fp32"}) {
    for (const std::string& name : {"diffusion_pytorch_model." + variant + ".safetensors",
                                    "diffusion_pytorch_model.safetensors.index." + variant + ".json",
                                    "diffusion_pytorch_model." + variant + ".safetensors.index.json"}) {
      const fs::path folder = copy(variant + name);
      fs::rename(folder / "unet/diffusion_pytorch_model.safetensors", folder / "unet" / name);
      EXPECT_EQ(find_model(folder.string(), places_)->network("unet").weights.filename(), name);
    }
  }
}

TEST_F(ModelFilesTest, OtherFormatsAreNamed) {
  write("m.gguf", "GGUF\3");
  EXPECT_THAT(refused(path("m.gguf")), AllOf(HasSubstr("is a GGUF file"), HasSubstr("give the .safetensors")));
  EXPECT_THAT(refusal([&] { locate_weights(path("m.gguf"), places_); }), HasSubstr("is a GGUF file"));
  write("g.safetensors", "GGUF\3");
  EXPECT_THAT(refused(path("g.safetensors")), HasSubstr("is a GGUF file"));
  write("p.safetensors", "PK\3\4");
  EXPECT_THAT(refused(path("p.safetensors")), HasSubstr("is a PyTorch pickle"));
}

TEST_F(ModelFilesTest, APartsFolderIsNamed) {
  write("control/config.json", R"({"_class_name": "ControlNetModel"})");
  EXPECT_THAT(refused(path("control")), AllOf(HasSubstr("is a ControlNetModel alone"), HasSubstr("model_index.json")));
}

TEST_F(ModelFilesTest, ATildeIsTheHomeFolder) {
  copy("home/models/tiny");
  write("home/loras/a.safetensors", "");
  const std::string kept = getenv("HOME") == nullptr ? "" : getenv("HOME");
  setenv("HOME", path("home").c_str(), 1);
  EXPECT_EQ(find_model("~/models/tiny", places_)->place(), folder_ / "home/models/tiny");
  EXPECT_EQ(locate_weights("~/loras/a.safetensors", places_), folder_ / "home/loras/a.safetensors");
  for (const auto& [variable, folder] :
       {std::pair{"HF_HUB_CACHE", ""}, {"HF_HOME", "/hub"}, {"XDG_CACHE_HOME", "/huggingface/hub"}}) {
    setenv(variable, "~/x", 1);
    EXPECT_EQ(ModelPlaces::from_environment({}).hub_cache, path("home") + "/x" + folder) << variable;
    unsetenv(variable);
  }
  setenv("DECOUPAGE_CLIP_VOCAB", "~/v", 1);
  EXPECT_EQ(ModelPlaces::from_environment({}).vocabulary, path("home") + "/v");
  unsetenv("DECOUPAGE_CLIP_VOCAB");
  setenv("HOME", kept.c_str(), 1);
}

TEST_F(ModelFilesTest, AHubIdMayNameARevision) {
  const auto place = [&](const std::string& id) { return find_model(id, places_)->place().filename().string(); };
  copy("hub/models--org--tiny/snapshots/0123abcd0000");
  copy("hub/models--org--tiny/snapshots/4567cdef0000");
  write("hub/models--org--tiny/refs/main", "0123abcd0000");
  write("hub/models--org--tiny/refs/fp16", "4567cdef0000");
  write("hub/models--org--tiny/refs/refs/pr/3", "4567cdef0000");
  write("hub/models--org--tiny/snapshots/4567cdef0000/style.safetensors", "");
  EXPECT_EQ(place("org/tiny"), "0123abcd0000");
  EXPECT_EQ(place("org/tiny@main"), "0123abcd0000");
  EXPECT_EQ(place("org/tiny@fp16"), "4567cdef0000");
  EXPECT_EQ(place("org/tiny@refs/pr/3"), "4567cdef0000");
  EXPECT_EQ(place("org/tiny@4567cdef0000"), "4567cdef0000");
  EXPECT_EQ(place("org/tiny@4567cde"), "4567cdef0000") << "the beginning of a hash";
  for (const char* id : {"org/tiny@fp16/style.safetensors", "org/tiny@refs/pr/3/style.safetensors"})
    EXPECT_EQ(locate_weights(id, places_).filename(), "style.safetensors") << id;
  EXPECT_THAT(refused("org/tiny@v2"), AllOf(HasSubstr("has no revision 'v2' in "),
                                            HasSubstr("huggingface-cli download org/tiny --revision v2")));
  for (const char* id : {"org/tiny@", "org/tiny@../x", "org/tiny@a/../b", "org@a/tiny", "org/tiny@.git"})
    EXPECT_THAT(refused(id), HasSubstr("it is not a hub id")) << id;
}

TEST_F(ModelFilesTest, AUnetThatTakesMoreInIsNamed) {
  const auto why = [&](std::int64_t in, std::int64_t more) {
    return refusal([&] { open(sketch(320, 768, 1, in))->check_unet_takes(more); });
  };
  EXPECT_EQ(why(4, 0), "not refused");
  EXPECT_EQ(why(9, 5), "not refused") << "a graph that is for it";
  EXPECT_THAT(why(9, 0), AllOf(HasSubstr("its unet takes 9 channels in and gives 4: it is a model for inpainting"),
                               HasSubstr("this graph gives it latents alone")));
  EXPECT_THAT(why(8, 0), HasSubstr("edits pictures by instruction"));
  EXPECT_THAT(why(5, 0), HasSubstr("with a depth map"));
  EXPECT_THAT(why(7, 0), HasSubstr("enlarges pictures"));
  EXPECT_THAT(why(13, 0), HasSubstr("a model for something else"));
  EXPECT_THAT(why(4, 5), HasSubstr("it takes latents alone, and this graph is for a model for inpainting"));
}

TEST_F(ModelFilesTest, ATokenizerMayBeOneFile) {
  const fs::path folder = copy();
  for (const char* name : {"vocab.json", "merges.txt", "tokenizer_config.json"})
    fs::remove(folder / "tokenizer" / name);
  std::ofstream(folder / "tokenizer/tokenizer.json") << R"({"model": {"vocab": {"<|startoftext|>": 49406}}})";
  EXPECT_EQ(find_model(folder.string(), places_)->tokenizer("tokenizer").folder, folder / "tokenizer");
  fs::create_directories(folder_ / "tokenizer");
  fs::copy(folder / "tokenizer/tokenizer.json", folder_ / "tokenizer/tokenizer.json");
  EXPECT_EQ(open(sketch(320, 2048, 10))->tokenizer("tokenizer").folder, folder_ / "tokenizer") << "beside a checkpoint";
}

TEST_F(ModelFilesTest, APickleIsNeverRead) {
  const fs::path folder = copy();
  fs::rename(folder / "unet/diffusion_pytorch_model.safetensors", folder / "unet/diffusion_pytorch_model.bin");
  EXPECT_THAT(refusal([&] { static_cast<void>(find_model(folder.string(), places_)->network("unet")); }),
              AllOf(HasSubstr("looked for diffusion_pytorch_model.safetensors, "),
                    HasSubstr("diffusion_pytorch_model.bin is a pickle"), HasSubstr("convert it to .safetensors")));
  for (const char* name : {"model.ckpt", "model.pt", "model.bin", "model.pth"}) {
    write(name, "");
    EXPECT_THAT(refused(path(name)), AllOf(HasSubstr(name), HasSubstr("convert it to .safetensors")));
  }
}

TEST_F(ModelFilesTest, AFolderOfSomethingElseSaysSo) {
  write("empty/readme", "");
  EXPECT_THAT(refused(path("empty")), HasSubstr("has no model_index.json"));
  write("flux/model_index.json",
        R"({"_class_name": "FluxPipeline", "transformer": ["diffusers", "FluxTransformer2DModel"]})");
  EXPECT_THAT(refused(path("flux")), HasSubstr("is a FluxPipeline, which has no unet"));
  write("odd/model_index.json", "[]");
  EXPECT_THAT(refused(path("odd")), HasSubstr("is not a JSON object"));
  write("odd/model_index.json", R"({"_class_name": "P", "force_zeros_for_empty_prompt": 1})");
  EXPECT_THAT(refused(path("odd")), HasSubstr("force_zeros_for_empty_prompt: expected true or false, found 1"));
  write("odd/model_index.json", R"({"_class_name": "P", "unet": ["diffusers", "UNet3DConditionModel"]})");
  EXPECT_THAT(refusal([&] { static_cast<void>(find_model(path("odd"), places_)->network("unet")); }),
              HasSubstr("unet: 'UNet3DConditionModel' is not supported, only UNet2DConditionModel"));
}

TEST_F(ModelFilesTest, AHubIdIsFoundInTheCache) {
  copy("hub/models--org--tiny.xl-1/snapshots/0123abcd");
  write("hub/models--org--tiny.xl-1/refs/main", "0123abcd");
  EXPECT_EQ(find_model("org/tiny.xl-1", places_)->place().filename(), "0123abcd");
  fs::remove_all(folder_ / "hub/models--org--tiny.xl-1/refs");
  EXPECT_EQ(find_model("org/tiny.xl-1", places_)->place().filename(), "0123abcd") << "the only one that is there";
  EXPECT_THAT(refused("org/other"),
              AllOf(HasSubstr("org/other: there is no such folder or file"), HasSubstr("models--org--other"),
                    HasSubstr("huggingface-cli download org/other")));
}

TEST_F(ModelFilesTest, WeightsAreAFileOrTheOnlyOneOfAFolderOrRepository) {
  const auto found = [&](const std::string& name) { return locate_weights(name, places_).filename().string(); };
  const auto why = [&](const std::string& name) { return refusal([&] { locate_weights(name, places_); }); };
  write("loras/one.safetensors", "");
  EXPECT_EQ(found(path("loras/one.safetensors")), "one.safetensors");
  EXPECT_EQ(found(path("loras")), "one.safetensors");
  write("loras/two.safetensors", "");
  EXPECT_THAT(why(path("loras")), HasSubstr("holds 2 .safetensors files; say which"));
  write("hub/models--org--style/snapshots/a/style.safetensors", "");
  write("hub/models--org--style/snapshots/a/below/emb.safetensors", "");
  EXPECT_EQ(found("org/style"), "style.safetensors");
  EXPECT_EQ(found("org/style/"), "style.safetensors");
  EXPECT_EQ(found("org/style/below/emb.safetensors"), "emb.safetensors");
  EXPECT_THAT(why("org/style/none.safetensors"), HasSubstr("has no none.safetensors"));
  EXPECT_THAT(why("org/style/../../x"), HasSubstr("has no ../../x")) << "no name leads out of the repository";
  EXPECT_THAT(why("nowhere.safetensors"), HasSubstr("there is no such file"));
}

TEST_F(ModelFilesTest, NoNameLeadsOutOfTheCache) {
  copy("outside");
  write("hub/models--org--name/refs/main", "../../../outside");
  write("hub/models--org--name/snapshots/a/x", "");
  write("hub/models--org--name/snapshots/b/x", "");
  EXPECT_THAT(refused("org/name"), HasSubstr("the Hugging Face cache has no"));
  for (const char* id : {"../outside", "org/../outside", "a/b/c", "org/", "/x", "plain"})
    EXPECT_THAT(refused(id), HasSubstr("it is not a hub id")) << id;
}

TEST_F(ModelFilesTest, TheCacheIsWhereTheEnvironmentSays) {
  const auto set = [](const char* name, const char* value) {
    if (value == nullptr) unsetenv(name);
    else setenv(name, value, 1);
  };
  for (const char* name : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"}) set(name, nullptr);
  const std::string home = getenv("HOME") == nullptr ? "" : getenv("HOME");
  set("HOME", "/h");
  set("DECOUPAGE_CLIP_VOCAB", "/v");
  EXPECT_EQ(ModelPlaces::from_environment("/e").hub_cache, "/h/.cache/huggingface/hub");
  EXPECT_EQ(ModelPlaces::from_environment("/e").vocabulary, "/v");
  EXPECT_EQ(ModelPlaces::from_environment("/e").embedded, "/e");
  set("XDG_CACHE_HOME", "/x");
  EXPECT_EQ(ModelPlaces::from_environment({}).hub_cache, "/x/huggingface/hub");
  set("HF_HOME", "/f");
  EXPECT_EQ(ModelPlaces::from_environment({}).hub_cache, "/f/hub");
  set("HF_HUB_CACHE", "/c");
  EXPECT_EQ(ModelPlaces::from_environment({}).hub_cache, "/c");
  for (const char* name : {"HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME", "DECOUPAGE_CLIP_VOCAB"}) set(name, nullptr);
  set("HOME", home.c_str());
}

TEST_F(ModelFilesTest, TheEmbeddedModelIsWhereItIsSaidToBe) {
  places_.embedded = folder_ / "embedded";
  EXPECT_THAT(refused("embedded"), HasSubstr("there is no embedded model here; give a model of your own"));
  copy("embedded");
  EXPECT_EQ(find_model("embedded", places_)->place(), places_.embedded);
}

TEST_F(ModelFilesTest, ACheckpointIsKnownByItsShapes) {
  const auto pipeline = [&](std::int64_t channels, std::int64_t context, int depth) {
    return open(sketch(channels, context, depth))->pipeline();
  };
  EXPECT_EQ(pipeline(320, 2048, 10), "StableDiffusionXLPipeline");
  EXPECT_EQ(pipeline(384, 1280, 4), "StableDiffusionXLImg2ImgPipeline");
  EXPECT_EQ(pipeline(320, 768, 1), "StableDiffusionPipeline");
  EXPECT_EQ(pipeline(320, 1024, 1), "StableDiffusionPipeline");
  EXPECT_THAT(refusal([&] { pipeline(320, 2048, 4); }),
              AllOf(HasSubstr("320 channels over texts 2048 wide, with 4 transformer blocks in the middle"),
                    HasSubstr("folder in diffusers' layout")));
}

TEST_F(ModelFilesTest, ACheckpointOfSomethingElseSaysWhatItSeemsToBe) {
  const auto guess = [&](const std::string& name) { return refusal([&] { open({{name, at::zeros({1})}}); }); };
  EXPECT_THAT(guess("lora_unet_mid_block.lora_down.weight"), HasSubstr("a LoRA"));
  EXPECT_THAT(guess("double_blocks.0.img_attn.qkv.weight"), HasSubstr("it seems to be a Flux, which is not supported"));
  EXPECT_THAT(guess("model.diffusion_model.joint_blocks.0.x"),
              HasSubstr("a Stable Diffusion 3, which is not supported"));
  EXPECT_THAT(guess("input_blocks.0.0.weight"), HasSubstr("a UNet alone, in the original layout: give the whole"));
  EXPECT_THAT(guess("time_embedding.linear_1.weight"),
              HasSubstr("the UNet of a model in diffusers' layout: give the folder"));
  EXPECT_THAT(guess("down_blocks.0.resnets.0.conv1.weight"),
              HasSubstr("give the folder that has its model_index.json"));
  for (const char* name : {"control_model.x", "zero_convs.0.0.weight", "controlnet_down_blocks.0.weight",
                           "controlnet_cond_embedding.conv_in.weight"})
    EXPECT_THAT(guess(name), HasSubstr("a ControlNet: give it as controlnet")) << name;
  EXPECT_THAT(guess("decoder.up.0.block.0.conv1.weight"), HasSubstr("an autoencoder (VAE) alone: give it as vae"));
  EXPECT_THAT(guess("text_model.encoder.layers.0.x"), HasSubstr("a text encoder alone"));
  EXPECT_THAT(guess("emb_params"), HasSubstr("a textual inversion: give it as embedding"));
  EXPECT_THAT(guess("x"), HasSubstr("only checkpoints of Stable Diffusion"));
  write("a.txt", "");
  EXPECT_THAT(refused(path("a.txt")), HasSubstr("expected a folder in diffusers' layout or a .safetensors checkpoint"));
}

TEST_F(ModelFilesTest, APartThatWasLeftOutIsNamed) {
  const auto model = open(sketch(320, 2048, 10));
  EXPECT_THAT(refusal([&] { static_cast<void>(model->network("vae")); }),
              HasSubstr("has no tensors first_stage_model.…: this SDXL base checkpoint came without its vae"));
  const auto refiner = open(sketch(384, 1280, 4));
  EXPECT_THAT(refusal([&] { static_cast<void>(refiner->network("text_encoder")); }),
              HasSubstr("is SDXL refiner, which has no text_encoder"));
}

TEST_F(ModelFilesTest, AnInpaintingCheckpointTakesMoreIn) {
  EXPECT_EQ(open(sketch(320, 2048, 10, 9))->network("unet").config().get<std::int64_t>("in_channels"), 9);
}

/// The numbers of parameters that the models' authors publish, or that their files have.
TEST_F(ModelFilesTest, KnownConfigsMakeTheNetworksThatWerePublished) {
  const std::map<std::string, std::int64_t> published{{"SDXL base unet", 2'567'463'684},
                                                      {"SDXL base vae", 83'653'863},
                                                      {"SDXL base text_encoder", 123'060'480},
                                                      {"SDXL base text_encoder_2", 694'659'840},
                                                      {"SDXL refiner text_encoder_2", 694'659'840},
                                                      {"Stable Diffusion 1 unet", 859'520'964},
                                                      {"Stable Diffusion 1 text_encoder", 123'060'480},
                                                      {"Stable Diffusion 2 unet", 865'910'724},
                                                      {"Stable Diffusion 2 text_encoder", 340'387'840}};
  for (const KnownCheckpoint& known : known_checkpoints()) {
    for (const KnownNetwork& network : known.networks) {
      const std::string part(network.part), name = std::string(known.name) + " " + part;
      tensors::ConfigReader config = tensors::ConfigReader::parse(std::string(network.config), name);
      WeightShapes shapes;
      if (part == "unet") UNet(UNetConfig::read(std::move(config)), shapes);
      else if (part == "vae") make_autoencoder(std::move(config), shapes);
      else ClipTextModel(ClipTextConfig::read(std::move(config)), shapes);
      if (published.contains(name)) {
        EXPECT_EQ(shapes.count(), published.at(name)) << name;
      }
    }
  }
}

TEST_F(ModelFilesTest, EveryParameterOfAKnownNetworkHasAPlaceInItsCheckpoint) {
  for (const KnownCheckpoint& known : known_checkpoints()) {
    original_file::Tensors tensors = sketch(known.channels, known.cross_attention_dim,
                                            known.name == "SDXL base"      ? 10
                                            : known.name == "SDXL refiner" ? 4
                                                                           : 1);
    for (const KnownNetwork& network : known.networks) {
      if (network.part != "unet") tensors.emplace_back(std::string(network.prefix) + "x", at::zeros({1}));
    }
    const auto model = open(tensors);
    for (const KnownNetwork& network : known.networks) {
      const NetworkFiles files = model->network(std::string(network.part));
      WeightShapes shapes;
      if (network.part == "unet") UNet(UNetConfig::read(files.config()), shapes);
      else if (network.part == "vae") make_autoencoder(files.config(), shapes);
      else ClipTextModel(ClipTextConfig::read(files.config()), shapes);
      EXPECT_EQ(files.layout.prefix, network.prefix);
      for (const auto& [name, shape] : shapes.table()) EXPECT_FALSE(files.layout.origins(name).empty()) << name;
    }
  }
}

TEST_F(ModelFilesTest, ACheckpointsVocabularyIsLookedForNearAndInTheCache) {
  const auto model = open(sketch(320, 2048, 10));
  EXPECT_THAT(refusal([&] { static_cast<void>(model->tokenizer("tokenizer")); }),
              AllOf(HasSubstr("has no vocabulary"), HasSubstr("DECOUPAGE_CLIP_VOCAB"),
                    HasSubstr("huggingface-cli download openai/clip-vit-large-patch14")));
  const auto found = [&] { return model->tokenizer("tokenizer").folder.lexically_relative(folder_).string(); };
  write_vocabulary("hub/models--a--qwen/snapshots/1/tokenizer", R"({"<|startoftext|>": 151643})");
  write_vocabulary("hub/models--b--sdxl/snapshots/1/tokenizer");
  EXPECT_EQ(found(), "hub/models--b--sdxl/snapshots/1/tokenizer") << "and not another model's vocabulary";
  write_vocabulary("hub/models--openai--clip-vit-large-patch14/snapshots/1");
  EXPECT_EQ(found(), "hub/models--openai--clip-vit-large-patch14/snapshots/1");
  write_vocabulary("tokenizer");
  EXPECT_EQ(found(), "tokenizer");
}

TEST_F(ModelFilesTest, TheEnvironmentsVocabularyGoesBeforeAll) {
  places_.vocabulary = folder_ / "mine";
  const auto model = open(sketch(320, 2048, 10));
  EXPECT_THAT(refusal([&] { static_cast<void>(model->tokenizer("tokenizer")); }),
              HasSubstr("mine: DECOUPAGE_CLIP_VOCAB names this folder, but"));
  write_vocabulary("mine", "{}");
  EXPECT_EQ(model->tokenizer("tokenizer").folder, places_.vocabulary);
}

TEST_F(ModelFilesTest, OpenClipsTextsArePaddedWithZeros) {
  write_vocabulary("tokenizer");
  const auto base = open(sketch(320, 2048, 10));
  EXPECT_EQ(base->tokenizer("tokenizer").pad_token, "<|endoftext|>");
  EXPECT_EQ(base->tokenizer("tokenizer_2").pad_token, "!");
  EXPECT_EQ(open(sketch(320, 768, 1))->tokenizer("tokenizer").pad_token, "<|endoftext|>");
  EXPECT_EQ(open(sketch(320, 1024, 1))->tokenizer("tokenizer").pad_token, "!");
}

TEST_F(ModelFilesTest, AModelsIdentityIsItsContent) {
  const fs::path a = copy("a"), b = copy("elsewhere/b");
  const auto identity = [&](const fs::path& folder) { return content_identity(find_model(folder, places_)->files()); };
  const std::string before = identity(a);
  EXPECT_EQ(before.size(), 21u) << before;
  EXPECT_EQ(identity(b), before) << "wherever it lies";
  fs::last_write_time(b / "unet/config.json", fs::file_time_type::clock::now());
  EXPECT_EQ(identity(b), before) << "whenever it was written";
  std::ofstream(b / "scheduler/scheduler_config.json", std::ios::app) << " ";
  EXPECT_NE(identity(b), before);
}

TEST_F(ModelFilesTest, AnIdentityKnowsOneTensorThatDiffers) {
  original_file::Tensors tensors = sketch(320, 768, 1);
  const std::string before = content_identity({checkpoint(tensors)});
  tensors.back().second = at::full({1, 768}, 1e-3);
  EXPECT_NE(content_identity({checkpoint(tensors)}), before);
}

}  // namespace
}  // namespace models
