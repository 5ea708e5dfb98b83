// SPDX-License-Identifier: MIT
#include "models/text/textual_inversion.h"

#include <gmock/gmock.h>

#include <limits>

#include "tensors/npz.h"
#include "tensors/safetensors.h"
#include "tests/observers/temp_folder.h"
#include "tests/reference.h"

namespace models {
namespace {

class TextualInversionFile : public FolderTest {
 protected:
  using Tensors = std::vector<std::pair<std::string, at::Tensor>>;

  std::vector<TextualInversion> read(const Tensors& tensors, const std::vector<std::string>& tokens = {"<s>"}) const {
    tensors::write_safetensors(path("e.safetensors"), tensors);
    return read_textual_inversion(path("e.safetensors"), tokens);
  }
  /// Begins with the file's path, which is cut off.
  std::string refusal(const Tensors& tensors, const std::vector<std::string>& tokens = {"<s>"}) const {
    try {
      read(tensors, tokens);
    } catch (const tensors::FileError& e) {
      const std::string text = e.what(), begin = path("e.safetensors") + ": ";
      EXPECT_TRUE(text.starts_with(begin)) << text;
      return text.substr(std::min(begin.size(), text.size()));
    }
    return "not refused";
  }
};

TEST(TextualInversion, ReadsSdxlsFiles) {
  const auto file = reference::sdxl("mini") / "embeddings/sdxl_two_vectors.safetensors";
  const auto [inversion] = std::tuple(read_textual_inversion(file, {"<s0>"}).at(0));
  EXPECT_EQ(inversion.token, "<s0>");
  EXPECT_EQ(inversion.source, file.string());
  EXPECT_EQ(inversion.clip_l.sizes(), (std::vector<std::int64_t>{2, 16}));
  EXPECT_EQ(inversion.clip_g.sizes(), (std::vector<std::int64_t>{2, 20}));
}

TEST(TextualInversion, SeveralTokensHaveAVectorEach) {
  const auto file = reference::sdxl("mini") / "embeddings/sdxl_two_vectors.safetensors";
  const TextualInversion all = read_textual_inversion(file, {"<s>"}).at(0);
  const auto both = read_textual_inversion(file, {"<a>", "<b>"});
  ASSERT_EQ(both.size(), 2U);
  EXPECT_EQ(both[1].token, "<b>");
  EXPECT_EQ(reference::difference(both[1].clip_l, all.clip_l.narrow(0, 1, 1)), 0);
  EXPECT_EQ(reference::difference(both[0].clip_g, all.clip_g.narrow(0, 0, 1)), 0);
}

TEST_F(TextualInversionFile, OlderFilesAreForTheFirstEncoder) {
  for (const char* name : {"emb_params", "<cat-toy>"}) {
    const TextualInversion inversion = read({{name, at::ones({2, 4}, at::kHalf)}}).at(0);
    EXPECT_EQ(inversion.clip_l.sizes(), (std::vector<std::int64_t>{2, 4}));
    EXPECT_EQ(inversion.clip_l.scalar_type(), at::kFloat);
    EXPECT_FALSE(inversion.clip_g.defined());
  }
  EXPECT_EQ(read({{"emb_params", at::ones({4})}}).at(0).clip_l.size(0), 1);
}

TEST_F(TextualInversionFile, SomeTrainersNumberTheEncoders) {
  const TextualInversion both =
      read({{"text_encoders_0", at::ones({2, 4})}, {"text_encoders_1", at::ones({2, 6})}}).at(0);
  EXPECT_EQ(both.clip_l.sizes(), (std::vector<std::int64_t>{2, 4}));
  EXPECT_EQ(both.clip_g.sizes(), (std::vector<std::int64_t>{2, 6}));
  EXPECT_FALSE(read({{"text_encoders_1", at::ones({2, 6})}}).at(0).clip_l.defined());
  EXPECT_THAT(refusal({{"clip_l", at::ones({1, 4})}, {"text_encoders_0", at::ones({1, 4})}}),
              ::testing::HasSubstr("is there under another name, too"));
}

TEST_F(TextualInversionFile, RefusesOtherFiles) {
  EXPECT_EQ(
      refusal({}),
      "is not a textual inversion: expected 'clip_l' and 'clip_g' (SDXL), or one tensor such as 'emb_params' (Stable "
      "Diffusion 1.x), found none");
  Tensors many;
  for (const char* name : {"a", "b", "c", "d", "e", "f", "g"}) many.emplace_back(name, at::ones({1}));
  EXPECT_THAT(refusal(many), ::testing::HasSubstr("found 'a', 'b', 'c', 'd', 'e' and 2 more"));
  EXPECT_THAT(refusal({{"clip_l", at::ones({1})}, {"lora", at::ones({1})}}), ::testing::HasSubstr("'lora'"));
}

TEST_F(TextualInversionFile, RefusesOtherShapesAndValues) {
  EXPECT_EQ(refusal({{"clip_g", at::ones({2, 3, 4})}}),
            "'clip_g': expected a shape of [vectors, width], found [2, 3, 4]");
  EXPECT_EQ(refusal({{"clip_g", at::ones({0, 4})}}), "'clip_g': expected a shape of [vectors, width], found [0, 4]");
  EXPECT_EQ(refusal({{"clip_l", at::ones({2, 4}, at::kLong)}}), "'clip_l': expected numbers in floating point");
  EXPECT_EQ(refusal({{"clip_l", at::full({2, 4}, std::numeric_limits<float>::infinity())}}),
            "'clip_l': has values that are not finite");
}

TEST_F(TextualInversionFile, TokensMustGoWithTheVectors) {
  EXPECT_EQ(refusal({{"clip_l", at::ones({3, 4})}}, {"<a>", "<b>"}),
            "has 3 vectors for 2 tokens; give one token, which then stands for all of them, or as many tokens as "
            "vectors");
  EXPECT_EQ(refusal({{"clip_l", at::ones({3, 4})}}, {}), "needs a token to stand for it, such as '<cat-toy>'");
}

}  // namespace
}  // namespace models
