// SPDX-License-Identifier: MIT
#include "models/files/original_keys.h"

#include <gmock/gmock.h>

#include <set>

#include "tests/models/original_file.h"

namespace models {
namespace {

using ::testing::ElementsAre;

struct Pair {
  const char* name;
  const char* key;
};

/// Names as they are in the checkpoints that were published.
TEST(OriginalKeys, UnetsBlocksAreNumberedThrough) {
  for (const auto& [name, key] : std::initializer_list<Pair>{
           {"conv_in.weight", "input_blocks.0.0.weight"},
           {"conv_norm_out.bias", "out.0.bias"},
           {"conv_out.weight", "out.2.weight"},
           {"time_embedding.linear_1.weight", "time_embed.0.weight"},
           {"time_embedding.linear_2.bias", "time_embed.2.bias"},
           {"add_embedding.linear_1.weight", "label_emb.0.0.weight"},
           {"add_embedding.linear_2.weight", "label_emb.0.2.weight"},
           {"down_blocks.0.resnets.0.norm1.weight", "input_blocks.1.0.in_layers.0.weight"},
           {"down_blocks.0.resnets.1.conv1.bias", "input_blocks.2.0.in_layers.2.bias"},
           {"down_blocks.0.downsamplers.0.conv.weight", "input_blocks.3.0.op.weight"},
           {"down_blocks.1.resnets.0.conv_shortcut.weight", "input_blocks.4.0.skip_connection.weight"},
           {"down_blocks.1.attentions.0.proj_in.weight", "input_blocks.4.1.proj_in.weight"},
           {"down_blocks.2.attentions.1.transformer_blocks.9.attn2.to_k.weight",
            "input_blocks.8.1.transformer_blocks.9.attn2.to_k.weight"},
           {"mid_block.resnets.0.time_emb_proj.weight", "middle_block.0.emb_layers.1.weight"},
           {"mid_block.attentions.0.transformer_blocks.0.ff.net.0.proj.bias",
            "middle_block.1.transformer_blocks.0.ff.net.0.proj.bias"},
           {"mid_block.resnets.1.conv2.weight", "middle_block.2.out_layers.3.weight"},
           {"up_blocks.0.resnets.2.norm2.bias", "output_blocks.2.0.out_layers.0.bias"},
           {"up_blocks.0.attentions.0.norm.weight", "output_blocks.0.1.norm.weight"},
           {"up_blocks.0.upsamplers.0.conv.weight", "output_blocks.2.2.conv.weight"},
           {"up_blocks.1.attentions.2.transformer_blocks.1.attn1.to_out.0.weight",
            "output_blocks.5.1.transformer_blocks.1.attn1.to_out.0.weight"},
           {"up_blocks.2.resnets.2.conv_shortcut.bias", "output_blocks.8.0.skip_connection.bias"}}) {
    const Origins origins = original_unet_keys(name, 2);
    ASSERT_FALSE(origins.empty()) << name;
    EXPECT_EQ(origins.front().key, key);
  }
}

TEST(OriginalKeys, AnUpsamplerIsBehindTheAttentionWhereThereIsOne) {
  const Origins origins = original_unet_keys("up_blocks.0.upsamplers.0.conv.bias", 2);
  ASSERT_EQ(origins.size(), 2u);
  EXPECT_EQ(origins[1].key, "output_blocks.2.1.conv.bias") << "as in Stable Diffusion 1.x and the refiner";
}

TEST(OriginalKeys, VaesDecoderIsCountedFromTheFinest) {
  for (const auto& [name, key] : std::initializer_list<Pair>{
           {"quant_conv.weight", "quant_conv.weight"},
           {"post_quant_conv.bias", "post_quant_conv.bias"},
           {"encoder.conv_in.weight", "encoder.conv_in.weight"},
           {"encoder.conv_norm_out.weight", "encoder.norm_out.weight"},
           {"encoder.down_blocks.0.resnets.1.conv2.weight", "encoder.down.0.block.1.conv2.weight"},
           {"encoder.down_blocks.1.resnets.0.conv_shortcut.weight", "encoder.down.1.block.0.nin_shortcut.weight"},
           {"encoder.down_blocks.2.downsamplers.0.conv.bias", "encoder.down.2.downsample.conv.bias"},
           {"encoder.mid_block.resnets.1.norm1.weight", "encoder.mid.block_2.norm1.weight"},
           {"encoder.mid_block.attentions.0.group_norm.weight", "encoder.mid.attn_1.norm.weight"},
           {"decoder.mid_block.attentions.0.to_q.weight", "decoder.mid.attn_1.q.weight"},
           {"decoder.mid_block.attentions.0.to_out.0.bias", "decoder.mid.attn_1.proj_out.bias"},
           {"decoder.up_blocks.0.resnets.2.norm2.weight", "decoder.up.3.block.2.norm2.weight"},
           {"decoder.up_blocks.3.resnets.0.conv_shortcut.bias", "decoder.up.0.block.0.nin_shortcut.bias"},
           {"decoder.up_blocks.1.upsamplers.0.conv.weight", "decoder.up.2.upsample.conv.weight"},
           {"decoder.conv_out.bias", "decoder.conv_out.bias"}}) {
    const Origins origins = original_vae_keys(name, 4);
    ASSERT_EQ(origins.size(), 1u) << name;
    EXPECT_EQ(origins.front().key, key);
  }
  EXPECT_TRUE(original_vae_keys("decoder.mid_block.attentions.0.to_q.weight", 4).front().squeezed);
  EXPECT_FALSE(original_vae_keys("decoder.mid_block.attentions.0.to_q.bias", 4).front().squeezed);
  EXPECT_FALSE(original_vae_keys("decoder.mid_block.attentions.0.group_norm.weight", 4).front().squeezed);
}

TEST(OriginalKeys, OpenClipHasQueriesKeysAndValuesInOne) {
  for (const auto& [name, key] : std::initializer_list<Pair>{
           {"text_model.embeddings.token_embedding.weight", "token_embedding.weight"},
           {"text_model.embeddings.position_embedding.weight", "positional_embedding"},
           {"text_model.final_layer_norm.bias", "ln_final.bias"},
           {"text_projection.weight", "text_projection"},
           {"text_model.encoder.layers.31.layer_norm1.weight", "transformer.resblocks.31.ln_1.weight"},
           {"text_model.encoder.layers.0.layer_norm2.bias", "transformer.resblocks.0.ln_2.bias"},
           {"text_model.encoder.layers.0.mlp.fc1.weight", "transformer.resblocks.0.mlp.c_fc.weight"},
           {"text_model.encoder.layers.0.mlp.fc2.bias", "transformer.resblocks.0.mlp.c_proj.bias"},
           {"text_model.encoder.layers.0.self_attn.out_proj.weight", "transformer.resblocks.0.attn.out_proj.weight"},
           {"text_model.encoder.layers.0.self_attn.k_proj.weight", "transformer.resblocks.0.attn.in_proj_weight"},
           {"text_model.encoder.layers.0.self_attn.v_proj.bias", "transformer.resblocks.0.attn.in_proj_bias"}}) {
    ASSERT_FALSE(open_clip_keys(name).empty()) << name;
    EXPECT_EQ(open_clip_keys(name).front().key, key);
  }
  EXPECT_TRUE(open_clip_keys("text_projection.weight").front().transposed);
  const char* heads[] = {"q", "k", "v"};
  for (int i = 0; i < 3; ++i) {
    const Origin origin =
        open_clip_keys(std::string("text_model.encoder.layers.5.self_attn.") + heads[i] + "_proj.weight").front();
    EXPECT_EQ(origin.part, i);
    EXPECT_EQ(origin.parts, 3);
  }
}

TEST(OriginalKeys, OldAttentionOfAVaeIsKnown) {
  const auto keys = [](const char* name) {
    std::vector<std::string> all;
    for (const Origin& origin : diffusers_vae_keys(name)) all.push_back(origin.key);
    return all;
  };
  EXPECT_THAT(keys("decoder.mid_block.attentions.0.to_q.weight"),
              ElementsAre("decoder.mid_block.attentions.0.to_q.weight", "decoder.mid_block.attentions.0.query.weight"));
  EXPECT_THAT(
      keys("encoder.mid_block.attentions.0.to_out.0.bias"),
      ElementsAre("encoder.mid_block.attentions.0.to_out.0.bias", "encoder.mid_block.attentions.0.proj_attn.bias"));
  EXPECT_THAT(keys("encoder.conv_in.bias"), ElementsAre("encoder.conv_in.bias"));
}

TEST(OriginalKeys, NoTwoParametersHaveOnePlace) {
  const auto check = [](const std::string& part, const auto& origins) {
    std::set<std::string> places;
    for (const auto& [name, tensor] : original_file::tensors_of(original_file::mini(part))) {
      ASSERT_FALSE(origins(name).empty()) << name;
      const Origin origin = origins(name).front();
      EXPECT_TRUE(places.insert(origin.key + "/" + std::to_string(origin.part)).second) << name;
    }
  };
  check("unet", [](const std::string& name) { return original_unet_keys(name, 2); });
  check("vae", [](const std::string& name) { return original_vae_keys(name, 4); });
  check("text_encoder", original_clip_keys);
  check("text_encoder_2", open_clip_keys);
}

TEST(OriginalKeys, NamesOfNoSuchNetworkAreNowhere) {
  EXPECT_TRUE(original_unet_keys("down_blocks.x.resnets.0.norm1.weight", 2).empty());
  EXPECT_TRUE(original_unet_keys("mid_block.resnets.7.norm1.weight", 2).empty());
  EXPECT_TRUE(original_unet_keys("something", 2).empty());
  EXPECT_TRUE(open_clip_keys("unet.conv_in.weight").empty());
}

}  // namespace
}  // namespace models
