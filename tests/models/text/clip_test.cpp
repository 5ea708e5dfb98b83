// SPDX-License-Identifier: MIT
#include "models/text/clip.h"

#include <gmock/gmock.h>

#include <functional>
#include <stdexcept>
#include <thread>

#include "tests/models/text_parts.h"

namespace models {
namespace {

using ::testing::HasSubstr;

constexpr double kClipTolerance = 1e-4;

/// All that transformers computed with one encoder of a set; `prefix` is "te1" or "te2".
void expect_equal_to_transformers(const std::string& set, const std::string& folder, const std::string& prefix) {
  const auto model = text_parts::model(set, folder);
  const reference::Vectors vectors(set, "text_encoders");
  ClipTextModel::Wanted wanted{.last_hidden_state = true, .pooled = true};
  const std::int64_t layers = model->config().num_hidden_layers;
  for (std::int64_t i = 0; i <= layers; ++i) wanted.hidden_states.push_back(i);
  const auto output = (*model)(vectors[prefix + "_ids"], wanted);
  double worst = 0;
  const auto compare = [&](const at::Tensor& found, const std::string& name) {
    const double difference = reference::difference(found, vectors[prefix + "_" + name]);
    EXPECT_LE(difference, kClipTolerance) << name;
    worst = std::max(worst, difference);
  };
  for (std::int64_t i = 0; i <= layers; ++i)
    compare(output.hidden_states[static_cast<std::size_t>(i)], "hidden_" + std::to_string(i));
  compare(output.last_hidden_state, "last_hidden_state");
  if (model->config().projection_dim > 0) compare(output.text_embeds, "text_embeds");
  else compare(output.pooled, "pooler_output");
  testing::Test::RecordProperty(set + "_" + prefix, std::to_string(worst));
}

TEST(Clip, EqualsTransformers) {
  expect_equal_to_transformers("mini", "text_encoder", "te1");
  expect_equal_to_transformers("mini", "text_encoder_2", "te2");
}

TEST(Clip, EqualsTransformersOnTheLargerModel) {
  REQUIRE_REFERENCE("full");
  expect_equal_to_transformers("full", "text_encoder", "te1");
  expect_equal_to_transformers("full", "text_encoder_2", "te2");
}

TEST(Clip, EqualsTransformersOnTheRefiner) {
  REQUIRE_REFERENCE("refiner");
  expect_equal_to_transformers("refiner", "text_encoder_2", "te2");
}

/// A model of one or two layers with numbers from a generator, all differentiable.
class DifferentiableClip final : public ParameterSource {
 public:
  at::Tensor get(const std::string&, at::IntArrayRef shape) override {
    return (at::randn(shape, generator_, at::kDouble) * 0.5).requires_grad_();
  }

