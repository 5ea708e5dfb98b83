// SPDX-License-Identifier: MIT
#include "models/text/prompt_notices.h"

#include <gmock/gmock.h>

namespace models {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> of(const std::string& prompt, const std::vector<std::string>& words = {}) {
  return prompt_notices({.prompt = prompt}, words);
}

TEST(PromptNotices, OfLoras) {
  EXPECT_THAT(
      of("a cat <lora:style:0.8>, red"),
      ElementsAre("prompt: '<lora:style:0.8>' is read as text: give the file as lora: style.safetensors=0.8, to "
                  "text-encode and to the denoiser"));
  EXPECT_THAT(
      of("<LORA:a><lyco:b:1:0.5>"),
      ElementsAre("prompt: '<LORA:a>' is read as text: give the file as lora: a.safetensors, to text-encode and "
                  "to the denoiser",
                  "prompt: '<lyco:b:1:0.5>' is read as text: give the file as lora: b.safetensors=1, to "
                  "text-encode and to the denoiser"));
  EXPECT_THAT(of("<hypernet:h:1>"),
              ElementsAre("prompt: '<hypernet:h:1>' is read as text: hypernetworks are not supported"));
}

TEST(PromptNotices, OfEmbeddings) {
  EXPECT_THAT(
      of("by embedding:style-1, red"),
      ElementsAre("prompt: 'embedding:style-1' is read as text: give the file as embedding: style-1.safetensors, "
                  "and the word that stands for it in prompts as embedding_tokens"));
  EXPECT_THAT(of("(embedding:EasyNegative:1.2)").size(), 1);
  EXPECT_THAT(of("a embedding:cat", {"embedding:cat"}), IsEmpty()) << "a word that stands for vectors";
}

TEST(PromptNotices, OfEachText) {
  const Prompt prompt{
      .prompt = "a", .prompt_2 = "<lora:a>", .negative_prompt = "<lora:b>", .negative_prompt_2 = "<lora:c>"};
  const std::vector<std::string> notices = prompt_notices(prompt, {});
  ASSERT_EQ(notices.size(), 3U);
  EXPECT_TRUE(notices[0].starts_with("prompt_2: "));
  EXPECT_TRUE(notices[1].starts_with("negative_prompt: "));
  EXPECT_TRUE(notices[2].starts_with("negative_prompt_2: "));
}

TEST(PromptNotices, NotOfOtherTexts) {
  for (const char* text :
       {"", "a cat", "<cat>", "embedding: a word", "a < b", "<lora", "word embedding", "xembedding:y"})
    EXPECT_THAT(of(text), IsEmpty()) << text;
}

}  // namespace
}  // namespace models
