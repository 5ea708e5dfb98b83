// SPDX-License-Identifier: MIT
#include "nodes/keepers.h"

#include <cstring>

#include "graph/elements.h"
#include "nodes/keeping.h"
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

const at::Tensor kNumbers = at::arange(64, at::TensorOptions(at::kFloat)).reshape({1, 4, 4, 4}) / 7;

const graph::Registry& keepers() {
  static const graph::Registry kAll = [] {
    graph::Registry registry;
    graph::add_elements(registry);
    keep_values(registry, [] { return at::Device(at::kCPU); });
    return registry;
  }();
  return kAll;
}

graph::KeptParts parts_of(const graph::Value& value) {
  return keepers().keeper(value.type().name)->put(value);
}

/// Bytes, names, kinds and shapes: equal for what is the same to the bit.
bool same(const graph::KeptParts& a, const graph::KeptParts& b) {
  return std::ranges::equal(a, b, [](const auto& x, const auto& y) {
    return x.first == y.first && x.second.kind == y.second.kind && x.second.shape == y.second.shape &&
           x.second.bytes == y.second.bytes;
  });
}

template <class T>
T again(const T& value) {
  const graph::KeptParts parts = parts_of(graph::Value::of(value));
  graph::Value taken = keepers().keeper(graph::value_type<T>().name)->take(parts);
  EXPECT_TRUE(same(parts_of(taken), parts)) << graph::value_type<T>().name;
  return taken.template as<T>();
}

TEST(Keepers, GiveTensorsBackToTheBit) {
  at::Tensor odd = kNumbers.clone();
  const std::uint32_t payload = 0x7fc12345;  // a NaN that says something
  std::memcpy(odd.data_ptr<float>(), &payload, sizeof payload);
  odd.data_ptr<float>()[1] = -0.0F;
  const at::Tensor back = again(Latents{odd}).tensor;
  EXPECT_EQ(std::memcmp(back.data_ptr(), odd.data_ptr(), odd.nbytes()), 0);
  for (const at::ScalarType dtype : {at::kDouble, at::kHalf, at::kBFloat16}) {
    const at::Tensor other = kNumbers.to(dtype);
    EXPECT_EQ(again(Latents{other}).tensor.scalar_type(), dtype);
    EXPECT_TRUE(again(Latents{other}).tensor.equal(other));
  }
  const at::Tensor last = kNumbers.contiguous(at::MemoryFormat::ChannelsLast);
  EXPECT_EQ(again(Latents{last}).tensor.strides(), last.strides()) << "kernels may go by it";
  EXPECT_EQ(again(Latents{kNumbers}).tensor.strides(), kNumbers.strides());
  EXPECT_FALSE(again(Predictions{kNumbers, {}}).negative.defined());
  const Residuals residuals = again(Residuals{{{kNumbers, kNumbers + 1}, kNumbers + 2}, {}, true});
  EXPECT_EQ(residuals.prompt.down.size(), 2u);
  EXPECT_TRUE(residuals.guess);
  EXPECT_TRUE(residuals.negative.none());
}

TEST(Keepers, GivePicturesBackToTheBit) {
  Image image = flat(5, 3, 0.1, 0.7, 1.0 / 3);
  image.pixels.at<cv::Vec3f>(0, 0)[0] = -0.0F;
  const cv::Mat pixels = again(image).pixels;
  EXPECT_EQ(std::memcmp(pixels.data, image.pixels.data, pixels.total() * pixels.elemSize()), 0);
  const Image part{image.pixels(cv::Rect(1, 1, 3, 2))};  // rows that do not follow each other
  EXPECT_EQ(cv::norm(again(part).pixels, part.pixels, cv::NORM_INF), 0);
  const Mask mask{(cv::Mat_<float>(1, 3) << 0, 0.1, 1)};
  EXPECT_EQ(cv::norm(again(mask).weights, mask.weights, cv::NORM_INF), 0);
}

TEST(Keepers, GeneratorsDrawOnFromWhereTheyStood) {
  tensors::Generator generator(7);
  generator.randn({3});  // leaves one half of a pair behind
  tensors::Generator back = again(generator);
  EXPECT_TRUE(back.randn({33}).equal(generator.randn({33})));
  Streams streams{5};
  EXPECT_EQ(again(streams).seed, 5);
  EXPECT_EQ(again(streams).chain, nullptr);
  auto chain = std::make_shared<Streams::Chain>(
      Streams::Chain{tensors::NumpyRandomState(1), tensors::Generator(2), tensors::PythonRandom(3)});
  for (int i = 0; i < 700; ++i) chain->numpy.random_sample(), chain->python.random();
  streams.chain = chain;
  Streams::Chain drawn = *again(streams).chain;
  EXPECT_EQ(drawn.numpy.random_sample(), chain->numpy.random_sample());
  EXPECT_EQ(drawn.python.random(), chain->python.random());
  EXPECT_TRUE(drawn.torch.rand({4}).equal(chain->torch.rand({4})));
}

