// SPDX-License-Identifier: MIT
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/nodes/fixtures.h"
#include "tests/reference.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Pairs = graph::NodeHarness::Pairs;

constexpr double kTolerance = 1e-4;
const std::string kCat = "a small red cat sitting on a wooden table, oil painting";
const std::string kTower = "Wow! 8k photo of the EIFFEL tower at night, neon lights!!";
const std::string kUgly = "blurry, low quality, watermark";

graph::NodeHarness encoder(Pairs props) {
  props.emplace_back("model", (reference::sdxl("mini") / "model").string());
  return {built_in(), "text-encode", props};
}

Conditioning encoded(const Pairs& props) {
  return encoder(props).run().out<Conditioning>("conditioning");
}

at::Tensor row(const std::vector<float>& numbers) {
  return at::tensor(numbers).unsqueeze(0);
}

TEST(TextEncode, EqualsDiffusers) {
  const std::map<std::string, Pairs> cases{
      {"neg_", {{"prompt", kCat}, {"negative_prompt", kUgly}}},
      {"noneg_", {{"prompt", kCat}, {"force_zeros_for_empty_prompt", "true"}}},
      {"emptyneg_", {{"prompt", kCat}}},
      {"two_", {{"prompt", kCat}, {"prompt_2", kTower}, {"negative_prompt", kUgly}, {"negative_prompt_2", "ugly!"}}},
      {"clipskip1_", {{"prompt", kCat}, {"negative_prompt", kUgly}, {"clip_skip", "1"}}},
  };
  const reference::Vectors vectors("mini", "encode_prompt");
  for (const auto& [prefix, props] : cases) {
    SCOPED_TRACE(prefix);
    const Conditioning c = encoded(props);
    const auto expect = [&](const at::Tensor& found, const std::string& name) {
      EXPECT_LT(reference::difference(found, vectors[prefix + name]), kTolerance) << name;
    };
    expect(c.prompt_embeds, "prompt_embeds");
    expect(c.negative_prompt_embeds, "negative_prompt_embeds");
    expect(c.pooled_prompt_embeds, "pooled_prompt_embeds");
    expect(c.negative_pooled_prompt_embeds, "negative_pooled_prompt_embeds");
  }
}

/// What links feed is what properties say.
TEST(TextEncode, TakesTextsAndSizesFromLinks) {
  const Conditioning due = encoded({{"prompt", kCat}, {"negative_prompt", kUgly}, {"crop_top", "64"}, {"width", "0"}});
  graph::NodeHarness node = encoder({{"prompt", ""}, {"width", "0"}});
  const Conditioning fed = node.feed("prompt", kCat)
                               .feed("negative_prompt", kUgly)
                               .feed("crop_top", std::int64_t{64})
                               .run()
                               .out<Conditioning>("conditioning");
  EXPECT_TRUE(at::equal(fed.prompt_embeds, due.prompt_embeds));
  EXPECT_TRUE(at::equal(fed.negative_prompt_embeds, due.negative_prompt_embeds));
  EXPECT_TRUE(at::equal(fed.time_ids, due.time_ids));
  EXPECT_THAT(thrown_by([&] { node.feed("prompt", std::string("\xff")); }), HasSubstr("UTF-8"));
  EXPECT_THAT(thrown_by([&] { node.feed("model", std::string("x")); }), HasSubstr("no link may feed"));
}

TEST(TextEncode, EqualsDiffusersWithTextualInversion) {
  const Conditioning c =
      encoded({{"prompt", "<s0>"},
               {"negative_prompt", kUgly},
               {"embedding", (reference::sdxl("mini") / "embeddings/sdxl_two_vectors.safetensors").string()},
               {"embedding_tokens", "<s0>"}});
  const reference::Vectors vectors("mini", "textual_inversion");
  const auto second = [&](const std::string& name) { return vectors[name].narrow(0, 1, 1); };
  EXPECT_LT(reference::difference(c.prompt_embeds, second("prompt_embeds")), kTolerance);
  EXPECT_LT(reference::difference(c.negative_prompt_embeds, second("negative_prompt_embeds")), kTolerance);
  EXPECT_LT(reference::difference(c.pooled_prompt_embeds, second("pooled_prompt_embeds")), kTolerance);
  EXPECT_LT(reference::difference(c.negative_pooled_prompt_embeds, second("negative_pooled_prompt_embeds")),
            kTolerance);
}

