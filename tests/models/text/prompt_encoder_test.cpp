// SPDX-License-Identifier: MIT
#include "models/text/prompt_encoder.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>

#include "tests/models/text_parts.h"

namespace models {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr double kPromptTolerance = 1e-4;
const std::string kCat = "a small red cat sitting on a wooden table, oil painting";
const std::string kTower = "Wow! 8k photo of the EIFFEL tower at night, neon lights!!";
const std::string kNegative = "blurry, low quality, watermark";

using text_parts::repeated;

PromptEncoder encoder(const std::string& set) {
  return PromptEncoder(text_parts::parts(set));
}

/// Rows of a batch, each encoded alone, against an encode_prompt of diffusers.
double worst(const PromptEncoder& encoder, const std::vector<Prompt>& prompts, const reference::Vectors& vectors,
             const std::string& prefix) {
  std::vector<at::Tensor> positive, negative, pooled, negative_pooled;
  for (const Prompt& prompt : prompts) {
    const EncodedPrompt encoded = encoder.encode(prompt);
    positive.push_back(encoded.prompt_embeds);
    negative.push_back(encoded.negative_prompt_embeds);
    pooled.push_back(encoded.pooled_prompt_embeds);
    negative_pooled.push_back(encoded.negative_pooled_prompt_embeds);
  }
  return std::max({reference::difference(at::cat(positive), vectors[prefix + "prompt_embeds"]),
                   reference::difference(at::cat(negative), vectors[prefix + "negative_prompt_embeds"]),
                   reference::difference(at::cat(pooled), vectors[prefix + "pooled_prompt_embeds"]),
                   reference::difference(at::cat(negative_pooled), vectors[prefix + "negative_pooled_prompt_embeds"])});
}

void expect_equal_to_diffusers(const std::string& set) {
  const reference::Vectors vectors(set, "encode_prompt");
  const PromptEncoder encode = encoder(set);
  const Prompt cat{.prompt = kCat, .negative_prompt = kNegative};
  std::map<std::string, std::vector<Prompt>> cases = {
      {"neg_", {cat}},
      {"noneg_", {{.prompt = kCat}}},
      {"emptyneg_", {{.prompt = kCat, .negative_prompt = ""}}},
      {"batch3_",
       {cat,
        {.prompt = kTower, .negative_prompt = ""},
        {.prompt = repeated("a very long prompt, ", 30), .negative_prompt = kNegative}}},
      {"two_", {{.prompt = kCat, .prompt_2 = kTower, .negative_prompt = kNegative, .negative_prompt_2 = "ugly!"}}},
      {"clipskip1_", {{.prompt = kCat, .negative_prompt = kNegative, .clip_skip = 1}}},
      {"n2_", {cat, cat}},
  };
  double all = 0;
  for (const auto& [prefix, prompts] : cases) {
    if (!vectors.has(prefix + "prompt_embeds")) continue;
    if (!encode.parts().text_encoder && prompts.front().prompt_2) continue;  // which diffusers leaves unread
    const double found = worst(encode, prompts, vectors, prefix);
    EXPECT_LE(found, kPromptTolerance) << prefix;
    all = std::max(all, found);
  }
  testing::Test::RecordProperty(set, std::to_string(all));
}

TEST(PromptEncoder, EqualsDiffusers) {
  expect_equal_to_diffusers("mini");
}

TEST(PromptEncoder, EqualsDiffusersOnTheLargerModel) {
  REQUIRE_REFERENCE("full");
  expect_equal_to_diffusers("full");
}

TEST(PromptEncoder, EqualsDiffusersOnTheRefiner) {
  REQUIRE_REFERENCE("refiner");
  expect_equal_to_diffusers("refiner");
}

void expect_inversions_equal_diffusers(const std::string& set) {
  const auto read = [&](const std::string& name, const std::string& token) {
    return read_textual_inversion(reference::sdxl(set) / "embeddings" / (name + ".safetensors"), {token}).at(0);
  };
  const PromptEncoder encode =
      encoder(set).with({read("sdxl_two_vectors", "<s0>")}).with({read("sdxl_one_vector", "<style>")});
  const reference::Vectors vectors(set, "textual_inversion");
  const std::vector<std::string> texts = {"a photo of <s0> in the style of <style>, 8k", "<s0>", "a cat"};
  std::vector<at::Tensor> ids_1, ids_2;
  for (const std::string& text : texts) {
    const Tokenizer &t1 = encode.parts().text_encoder->tokenizer, &t2 = encode.parts().text_encoder_2->tokenizer;
    ids_1.push_back(at::tensor(t1.pad(t1.encode(t1.expand(text))).ids, at::kLong));
    ids_2.push_back(at::tensor(t2.pad(t2.encode(t2.expand(text))).ids, at::kLong));
  }
  EXPECT_EQ(reference::difference(at::stack(ids_1), vectors["ids_t1"]), 0);
  EXPECT_EQ(reference::difference(at::stack(ids_2), vectors["ids_t2"]), 0);
  const double found = worst(encode,
                             {{.prompt = texts[0], .negative_prompt = "<style>"},
                              {.prompt = texts[1], .negative_prompt = kNegative},
                              {.prompt = texts[2], .negative_prompt = ""}},
                             vectors, "");
  EXPECT_LE(found, kPromptTolerance);
  testing::Test::RecordProperty(set, std::to_string(found));
}

TEST(PromptEncoder, TextualInversionEqualsDiffusers) {
  expect_inversions_equal_diffusers("mini");
}

TEST(PromptEncoder, TextualInversionEqualsDiffusersOnTheLargerModel) {
  REQUIRE_REFERENCE("full");
  expect_inversions_equal_diffusers("full");
}

TEST(PromptEncoder, InversionsLeaveTheirBaseAsItWas) {
  const PromptEncoder base = encoder("mini");
  const at::Tensor before = base.encode({.prompt = "<s0>"}).prompt_embeds;
  const auto file = reference::sdxl("mini") / "embeddings/sdxl_two_vectors.safetensors";
  const PromptEncoder more = base.with(read_textual_inversion(file, {"<s0>", "<s1>"}));
  EXPECT_GT(reference::difference(more.encode({.prompt = "<s0>"}).prompt_embeds, before), 1e-3);
  EXPECT_GT(reference::difference(more.encode({.prompt = "<s0>"}).prompt_embeds,
                                  more.encode({.prompt = "<s1>"}).prompt_embeds),
            1e-3);
  EXPECT_EQ(reference::difference(base.encode({.prompt = "<s0>"}).prompt_embeds, before), 0);
}

TEST(PromptEncoder, WithoutGuidanceThereIsNoNegative) {
  const EncodedPrompt encoded = encoder("mini").encode({.prompt = kCat, .negative_prompt = kNegative, .guided = false});
  EXPECT_FALSE(encoded.negative_prompt_embeds.defined());
  EXPECT_FALSE(encoded.negative_pooled_prompt_embeds.defined());
  EXPECT_EQ(reference::difference(encoded.prompt_embeds, encoder("mini").encode({.prompt = kCat}).prompt_embeds), 0);
}

TEST(PromptEncoder, EmptySecondTextsAreTheFirst) {
  const PromptEncoder encode = encoder("mini");
  const EncodedPrompt one = encode.encode({.prompt = kCat, .negative_prompt = kNegative});
  const EncodedPrompt two =
      encode.encode({.prompt = kCat, .prompt_2 = "", .negative_prompt = kNegative, .negative_prompt_2 = ""});
  EXPECT_EQ(reference::difference(one.prompt_embeds, two.prompt_embeds), 0);
  EXPECT_EQ(reference::difference(one.negative_prompt_embeds, two.negative_prompt_embeds), 0);
}

/// Stable Diffusion 1.x: the last layer with its norm, of the positive prompt after clip_skip; no pooled text.
TEST(PromptEncoder, OneEncoderReadsTheLastLayerAndItsNorm) {
  const PromptEncoder encode(
      PromptEncoder::Parts{.text_encoder = text_parts::encoder("mini", ""), .force_zeros_for_empty_prompt = true});
  const TextEncoder& te = *encode.parts().text_encoder;
  const auto expected = [&](const std::string& text, std::int64_t layer) {
    const at::Tensor ids = at::tensor(te.tokenizer.pad(te.tokenizer.encode(text)).ids, at::kLong).unsqueeze(0);
    return te.model->final_norm((*te.model)(ids, {.hidden_states = {layer}}).hidden_states[0]);
  };
  const EncodedPrompt encoded = encode.encode({.prompt = kCat});
  EXPECT_LT(reference::difference(encoded.prompt_embeds, expected(kCat, -1)), 1e-5);
  EXPECT_LT(reference::difference(encoded.negative_prompt_embeds, expected("", -1)), 1e-5);
  EXPECT_FALSE(encoded.pooled_prompt_embeds.defined());
  const EncodedPrompt skipped = encode.encode({.prompt = kCat, .negative_prompt = kNegative, .clip_skip = 2});
  EXPECT_LT(reference::difference(skipped.prompt_embeds, expected(kCat, -3)), 1e-5);
  EXPECT_LT(reference::difference(skipped.negative_prompt_embeds, expected(kNegative, -1)), 1e-5);
}

TEST(PromptEncoder, NotesWhatWasCutOffOnceForEachText) {
  const PromptEncoder encode = encoder("mini");
  const EncodedPrompt encoded = encode.encode({.prompt = repeated("a red hat. ", 2'000),
                                               .negative_prompt = "ugly",
                                               .negative_prompt_2 = repeated("blue ", 100)});
  ASSERT_THAT(encoded.truncations, SizeIs(2));
  EXPECT_EQ(encoded.truncations[0].which, "prompt");
  EXPECT_EQ(encoded.truncations[0].truncation.kept, 75);
  EXPECT_THAT(encoded.truncations[0].message(), HasSubstr("prompt: "));
  EXPECT_THAT(encoded.truncations[0].truncation.cut, ::testing::EndsWith("a red hat ."));
  EXPECT_EQ(encoded.truncations[1].which, "negative_prompt_2");
  EXPECT_THAT(encode.check({.prompt = repeated("hat ", 100)}), SizeIs(1));
  EXPECT_THAT(encode.check({.prompt = "hat", .negative_prompt = repeated("hat ", 100), .guided = false}), IsEmpty());
}

std::string refused_prompt(const PromptEncoder& encode, const Prompt& prompt) {
  std::string text = "not refused";
  try {
    encode.encode(prompt);
  } catch (const std::invalid_argument& e) {
    text = e.what();
  }
  std::string checked = "not refused";
  try {
    encode.check(prompt);
  } catch (const std::invalid_argument& e) {
    checked = e.what();
  }
  EXPECT_EQ(text, checked);
  return text;
}

TEST(PromptEncoder, RefusesTextsByTheirNames) {
  const PromptEncoder encode = encoder("mini");
  EXPECT_EQ(refused_prompt(encode, {.prompt = "a\xff"}),
            "prompt: is not UTF-8: byte 2 of 2 is 0xff, after 'a'; save the text as UTF-8");
  EXPECT_THAT(refused_prompt(encode, {.prompt = "", .prompt_2 = "\xff"}), HasSubstr("prompt_2: is not UTF-8"));
  EXPECT_THAT(refused_prompt(encode, {.prompt = "", .negative_prompt = "\xff"}),
              HasSubstr("negative_prompt: is not UTF-8"));
}

TEST(PromptEncoder, RefusesTextsThatNobodyWouldRead) {
  EXPECT_EQ(refused_prompt(encoder("mini"), {.prompt = "", .negative_prompt_2 = "ugly"}),
            "negative_prompt_2: is given without a negative_prompt, and this model then reads neither; give a "
            "negative_prompt, too (it may be \"\")");
  const PromptEncoder refiner(PromptEncoder::Parts{.text_encoder_2 = text_parts::encoder("mini", "_2")});
  EXPECT_EQ(refused_prompt(refiner, {.prompt = "", .prompt_2 = "a"}),
            "prompt_2: is for models with two text encoders; this one has text_encoder_2 alone, which reads prompt");
  EXPECT_THAT(refused_prompt(refiner, {.prompt = "", .negative_prompt_2 = "a"}),
              HasSubstr("negative_prompt_2: is for models with two text encoders"));
  EXPECT_EQ(refused_prompt(refiner, {.prompt = ""}), "not refused");
}

TEST(PromptEncoder, RefusesToSkipLayersThatAreNotThere) {
  EXPECT_EQ(refused_prompt(encoder("mini"), {.prompt = "", .clip_skip = 3}),
            "clip_skip: 3 is out of range; text_encoder has 3 layers, so it can be 0 to 2");
  EXPECT_THAT(refused_prompt(encoder("mini"), {.prompt = "", .clip_skip = -1}),
              HasSubstr("clip_skip: -1 is out of range"));
  EXPECT_EQ(refused_prompt(encoder("mini"), {.prompt = "", .clip_skip = 2}), "not refused");
}

std::string refused_parts(PromptEncoder::Parts parts) {
  try {
    PromptEncoder encode(std::move(parts));
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "not refused";
}

TEST(PromptEncoder, RefusesPartsThatDoNotGoTogether) {
  EXPECT_EQ(refused_parts({}), "the model has no text encoder");
  const TextEncoder first = text_parts::encoder("mini", ""), second = text_parts::encoder("mini", "_2");
  EXPECT_EQ(refused_parts({.text_encoder = second, .text_encoder_2 = first}),
            "text_encoder_2: is a CLIPTextModel; expected a CLIPTextModelWithProjection");
  EXPECT_EQ(refused_parts({.text_encoder = TextEncoder{first.tokenizer.with_token("<new>"), first.model}}),
            "text_encoder: its tokenizer has 631 tokens, its vocab_size is 630; they are of different models");
}

std::string refused_inversion(const PromptEncoder& encode, const TextualInversion& inversion) {
  try {
    encode.with({inversion});
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "not refused";
}

TEST(PromptEncoder, RefusesInversionsOfOtherModels) {
  const PromptEncoder encode = encoder("mini");
  const at::Tensor l = at::ones({1, 16}), g = at::ones({1, 20});
  EXPECT_EQ(refused_inversion(encode, {"<a>", l, {}, "old.safetensors"}),
            "old.safetensors: has no 'clip_g' for this model's text_encoder_2; it is for another model");
  EXPECT_EQ(
      refused_inversion(encode, {"<a>", g, g, "e.safetensors"}),
      "e.safetensors: text_encoder: '<a>': has vectors of 20 numbers, where this text encoder's have 16; it is for "
      "another model");
  EXPECT_THAT(refused_inversion(encode, {"on</w>", l, g, "e.safetensors"}),
              HasSubstr("e.safetensors: text_encoder: the tokenizer has a token 'on</w>' already"));
  EXPECT_EQ(refused_inversion(encode, {"<a>", l, g, "e.safetensors"}), "not refused");
}

}  // namespace
}  // namespace models
