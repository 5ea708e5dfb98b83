// SPDX-License-Identifier: MIT
#include "models/text/clip_config.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tensors/npz.h"

namespace models {
namespace {

using nlohmann::json;

/// Of Stable Diffusion 1.x, as it is on the hub.
json known() {
  return {{"_name_or_path", "openai/clip-vit-large-patch14"},
          {"architectures", {"CLIPTextModel"}},
          {"attention_dropout", 0.0},
          {"bos_token_id", 0},
          {"dropout", 0.0},
          {"eos_token_id", 2},
          {"hidden_act", "quick_gelu"},
          {"hidden_size", 768},
          {"initializer_factor", 1.0},
          {"initializer_range", 0.02},
          {"intermediate_size", 3072},
          {"layer_norm_eps", 1e-05},
          {"max_position_embeddings", 77},
          {"model_type", "clip_text_model"},
          {"num_attention_heads", 12},
          {"num_hidden_layers", 12},
          {"pad_token_id", 1},
          {"projection_dim", 768},
          {"torch_dtype", "float32"},
          {"transformers_version", "4.22.0.dev0"},
          {"vocab_size", 49408}};
}

ClipTextConfig read(const json& config) {
  return ClipTextConfig::read(tensors::ConfigReader::parse(config.dump(), "config.json"));
}

std::string refusal(const std::string& key, const json& value) {
  json config = known();
  config[key] = value;
  try {
    read(config);
  } catch (const tensors::FileError& e) {
    return e.what();
  }
  return "not refused";
}

TEST(ClipConfig, ReadsWhatChangesNumbers) {
  const ClipTextConfig clip = read(known());
  EXPECT_EQ(clip.hidden_size, 768);
  EXPECT_EQ(clip.num_attention_heads, 12);
  EXPECT_EQ(clip.eos_token_id, 2);
  EXPECT_TRUE(clip.quick_gelu);
  EXPECT_EQ(clip.projection_dim, 0);  // whatever projection_dim says
}

TEST(ClipConfig, ReadsAProjection) {
  json config = known();
  config["architectures"] = {"CLIPTextModelWithProjection"};
  config["hidden_act"] = "gelu";
  EXPECT_EQ(read(config).projection_dim, 768);
  EXPECT_FALSE(read(config).quick_gelu);
}

TEST(ClipConfig, DefaultsAreTransformers) {
  const ClipTextConfig clip = read({{"architectures", {"CLIPTextModelWithProjection"}}});
  EXPECT_EQ(clip.hidden_size, 512);
  EXPECT_EQ(clip.num_hidden_layers, 12);
  EXPECT_EQ(clip.eos_token_id, 49407);
  EXPECT_EQ(clip.projection_dim, 512);
}

TEST(ClipConfig, RefusesWhatIsNotSupported) {
  EXPECT_EQ(refusal("hidden_act", "gelu_new"),
            "config.json: hidden_act: \"gelu_new\" is not supported, only \"quick_gelu\" and \"gelu\"");
  EXPECT_EQ(refusal("architectures", {"T5EncoderModel"}),
            "config.json: architectures: \"T5EncoderModel\" is not supported, only \"CLIPTextModel\" and "
            "\"CLIPTextModelWithProjection\"");
  EXPECT_THAT(refusal("architectures", json()), ::testing::HasSubstr("architectures: is missing"));
  EXPECT_EQ(refusal("hidden_size", 770), "config.json: hidden_size: 770 is not a multiple of 12 heads");
  EXPECT_EQ(refusal("num_hidden_layers", 0), "config.json: num_hidden_layers: expected 1 to 1048576, found 0");
  EXPECT_THAT(refusal("vocab_size", 1 << 30), ::testing::HasSubstr("vocab_size: expected 1 to"));
  EXPECT_THAT(refusal("use_attention_mask", true), ::testing::HasSubstr("use_attention_mask"));
  EXPECT_THAT(refusal("model_type", "t5"), ::testing::HasSubstr("model_type"));
  EXPECT_THAT(refusal("rope_theta", 1), ::testing::HasSubstr("asks for what is not supported: rope_theta"));
  EXPECT_EQ(refusal("use_attention_mask", false), "not refused");
}

/// What transformers wrote into every config, and what is set for models that write text.
TEST(ClipConfig, PassesOverWhatOtherKindsOfModelsSet) {
  json config = known();
  config.update({{"do_sample", false},
                 {"max_length", 20},
                 {"num_beams", 1},
                 {"temperature", 1.0},
                 {"top_k", 50},
                 {"top_p", 1.0},
                 {"id2label", {{"0", "A"}}},
                 {"label2id", {{"A", 0}}},
                 {"is_decoder", false},
                 {"pruned_heads", json::object()},
                 {"tie_word_embeddings", true},
                 {"torchscript", false},
                 {"early_stopping", false},
                 {"repetition_penalty", 1.0},
                 {"chunk_size_feed_forward", 0}});
  EXPECT_EQ(read(config).hidden_size, 768);
  EXPECT_THAT(refusal("hidden_sise", 3), ::testing::HasSubstr("asks for what is not supported: hidden_sise 3"));
}

}  // namespace
}  // namespace models
