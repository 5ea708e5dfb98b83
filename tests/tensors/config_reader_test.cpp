// SPDX-License-Identifier: MIT
#include "tensors/config_reader.h"

#include <gmock/gmock.h>

#include <functional>
#include <limits>

#include "tensors/npz.h"

namespace tensors {
namespace {

/// What reading a config ends with.
std::string config_refusal_of(const std::string& text, const std::function<void(ConfigReader&)>& read) {
  try {
    ConfigReader reader = ConfigReader::parse(text, "a.json");
    read(reader);
    reader.finish();
  } catch (const FileError& e) {
    return e.what();
  }
  return "not refused";
}

TEST(ConfigReader, NumbersMayBeInfinite) {
  ConfigReader reader = ConfigReader::parse(R"({"a": -Infinity, "b": [Infinity, 1], "c": "-Infinity and NaN"})", "a");
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(reader.get<double>("a"), -kInfinity);
  EXPECT_EQ(reader.get<std::vector<double>>("b"), (std::vector<double>{kInfinity, 1}));
  EXPECT_EQ(reader.get<std::string>("c"), "-Infinity and NaN") << "in quotes it is text";
}

TEST(ConfigReader, SaysWhatItExpectedAndFound) {
  const auto number = [](ConfigReader& reader) { reader.get<double>("a"); };
  EXPECT_EQ(config_refusal_of(R"({"a": NaN})", number), "a.json: a: expected a number, found \"NaN\"");
  EXPECT_EQ(config_refusal_of(R"({"a": [[1], 2]})", number), "a.json: a: expected a number, found a list of 2");
  EXPECT_EQ(config_refusal_of(R"({"a": null})", number), "a.json: a: is missing; expected a number");
  const auto numbers = [](ConfigReader& reader) { reader.get<std::vector<std::int64_t>>("a"); };
  EXPECT_EQ(config_refusal_of(R"({"a": [1, 2.5]})", numbers),
            "a.json: a: expected a list, each a whole number, found 2.5 in it");
  EXPECT_EQ(config_refusal_of(R"({"a": {}})", numbers),
            "a.json: a: expected a list, each a whole number, found an object");
}

TEST(ConfigReader, LeavesWhatIsNotThere) {
  ConfigReader reader = ConfigReader::parse(R"({"a": null, "b": 2})", "a");
  double a = 1, b = 1;
  std::optional<double> c;
  reader.take("a", a);
  reader.take("b", b);
  reader.take("c", c);
  EXPECT_EQ(a, 1);
  EXPECT_EQ(b, 2);
  EXPECT_FALSE(c);
  EXPECT_NO_THROW(reader.finish());
}

TEST(ConfigReader, NamesAllThatNobodyAskedFor) {
  const auto read = [](ConfigReader& reader) { reader.get<double>("width", 1); };
  EXPECT_EQ(config_refusal_of(R"({"widht": 2, "_note": 1, "depth": [1], "height": null})", read),
            "a.json: asks for what is not supported: depth a list of 1, widht 2 (did you mean 'width'?) (each may "
            "change the numbers; remove what does not, or write null)");
}

TEST(ConfigReader, NamesTheNearestChoice) {
  const auto read = [](ConfigReader& reader) {
    std::string way = "round";
    reader.take("way", way, {"round", "square"});
  };
  EXPECT_EQ(config_refusal_of("{}", read), "not refused");
  EXPECT_EQ(config_refusal_of(R"({"way": "squear"})", read),
            "a.json: way: expected round or square, found 'squear' (did you mean 'square'?)");
}

}  // namespace
}  // namespace tensors
