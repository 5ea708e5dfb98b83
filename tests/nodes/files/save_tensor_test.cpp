// SPDX-License-Identifier: MIT
#include "tensors/npz.h"
#include "tests/methods/matching/banks.h"
#include "tests/nodes/fixtures.h"
#include "tests/reference.h"

namespace nodes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// What numpy would read of the file that is written for `value`.
template <class T>
std::map<std::string, at::Tensor> saved(const T& value) {
  graph::NodeHarness node(built_in(), "save-tensor", {{"path", "it.npz"}});
  node.in("value", value).run();
  const Folder folder;
  return tensors::read_npz(folder.write("it.npz", node.files().at("it.npz"))).arrays;
}

std::vector<std::string> names(const std::map<std::string, at::Tensor>& arrays) {
  std::vector<std::string> names;
  for (const auto& [name, array] : arrays) names.push_back(name);
  return names;
}

TEST(SaveTensor, NamesArraysAfterTheirTypes) {
  const at::Tensor latents = at::arange(32, at::TensorOptions(at::kFloat)).reshape({1, 4, 2, 4});
  const auto arrays = saved(Latents{latents});
  EXPECT_EQ(names(arrays), std::vector<std::string>{"latents"});
  EXPECT_TRUE(arrays.at("latents").equal(latents));

  const auto image = saved(flat(6, 3, 0.25, 0.5, 1));
  EXPECT_EQ(names(image), std::vector<std::string>{"image"});
  const at::Tensor colour = at::tensor({0.25F, 0.5F, 1.0F}).reshape({1, 3, 1, 1});
  EXPECT_TRUE(image.at("image").equal(colour.expand({1, 3, 3, 6})));
  EXPECT_EQ(names(saved(graph::List<Image>({flat(4, 4, 0), flat(2, 2, 1)}))),
            (std::vector<std::string>{"image_0", "image_1"}));
}

TEST(SaveTensor, WritesAllThatConditioningHas) {
  const at::Tensor embeds = at::ones({1, 77, 8}), pooled = at::ones({1, 5}), ids = at::ones({1, 6});
  const auto arrays = saved(Conditioning{embeds, embeds * 2, pooled, pooled * 2, ids, ids * 2});
  EXPECT_EQ(names(arrays),
            (std::vector<std::string>{"negative_pooled_prompt_embeds", "negative_prompt_embeds", "negative_time_ids",
                                      "pooled_prompt_embeds", "prompt_embeds", "time_ids"}));
  EXPECT_TRUE(arrays.at("negative_time_ids").equal(ids * 2));
  EXPECT_TRUE(arrays.at("pooled_prompt_embeds").equal(pooled));
  EXPECT_EQ(names(saved(Conditioning{embeds, embeds, {}, {}, {}, {}})),
            (std::vector<std::string>{"negative_prompt_embeds", "prompt_embeds"}))
      << "Stable Diffusion 1.x has no others";
}

TEST(SaveTensor, WritesTheLevelsOfASchedule) {
  const schedulers::Schedule schedule(schedulers::Config::stable_diffusion_xl(), {.scheduler = "euler", .steps = 4});
  const auto arrays = saved(schedule);
  EXPECT_EQ(names(arrays), (std::vector<std::string>{"init_noise_sigma", "sigmas", "timesteps"}));
  EXPECT_TRUE(arrays.at("timesteps").equal(at::tensor({751.0F, 501.0F, 251.0F, 1.0F})));
  EXPECT_EQ(arrays.at("sigmas").size(0), 5);
}

TEST(SaveTensor, WritesRegions) {
  const imaging::Labels map = imaging::square_grid(2, 4, 2);
  const auto arrays = saved(Labels{std::make_shared<const imaging::Labels>(map)});
  EXPECT_EQ(names(arrays), std::vector<std::string>{"labels"});
  EXPECT_TRUE(arrays.at("labels").equal(at::tensor({0, 0, 1, 1, 0, 0, 1, 1}, at::kInt).reshape({2, 4})));
}

TEST(SaveTensor, WritesMatchesInTheirOrder) {
  matching::Matches matches;
  matches.matches = {
      {.region = 3, .record = 1, .y = 4, .x = 5, .y0 = 6, .x0 = 7, .height = 8, .width = 9, .score = 0.5F},
      {.region = 10, .record = 11, .score = -1}};
  const auto arrays = saved(matches);
  EXPECT_EQ(names(arrays),
            (std::vector<std::string>{"bbox_h", "bbox_w", "region_id", "score", "source_latent_x", "source_latent_y",
                                      "source_record_index", "target_x0", "target_y0"}));
  const auto ints = [&](const char* name) {
    const at::Tensor array = arrays.at(name);
    EXPECT_EQ(array.scalar_type(), at::kInt) << name;
    return std::vector<std::int32_t>(array.data_ptr<std::int32_t>(), array.data_ptr<std::int32_t>() + array.numel());
  };
  EXPECT_THAT(ints("region_id"), ElementsAre(3, 10));
  EXPECT_THAT(ints("source_record_index"), ElementsAre(1, 11));
  EXPECT_THAT(ints("source_latent_y"), ElementsAre(4, 0));
  EXPECT_THAT(ints("source_latent_x"), ElementsAre(5, 0));
  EXPECT_THAT(ints("target_y0"), ElementsAre(6, 0));
  EXPECT_THAT(ints("target_x0"), ElementsAre(7, 0));
  EXPECT_THAT(ints("bbox_h"), ElementsAre(8, 0));
  EXPECT_THAT(ints("bbox_w"), ElementsAre(9, 0));
  EXPECT_TRUE(arrays.at("score").equal(at::tensor({0.5F, -1.0F})));

  EXPECT_EQ(saved(matching::Matches{}).at("region_id").numel(), 0) << "nothing matched";
  matches.indices = at::tensor({7, 8}, at::kInt).reshape({1, 2});
  EXPECT_TRUE(saved(matches).at("indices").equal(matches.indices)) << "squares";
}

TEST(SaveTensor, WritesBanksAsCollageNetBuildsThem) {
  const tensors::Npz due = collagenet::arrays("default");
  const auto arrays = saved(Bank{collagenet::bank(collagenet::settings("default")["config"])});
  EXPECT_EQ(names(arrays), (std::vector<std::string>{"bbox", "record", "x", "y"}));
  for (const char* name : {"record", "y", "x", "bbox"}) {
    EXPECT_TRUE(arrays.at(name).equal(due.arrays.at(std::string("bank_") + name))) << name;
  }
}

TEST(SaveTensor, NamesFilesAfterNodeAndItem) {
  graph::NodeHarness node(built_in(), "save-tensor");
  node.node_id("keep").item(item_of(3, {})).in("value", Latents{at::zeros({1, 4, 2, 2})}).run();
  ASSERT_EQ(node.files().size(), 1U);
  EXPECT_EQ(node.files().begin()->first, "keep-0003.npz");
}

TEST(SaveTensor, Errors) {
  EXPECT_EQ(refusal_of("save-tensor", {{"path", "latents.npy"}}),
            "path: 'latents.npy' has another ending than .npz, the format that is written");
  EXPECT_THAT(thrown_by([] { saved(tensors::Generator(1)); }),
              StartsWith("a value of the type generator cannot be saved; these can: latents, image, conditioning, "));
}

}  // namespace
}  // namespace nodes