TEST(Keepers, SchedulerStatesAndLogsAreWhole) {
  const schedulers::State state{{kNumbers, {}, kNumbers * 2}, kNumbers * 3, 4, 5, 2};
  const schedulers::State back = again(state);
  ASSERT_EQ(back.history.size(), 3u);
  EXPECT_FALSE(back.history[1].defined());
  EXPECT_TRUE(back.history[2].equal(kNumbers * 2));
  EXPECT_TRUE(back.sample.equal(kNumbers * 3));
  EXPECT_EQ(back.turns, 4u);
  EXPECT_EQ(back.next_turn, 5u);
  EXPECT_EQ(back.order, 2);
  EXPECT_TRUE(again(schedulers::State{}).history.empty());
  EXPECT_EQ(again(Log{{"{\"a\":1}", "", "ä\n"}}).entries, (std::vector<std::string>{"{\"a\":1}", "", "ä\n"}));
}

TEST(Keepers, ConditioningsHaveAllThatTheyAreMadeOf) {
  const at::Tensor texts = at::ones({1, 7, 3});
  auto pull = std::make_shared<AttentionPull>();
  pull->regions.push_back({{1, 2}, at::ones({1, 1, 4, 4}), 0.5, 0.25});
  pull->fall = models::AttentionFall::kEdiffi;
  Conditioning plain{texts, texts * 2, {}, {}, {}, {}};
  plain.attention = pull;
  plain.weight = 0.5;
  plain.has_negative_prompt = true;
  auto parts = std::make_shared<ConditioningParts>();
  parts->also = {plain, plain};
  parts->turns = {{3, plain}};
  Conditioning all = plain;
  all.parts = parts;
  const Conditioning back = again(all);
  ASSERT_NE(back.parts, nullptr);
  EXPECT_EQ(back.parts->also.size(), 2u);
  EXPECT_EQ(back.parts->turns.at(0).first, 3);
  EXPECT_EQ(back.parts->turns.at(0).second.weight, 0.5);
  ASSERT_NE(back.attention, nullptr);
  EXPECT_EQ(back.attention->regions.at(0).tokens, (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(back.attention->regions.at(0).negative_strength, 0.25);
  EXPECT_TRUE(back.has_negative_prompt);
}

TEST(Keepers, NumbersAndTextsAreTheLanguagesOwn) {
  EXPECT_EQ(again(std::int64_t{-5}), -5);
  EXPECT_EQ(again(1.0 / 3), 1.0 / 3);
  EXPECT_TRUE(again(true));
  EXPECT_EQ(again(std::string("a\0b", 3)), std::string("a\0b", 3));
  EXPECT_EQ(again(graph::FilePath{"a/b.png"}).text, "a/b.png");
}

/// Whatever is left out, or is of another kind, length or shape, is refused.
TEST(Keepers, RefuseWhatTheyDoNotWrite) {
  const auto refused = [](const graph::ValueType& type, const graph::KeptParts& parts) {
    return thrown_by([&] { keepers().keeper(type.name)->take(parts); });
  };
  const graph::KeptParts good = parts_of(graph::Value::of(Latents{kNumbers}));
  const auto changed = [&](const auto& change) {
    graph::KeptParts parts = good;
    change(parts.at("latents"));
    return refused(graph::value_type<Latents>(), parts);
  };
  EXPECT_THAT(changed([](auto& part) { part.kind = "float31"; }), HasSubstr("a kind that there is not"));
  EXPECT_THAT(changed([](auto& part) { part.shape = {-1, 4, 4, 4}; }), HasSubstr("an impossible shape"));
  EXPECT_THAT(changed([](auto& part) { part.shape = {1LL << 40, 1LL << 40, 4, 4}; }), HasSubstr("an impossible shape"));
  EXPECT_THAT(changed([](auto& part) { part.shape = {2, 4, 4, 4}; }), HasSubstr("another length than its shape's"));
  EXPECT_THAT(changed([](auto& part) { part.shape = {4, 16}; }), HasSubstr("'latents' has the shape [4, 16]"));
  EXPECT_THAT(changed([](auto& part) { part.shape.assign(100, 1); }), HasSubstr("a kind that there is not"));
  EXPECT_THAT(changed([](auto& part) { part.bytes.pop_back(); }), HasSubstr("another length"));
  for (const Keeping& keeping : keepings()) {
    const bool may_be_nothing = keeping.type == &graph::value_type<Residuals>();
    if (keeping.take && !may_be_nothing) {
      EXPECT_NE(refused(*keeping.type, {}), "") << keeping.type->name;
    }
  }
  graph::KeptParts state = parts_of(graph::Value::of(tensors::Generator(1)));
  state.at("state").bytes.assign(state.at("state").bytes.size(), std::byte{0xff});
  EXPECT_THAT(refused(graph::value_type<tensors::Generator>(), state), HasSubstr("no state of a generator"));
  graph::KeptParts log = parts_of(graph::Value::of(Log{{"abc"}}));
  log.at("entries").bytes[0] = std::byte{200};
  EXPECT_THAT(refused(graph::value_type<Log>(), log), HasSubstr("texts that are cut"));
}

/// A node in a loop with checkpoints keeps what can be kept, or what only saves work; match is the one that does not.
TEST(Keepers, KeepWhatNodesKeepFromTurnToTurn) {
  for (const std::string& name : built_in().type_names()) {
    const graph::SlotSpec& slot = built_in().find(name)->contract.slot_spec();
    if (slot.cpp_name.empty() || slot.cache || name == "match") continue;
    ASSERT_NE(slot.type, nullptr) << name;
    EXPECT_TRUE(built_in().keeps(*slot.type)) << name;
  }
}

}  // namespace
}  // namespace nodes