TEST(TextEncode, RowsOfABatchAreWhatTheyAreAlone) {
  graph::NodeHarness cat = encoder({{"prompt", kCat}, {"negative_prompt", kUgly}});
  graph::NodeHarness tower =
      encoder({{"prompt", kTower}, {"clip_skip", "1"}, {"force_zeros_for_empty_prompt", "true"}});
  graph::NodeHarness::run_batch({&cat, &tower});
  const Conditioning both[] = {cat.out<Conditioning>("conditioning"), tower.out<Conditioning>("conditioning")};
  const Conditioning alone[] = {cat.run().out<Conditioning>("conditioning"),
                                tower.run().out<Conditioning>("conditioning")};
  for (int i = 0; i < 2; ++i) {
    EXPECT_LT(reference::difference(both[i].prompt_embeds, alone[i].prompt_embeds), kTolerance);
    EXPECT_LT(reference::difference(both[i].negative_prompt_embeds, alone[i].negative_prompt_embeds), kTolerance);
    EXPECT_LT(reference::difference(both[i].pooled_prompt_embeds, alone[i].pooled_prompt_embeds), kTolerance);
    EXPECT_LT(reference::difference(both[i].negative_pooled_prompt_embeds, alone[i].negative_pooled_prompt_embeds),
              kTolerance);
  }
}

TEST(TextEncode, AnEmptyNegativeIsZerosOnlyWhereForced) {
  const Pairs forced{{"prompt", kCat}, {"force_zeros_for_empty_prompt", "true"}};
  EXPECT_EQ(encoded(forced).negative_prompt_embeds.abs().sum().item<float>(), 0);
  EXPECT_EQ(encoded(forced).negative_pooled_prompt_embeds.abs().sum().item<float>(), 0);
  EXPECT_GT(encoded({{"prompt", kCat}}).negative_prompt_embeds.abs().sum().item<float>(), 1);
  const Pairs ugly{{"prompt", kCat}, {"negative_prompt", kUgly}, {"force_zeros_for_empty_prompt", "true"}};
  EXPECT_GT(encoded(ugly).negative_prompt_embeds.abs().sum().item<float>(), 1);
}

TEST(TextEncode, TellsOfThePicture) {
  const Conditioning c = encoded({{"prompt", kCat}, {"width", "640"}, {"height", "384"}});
  EXPECT_EQ(c.prompt_embeds.sizes(), (at::IntArrayRef{1, 77, 36}));
  EXPECT_EQ(c.pooled_prompt_embeds.sizes(), (at::IntArrayRef{1, 24}));
  EXPECT_EQ(c.prompt_embeds.scalar_type(), at::kFloat);
  EXPECT_EQ(reference::difference(c.time_ids, row({384, 640, 0, 0, 384, 640})), 0);
  EXPECT_EQ(reference::difference(c.negative_time_ids, c.time_ids), 0);
  const Conditioning native = encoded({{"prompt", kCat}, {"width", "0"}, {"height", "0"}});
  EXPECT_EQ(reference::difference(native.time_ids, row({64, 64, 0, 0, 64, 64})), 0) << "as the model is made for";
  const Conditioning cropped = encoded({{"prompt", kCat},
                                        {"width", "640"},
                                        {"height", "384"},
                                        {"original_width", "2000"},
                                        {"original_height", "1000"},
                                        {"crop_left", "7"},
                                        {"crop_top", "9"}});
  EXPECT_EQ(reference::difference(cropped.time_ids, row({1000, 2000, 9, 7, 384, 640})), 0);
}

