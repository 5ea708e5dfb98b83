// SPDX-License-Identifier: MIT
#include "nodes/keeping.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const at::Tensor kTensor = at::arange(64, at::TensorOptions(at::kFloat)).reshape({1, 4, 4, 4});

/// What is read of a value that was written as arrays.
template <class T>
T kept_and_taken(const T& value) {
  const Keeping* const keeping = keeping_of(graph::value_type<T>());
  const tensors::Npz npz = arrays_of(graph::value_type<T>(), leaves_of(graph::Value::of(value)));
  return keeping->take(npz, "", "kept.npz").template as<T>();
}

std::string kept_text(const graph::Value& value) {
  const std::vector<std::byte> bytes = kept_bytes(value.type(), leaves_of(value), ".json");
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(Keeping, GivesBackTensors) {
  EXPECT_TRUE(kept_and_taken(Latents{kTensor}).tensor.equal(kTensor));
  EXPECT_TRUE(kept_and_taken(Prediction{kTensor}).tensor.equal(kTensor));
  const Predictions both = kept_and_taken(Predictions{kTensor, kTensor + 1});
  EXPECT_TRUE(both.prompt.equal(kTensor));
  EXPECT_TRUE(both.negative.equal(kTensor + 1));
  const at::Tensor texts = at::ones({1, 7, 3}), pooled = at::ones({1, 5});
  const Conditioning told = kept_and_taken(Conditioning{texts, texts * 2, pooled, pooled * 3, {}, {}});
  EXPECT_TRUE(told.negative_prompt_embeds.equal(texts * 2));
  EXPECT_TRUE(told.negative_pooled_prompt_embeds.equal(pooled * 3));
  EXPECT_FALSE(told.time_ids.defined());
}

TEST(Keeping, GivesBackWhatIsLearned) {
  EXPECT_TRUE(kept_and_taken(Rendering{kTensor}).tensor.equal(kTensor));
  EXPECT_EQ(kept_and_taken(Loss{at::ones({})}).tensor.item<float>(), 1);
  const Token token = kept_and_taken(Token{"<x>", at::ones({2, 3}), {}});
  EXPECT_EQ(token.word, "<x>");
  EXPECT_TRUE(token.vectors.equal(at::ones({2, 3})));
  EXPECT_FALSE(token.vectors_2.defined());
}

/// Also one that has made no step: it goes on as it would have.
TEST(Keeping, GivesBackOptimisers) {
  learning::Optimiser optimiser{
      std::make_shared<learning::Adamw>(learning::Adamw::Settings{.weight_decay = 0.1}),
      learning::Rate(0.1, {.schedule = "piecewise_constant", .pieces = learning::rate_pieces("1:1,0.3")}), 0.5};
  learning::Tensors x{kTensor}, other{kTensor};
  for (int k = 0; k < 3; ++k) {
    const learning::Optimiser kept = kept_and_taken(optimiser);
    const learning::Stepped a = learning::stepped(optimiser, x, {kTensor + k}, 9);
    const learning::Stepped b = learning::stepped(kept, x, {kTensor + k}, 9);
    EXPECT_TRUE(a.parameters[0].equal(b.parameters[0]));
    EXPECT_EQ(b.optimiser.memory.steps, k + 1);
    optimiser = a.optimiser;
    x = a.parameters;
  }
}

TEST(Keeping, GivesBackMasks) {
  const Mask mask{(cv::Mat_<float>(1, 3) << 0, 0.1, 1)};
  EXPECT_EQ(cv::norm(kept_and_taken(mask).weights, mask.weights, cv::NORM_INF), 0);
}

TEST(Keeping, ResidualsAreArraysOfBothHalves) {
  const Residuals residuals{.prompt = {.down = {kTensor, kTensor + 1}, .mid = kTensor + 2}, .negative = {}};
  const tensors::Npz npz = arrays_of(graph::value_type<Residuals>(), leaves_of(graph::Value::of(residuals)));
  EXPECT_EQ(npz.arrays.size(), 3u);
  EXPECT_TRUE(npz.arrays.at("prompt_down1").equal(kTensor + 1));
  EXPECT_TRUE(npz.arrays.at("prompt_mid").equal(kTensor + 2));
}

TEST(Keeping, GivesBackPicturesNumbersAndTexts) {
  const Image image = flat(5, 3, 0.1, 0.7, 1.0 / 3);
  EXPECT_EQ(cv::norm(kept_and_taken(image).pixels, image.pixels, cv::NORM_INF), 0);
  EXPECT_EQ(kept_and_taken(std::int64_t{1} << 40), std::int64_t{1} << 40);
  EXPECT_EQ(kept_and_taken(0.1), 0.1);
  EXPECT_EQ(kept_and_taken(true), true);
  EXPECT_EQ(kept_and_taken(std::string("a cat")), "a cat");
}

TEST(Keeping, RefusesArraysThatAreNotAsTheyAreWritten) {
  const auto refused = [](const graph::ValueType& type, const tensors::Npz& npz) {
    return thrown_by([&] { keeping_of(type)->take(npz, "_2", "kept.npz"); });
  };
  EXPECT_THAT(refused(graph::value_type<Latents>(), {}), HasSubstr("kept.npz"));
  EXPECT_THAT(refused(graph::value_type<Latents>(), {{{"latents_2", at::ones({4})}}}),
              HasSubstr("kept.npz: 'latents_2' has the shape [4]"));
  EXPECT_THAT(refused(graph::value_type<Image>(), {{{"image_2", kTensor}}}),
              HasSubstr("kept.npz: 'image_2' has the shape [1, 4, 4, 4], not (1, 3, H, W)"));
  EXPECT_THAT(refused(graph::value_type<std::string>(), {}), HasSubstr("kept.npz: 'value_2' is not there as a text"));
}

TEST(Keeping, WritesListsByTheirPlaces) {
  const graph::List<std::int64_t> ints({3, 4, 5});
  EXPECT_EQ(kept_text(ints.value()), "[\n  3,\n  4,\n  5\n]\n");
  const graph::Value rows = graph::Value::list(ints.value().type(), {ints.value(), {}, ints.value()});
  EXPECT_EQ(nlohmann::json::parse(kept_text(rows)), nlohmann::json::parse("[[3, 4, 5], null, [3, 4, 5]]"));
  const graph::Value none = graph::List<std::int64_t>().value();
  EXPECT_EQ(kept_text(none), "[]\n");
  EXPECT_EQ(nlohmann::json::parse(kept_text(graph::Value::list(none.type(), {none, ints.value(), {}}))),
            nlohmann::json::parse("[[], [3, 4, 5], null]"));
  const tensors::Npz npz = arrays_of(rows.type(), leaves_of(rows));
  std::vector<std::string> names;
  for (const auto& [name, array] : npz.arrays) names.push_back(name);
  EXPECT_THAT(names, ElementsAre("value_0_0", "value_0_1", "value_0_2", "value_2_0", "value_2_1", "value_2_2"));
}

TEST(Keeping, ChoosesElements) {
  const graph::List<std::int64_t> ints({3, 4, 5});
  const graph::Value rows = graph::Value::list(ints.value().type(), {ints.value(), {}, ints.value()});
  const auto chosen = [&](const std::vector<int>& indices) {
    std::vector<std::pair<std::vector<int>, std::int64_t>> found;
    for (const Leaf& leaf : leaves_of(rows, indices)) {
      found.emplace_back(leaf.place, leaf.holds() ? leaf.value.as<std::int64_t>() : 0);
    }
    return found;
  };
  using Found = std::vector<std::pair<std::vector<int>, std::int64_t>>;
  EXPECT_EQ(chosen({2, 1}), (Found{{{}, 4}}));
  EXPECT_EQ(chosen({0}), (Found{{{0}, 3}, {{1}, 4}, {{2}, 5}}));
  EXPECT_EQ(chosen({-1, 2}), (Found{{{0}, 5}, {{1}, 0}, {{2}, 5}}));  // nothing came at 1
  EXPECT_EQ(chosen({1, 0}), (Found{{{}, 0}}));
  EXPECT_THAT(thrown_by([&] { chosen({3}); }), HasSubstr("there is no element 3 in a list of 3"));
}

TEST(Keeping, IsSaidOfEveryTypeThatNodesSend) {
  for (const std::string& name : built_in().type_names()) {
    for (const graph::OutSpec& out : built_in().find(name)->contract.outs()) {
      if (out.type == nullptr) continue;
      EXPECT_NE(keeping_of(*out.type), nullptr)
          << name << " sends " << out.type->name << ": add a row to nodes/keeping.cpp, or that it is never kept here";
    }
  }
}

/// The manual's table has each type with its endings.
TEST(Keeping, IsAsTheManualSays) {
  std::stringstream page;
  page << std::ifstream(SOURCE_DIR "/docs/command-line.md").rdbuf();
  for (const Keeping& keeping : keepings()) {
    if (keeping.endings.empty()) continue;
    std::string row = std::string("\n| ") + keeping.type->name + " |";
    for (const std::string& ending : keeping.endings) row += (row.back() == '|' ? " " : ", ") + ending;
    EXPECT_THAT(page.str(), HasSubstr(row + " |"));
  }
}

TEST(Keeping, WritesLogsAndPathsAsJson) {
  EXPECT_EQ(kept_text(graph::Value::of(graph::FilePath{"a/b.png"})), "\"a/b.png\"\n");
  EXPECT_EQ(nlohmann::json::parse(kept_text(graph::Value::of(Log{{"{\"a\": 1}"}}))),
            nlohmann::json::parse("[{\"a\": 1}]"));
  EXPECT_FALSE(keeping_of(graph::value_type<tensors::Generator>())->has_array_files());
}

}  // namespace
}  // namespace nodes