 private:
  at::Generator generator_ = at::make_generator<at::CPUGeneratorImpl>(5);
};

ClipTextConfig small_config() {
  ClipTextConfig config;
  config.vocab_size = 10;
  config.max_position_embeddings = 6;
  config.hidden_size = 8;
  config.intermediate_size = 12;
  config.num_hidden_layers = 2;
  config.num_attention_heads = 2;
  config.eos_token_id = 9;
  config.projection_dim = 4;
  return config;
}

ClipTextModel small(ClipTextConfig config = small_config()) {
  DifferentiableClip source;
  return {config, source};
}

const at::Tensor& parameter(const ClipTextModel& model, const std::string& name) {
  for (const auto& [found, tensor] : model.parameters())
    if (found == name) return tensor;
  throw std::out_of_range(name);
}

at::Tensor ids(std::initializer_list<std::int64_t> row) {
  return at::tensor(std::vector<std::int64_t>(row), at::kLong).unsqueeze(0);
}

TEST(Clip, ParametersHaveTransformersNames) {
  const ClipTextModel model = small();
  EXPECT_EQ(model.parameters().size(), 2 + 2 * 16 + 2 + 1U);
  for (const char* name : {"text_model.embeddings.token_embedding.weight", "text_model.final_layer_norm.bias",
                           "text_model.encoder.layers.1.self_attn.out_proj.bias",
                           "text_model.encoder.layers.0.mlp.fc1.weight", "text_projection.weight"})
    EXPECT_NO_THROW(parameter(model, name)) << name;
}

TEST(Clip, TextsAreReadFromLeftToRight) {
  const ClipTextModel model = small();
  const auto last = [&](const at::Tensor& x) { return model(x, {.last_hidden_state = true}).last_hidden_state; };
  const at::Tensor a = last(ids({1, 2, 3, 4})), b = last(ids({1, 2, 7, 4}));
  EXPECT_LT(reference::difference(a.narrow(1, 0, 2), b.narrow(1, 0, 2)), 1e-12);
  EXPECT_GT(reference::difference(a.narrow(1, 3, 1), b.narrow(1, 3, 1)), 1e-3);
}

TEST(Clip, WhatIsNotReadChangesNothingBehindIt) {
  const ClipTextModel model = small();
  const at::Tensor is_read = ids({1, 0, 1, 1}).to(at::kBool);
  const auto last = [&](const at::Tensor& x, const at::Tensor& mask) {
    return model(x, {.last_hidden_state = true}, {}, mask).last_hidden_state;
  };
  const at::Tensor a = last(ids({1, 2, 3, 4}), is_read), b = last(ids({1, 7, 3, 4}), is_read);
  EXPECT_LT(reference::difference(a.narrow(1, 2, 2), b.narrow(1, 2, 2)), 1e-12);
  EXPECT_GT(reference::difference(a.narrow(1, 1, 1), b.narrow(1, 1, 1)), 1e-3);
  EXPECT_GT(reference::difference(a, last(ids({1, 2, 3, 4}), {})), 1e-3);
  EXPECT_LT(reference::difference(last(ids({1, 2, 3, 4}), at::ones({1, 4}, at::kBool)), last(ids({1, 2, 3, 4}), {})),
            1e-12);
}

TEST(Clip, PoolsWhereTheTextEnds) {
  const ClipTextModel model = small();
  const auto output = model(ids({1, 9, 3, 9}), {.last_hidden_state = true, .pooled = true});
  EXPECT_LT(reference::difference(output.pooled, output.last_hidden_state.select(1, 1)), 1e-12);
  EXPECT_LT(
      reference::difference(output.text_embeds, at::linear(output.pooled, parameter(model, "text_projection.weight"))),
      1e-12);
}

TEST(Clip, PoolsAtTheHighestIdForTheOldEndToken) {
  ClipTextConfig config = small_config();
  config.eos_token_id = 2;
  const ClipTextModel model = small(config);
  const auto output = model(ids({2, 3, 8, 8, 1}), {.last_hidden_state = true, .pooled = true});
  EXPECT_LT(reference::difference(output.pooled, output.last_hidden_state.select(1, 2)), 1e-12);
}

TEST(Clip, WithoutAProjectionThereAreNoTextEmbeds) {
  ClipTextConfig config = small_config();
  config.projection_dim = 0;
  const auto output = small(config)(ids({1}), {.pooled = true});
  EXPECT_TRUE(output.pooled.defined());
  EXPECT_FALSE(output.text_embeds.defined());
}

TEST(Clip, ComputesOnlyWhatIsWanted) {
  const ClipTextModel model = small();
  const auto output = model(ids({1, 2}), {.hidden_states = {-2, 0, -2}});
  EXPECT_FALSE(output.last_hidden_state.defined());
  EXPECT_FALSE(output.pooled.defined());
  EXPECT_TRUE(output.hidden_states[0].is_same(output.hidden_states[2]));
  output.hidden_states[0].sum().backward();
  EXPECT_TRUE(parameter(model, "text_model.encoder.layers.0.mlp.fc1.weight").grad().defined());
  EXPECT_FALSE(parameter(model, "text_model.encoder.layers.1.mlp.fc1.weight").grad().defined());
}

/// d(loss)/d(one number), from the graph and from a small step to either side.
void expect_gradient(const ClipTextModel& model, at::Tensor number, const std::function<at::Tensor()>& loss,
                     const std::string& name) {
  constexpr double kStep = 1e-5;
  for (const auto& [_, tensor] : model.parameters()) tensor.mutable_grad() = at::Tensor();
  number.mutable_grad() = at::Tensor();
  loss().backward();
  const std::int64_t place = number.grad().abs().argmax().item<std::int64_t>();
  const double gradient = number.grad().view(-1)[place].item<double>();
  double* value = number.data_ptr<double>() + place;
  const double before = *value;
  *value = before + kStep;
  const double above = loss().item<double>();
  *value = before - kStep;
  const double below = loss().item<double>();
  *value = before;
  EXPECT_NEAR(gradient, (above - below) / (2 * kStep), 1e-6 * std::max(1.0, std::abs(gradient))) << name;
  EXPECT_NE(gradient, 0) << name;
}

TEST(Clip, GradientsAreThoseOfSmallSteps) {
  const ClipTextModel model = small();
  at::Tensor added = at::randn({2, 8}, at::make_generator<at::CPUGeneratorImpl>(6), at::kDouble).requires_grad_();
  const auto loss = [&] {
    const auto output = model(ids({1, 10, 3, 11, 9}), {.hidden_states = {-2}, .pooled = true}, added);
    return output.text_embeds.square().sum() + output.hidden_states[0].sin().sum();
  };
  expect_gradient(model, added, loss, "added");
  for (const auto& [name, tensor] : model.parameters())
    if (!name.ends_with("k_proj.bias")) expect_gradient(model, tensor, loss, name);  // which changes no softmax
}

TEST(Clip, AddedEmbeddingsAreRowsBehindTheTable) {
  const ClipTextModel model = small();
  const at::Tensor table = parameter(model, "text_model.embeddings.token_embedding.weight");
  const auto first = [&](const at::Tensor& x, const at::Tensor& added) {
    return model(x, {.hidden_states = {0}}, added).hidden_states[0];
  };
  const at::Tensor known = first(ids({4, 2, 3, 4}), {});
  EXPECT_LT(reference::difference(first(ids({10, 2, 11, 4}), at::stack({table[4], table[3]})), known), 1e-12);
}

template <class F>
std::string refused_call(F call) {
  try {
    call();
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "not refused";
}

TEST(Clip, RefusesIdsWithoutAnEmbedding) {
  const ClipTextModel model = small();
  const at::Tensor added = at::zeros({2, 8}, at::kDouble);
  EXPECT_EQ(
      refused_call([&] {
        model(ids({1, 12}), {}, added);
      }),
      "text encoder: id 12 has no embedding: there are 10 and 2 added; tokenizer and text encoder are of different "
      "models, or an embedding was not loaded into both");
  EXPECT_THAT(refused_call([&] { model(ids({1, 10}), {}); }), HasSubstr("id 10 has no embedding: there are 10;"));
  EXPECT_THAT(refused_call([&] { model(ids({-1, 1}), {}); }), HasSubstr("id -1 has no embedding"));
}

TEST(Clip, RefusesOtherShapes) {
  const ClipTextModel model = small();
  EXPECT_EQ(refused_call([&] {
              model(ids({1, 1, 1, 1, 1, 1, 1}), {});
            }),
            "text encoder: expected ids of shape (B, n) in int64 with n from 1 to 6, found [1, 7] in Long");
  EXPECT_THAT(refused_call([&] { model(ids({1}).to(at::kInt), {}); }), HasSubstr("in Int"));
  EXPECT_THAT(refused_call([&] { model(ids({1}).squeeze(0), {}); }), HasSubstr("found [1] in Long"));
  EXPECT_THAT(refused_call([&] { model(at::zeros({0, 4}, at::kLong), {}); }), HasSubstr("found [0, 4]"));
  EXPECT_EQ(refused_call([&] {
              model(ids({10}), {}, at::zeros({2, 7}, at::kDouble));
            }),
            "text encoder: expected added embeddings of shape (k, 8), found [2, 7]");
}

TEST(Clip, RefusesMasksThatDoNotFit) {
  const ClipTextModel model = small();
  for (const at::Tensor& mask : {at::ones({1, 3}, at::kBool), at::zeros({1, 2}, at::kBool)})
    EXPECT_EQ(refused_call([&] {
                model(ids({1, 2}), {}, {}, mask);
              }),
              "text encoder: expected is_read of the ids' shape, [1, 2], with the first place of each row read");
}

TEST(Clip, RefusesLayersThatAreNotThere) {
  const ClipTextModel model = small();
  EXPECT_EQ(refused_call([&] { model(ids({1}), {.hidden_states = {-4}}); }),
            "text encoder: there is no hidden state -4; with 2 layers there are -3 to 2");
  EXPECT_THAT(refused_call([&] { model(ids({1}), {.hidden_states = {3}}); }), HasSubstr("no hidden state 3"));
}

TEST(Clip, OneServesManyThreads) {
  const ClipTextModel model = small();
  const at::Tensor expected = model(ids({1, 2, 9}), {.pooled = true}).text_embeds;
  std::vector<double> worst(3, 0);
  std::vector<std::thread> threads;
  for (double& w : worst)
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i)
        w = std::max(w, reference::difference(model(ids({1, 2, 9}), {.pooled = true}).text_embeds, expected));
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(worst, ::testing::Each(0));
}

}  // namespace
}  // namespace models