TEST(TextEncode, WarnsOfWhatWasCut) {
  std::string letters;
  for (int i = 0; i < 75; ++i) letters += "a ";
  graph::NodeHarness fits = encoder({{"prompt", letters}});
  EXPECT_THAT(fits.run().warnings(), IsEmpty());
  graph::NodeHarness node = encoder({{"prompt", letters + "with blue feathers"}});
  node.run();
  ASSERT_THAT(node.warnings(), SizeIs(1));
  EXPECT_THAT(node.warnings()[0], HasSubstr("prompt: "));
  EXPECT_THAT(node.warnings()[0], HasSubstr("blue feathers"));
  EXPECT_EQ(reference::difference(node.out<Conditioning>("conditioning").prompt_embeds,
                                  fits.out<Conditioning>("conditioning").prompt_embeds),
            0);
}

TEST(TextEncode, ReadsLongAndWeightedPrompts) {
  const reference::Vectors webui(reference::control() / "webui_sdxl.npz"),
      comfyui(reference::control() / "comfyui_sdxl.npz");
  std::ifstream file(reference::control() / "prompts.json");
  const nlohmann::json prompts = nlohmann::json::parse(file)["a1111_and_comfyui"];
  const std::string weights = prompts["weights"], four = prompts["long4"], negative = prompts["negative"];
  const Conditioning one = encoded({{"prompt", weights}, {"prompt_syntax", "webui"}});
  EXPECT_LT(reference::difference(one.prompt_embeds, webui["weights_original"]), kTolerance);
  EXPECT_LT(reference::difference(one.pooled_prompt_embeds, webui["weights_pooled"]), kTolerance);
  const Pairs longer{
      {"prompt", four}, {"negative_prompt", negative}, {"prompt_syntax", "webui"}, {"emphasis", "no_norm"}};
  const Conditioning many = encoded(longer);
  EXPECT_LT(reference::difference(many.prompt_embeds, webui["long4_nonorm"]), kTolerance);
  EXPECT_LT(reference::difference(many.negative_prompt_embeds, webui["negative_nonorm"]), kTolerance);
  Pairs filled = longer;
  filled.emplace_back("unequal_prompts", "fill");
  EXPECT_LT(reference::difference(encoded(filled).negative_prompt_embeds, webui["negative_padded_to_long4"]),
            kTolerance);
  EXPECT_LT(reference::difference(encoded({{"prompt", weights}, {"prompt_syntax", "comfyui"}}).prompt_embeds,
                                  comfyui["weights"]),
            kTolerance);
  EXPECT_EQ(encoded({{"prompt", four}, {"prompt_syntax", "comfyui"}}).negative_prompt_embeds.size(1), 4 * 77)
      << "repeated";
}

TEST(TextEncode, WarnsOfAnotherConventionsSyntax) {
  const auto warning = [](const std::string& syntax, const std::string& prompt) {
    graph::NodeHarness node = encoder({{"prompt", kCat}, {"negative_prompt", prompt}, {"prompt_syntax", syntax}});
    node.run();
    return node.warnings().size() == 1 ? node.warnings()[0] : std::to_string(node.warnings().size()) + " warnings";
  };
  EXPECT_THAT(warning("plain", "(ugly:1.3)"),
              HasSubstr("negative_prompt: '(ugly:1.3)' is a weight where prompt_syntax is"));
  EXPECT_THAT(warning("webui", "ugly++"),
              HasSubstr("negative_prompt: 'ugly++' is a weight where prompt_syntax is compel"));
  EXPECT_THAT(warning("webui", "(ugly"), HasSubstr("negative_prompt: a bracket is opened and not closed"));
  EXPECT_EQ(warning("webui", "(ugly:1.3)"), "0 warnings");
}

/// webui's prompt editing and AND.
TEST(TextEncode, TellsWhatHoldsAtWhichTurn) {
  const schedulers::Schedule schedule(schedulers::Config::stable_diffusion_xl(), {.scheduler = "euler", .steps = 4});
  graph::NodeHarness node = encoder({{"prompt", "a [cat:dog:2]"}, {"prompt_syntax", "webui"}});
  const Conditioning edited = node.in("schedule", schedule).run().out<Conditioning>("conditioning");
  const Conditioning cat = encoded({{"prompt", "a cat"}}), dog = encoded({{"prompt", "a dog"}});
  for (const std::size_t turn : {0, 1, 2, 3}) {
    const Conditioning& due = turn < 2 ? cat : dog;
    EXPECT_LT(reference::difference(at_turn(edited, turn).prompt_embeds, due.prompt_embeds), kTolerance) << turn;
    EXPECT_LT(reference::difference(at_turn(edited, turn).pooled_prompt_embeds, due.pooled_prompt_embeds), kTolerance);
  }
  const Conditioning both = encoded({{"prompt", "a cat :1.5 AND a dog"}, {"prompt_syntax", "webui"}});
  EXPECT_LT(reference::difference(both.prompt_embeds, cat.prompt_embeds), kTolerance);
  EXPECT_EQ(both.weight, 1.5);
  ASSERT_TRUE(both.parts);
  ASSERT_EQ(both.parts->also.size(), 1U);
  EXPECT_LT(reference::difference(both.parts->also[0].prompt_embeds, encoded({{"prompt", " a dog"}}).prompt_embeds),
            kTolerance);
  EXPECT_THAT(thrown_by([] {
                encoder({{"prompt", "a [cat:dog:2]"}, {"prompt_syntax", "webui"}}).run();
              }),
              HasSubstr("prompt: changes by turns ([from:to:when] or [a|b]), whose number is not known here: link the "
                        "schedule to text-encode's input"));
  EXPECT_EQ(encoded({{"prompt", "a [cat:dog:2] AND b"}}).parts, nullptr) << "plain";
}

TEST(TextEncode, RefusesBeforeTheRun) {
  EXPECT_EQ(thrown_by([] {
              encoder({{"prompt", kCat}, {"emphasis", "ignore"}}).open();
            }),
            "emphasis: is for prompt_syntax: webui");
  EXPECT_EQ(thrown_by([] {
              encoder({{"prompt", kCat}, {"comma_padding_backtrack", "0"}, {"prompt_syntax", "compel"}}).open();
            }),
            "comma_padding_backtrack: is for prompt_syntax: webui");
  EXPECT_THAT(thrown_by([] {
                encoder({{"prompt", "(cat:inf)"}, {"prompt_syntax", "comfyui"}}).open();
              }),
              HasSubstr("prompt: the weight 'inf' of 'cat' is not a finite number"));
  EXPECT_THAT(thrown_by([] {
                encoder({{"prompt", "a\xff"}, {"prompt_syntax", "webui"}}).open();
              }),
              HasSubstr("prompt: is not UTF-8"));
  EXPECT_THAT(thrown_by([] { encoder({{"prompt", "a\xff"}}).open(); }), HasSubstr("prompt: is not UTF-8"));
  EXPECT_EQ(thrown_by([] {
              encoder({{"prompt", kCat}, {"clip_skip", "3"}}).open();
            }),
            "clip_skip: 3 is out of range; text_encoder has 3 layers, so it can be 0 to 2");
}

/// What web UIs take out of prompts is drawn as text here, and said to be.
TEST(TextEncode, TellsOfWhatItReadsAsText) {
  graph::NodeHarness node = encoder({{"prompt", "a cat <lora:style:0.8>"}, {"negative_prompt", "embedding:bad"}});
  node.run();
  ASSERT_THAT(node.warnings(), SizeIs(2));
  EXPECT_THAT(node.warnings()[0], HasSubstr("prompt: '<lora:style:0.8>' is read as text: give the file as lora: "));
  EXPECT_THAT(node.warnings()[1],
              HasSubstr("negative_prompt: 'embedding:bad' is read as text: give the file as embed"));
}

/// The list's name is quoted in the message, with what to write.
TEST(TextEncode, ALoraWithACommaInItsNameIsQuoted) {
  const auto refused = [](const std::string& lora) {
    return refusal_of("text-encode",
                      {{"model", (reference::sdxl("mini") / "model").string()}, {"prompt", ""}, {"lora", lora}});
  };
  EXPECT_THAT(refused("nowhere, x.safetensors"),
              ::testing::AllOf(HasSubstr("nowhere: there is no such file"), HasSubstr("stands in double quotes")));
  EXPECT_THAT(refused("\"nowhere, x.safetensors\""), HasSubstr("nowhere, x.safetensors: there is no such file"));
  EXPECT_THAT(refused("x.safetensors=nan"), HasSubstr("must be a finite number"));
}

}  // namespace
}  // namespace nodes
