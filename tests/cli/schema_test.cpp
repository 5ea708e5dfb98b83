// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/program.h"

namespace testing_cli {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::HasSubstr;

class Schema : public testing::Test {
 protected:
  /// What a $ref names.
  const json& follow(const json& reference) const {
    return schema_.at(json::json_pointer(reference.at("$ref").get<std::string>().substr(1)));
  }

  /// Every $ref leads somewhere, every property has words for the editor, no keyword is misspelt by accident of types.
  void check_parts(const json& part) const {
    if (part.is_array()) {
      for (const json& inner : part) check_parts(inner);
    }
    if (!part.is_object()) return;
    if (part.contains("$ref") && part["$ref"].is_string()) {
      EXPECT_NO_THROW(follow(part)) << part;
    }
    if (part.contains("required") && !part["required"].is_object()) {
      EXPECT_TRUE(part["required"].is_array()) << part;
    }
    for (const char* list : {"anyOf", "allOf", "oneOf"}) {
      if (part.contains(list)) {
        EXPECT_TRUE(part[list].is_array() && !part[list].empty()) << part;
      }
    }
    for (const auto& [key, inner] : part.items()) check_parts(inner);
  }

  const json schema_ = json::parse(decoupage({"schema"}).out);
};

TEST_F(Schema, IsSoundInItself) {
  EXPECT_EQ(schema_["$schema"], "http://json-schema.org/draft-07/schema#");
  check_parts(schema_);
}

TEST_F(Schema, KnowsTheTopLevelKeys) {
  for (const char* key : {"graph", "about", "version", "params", "in", "nodes", "out"}) {
    EXPECT_TRUE(schema_["properties"].contains(key)) << key;
  }
  EXPECT_EQ(schema_["additionalProperties"], false);
  EXPECT_EQ(schema_["required"], json({"graph", "nodes"}));
}

TEST_F(Schema, HasABranchForEachTypeAndForLoopsAndBins) {
  const json& node = schema_["definitions"]["node"];
  EXPECT_THAT(node["properties"]["type"]["enum"], Contains("draw-noise"));
  EXPECT_THAT(node["properties"]["type"]["enum"], Contains("loop"));
  EXPECT_EQ(node["properties"]["type"]["enum"].size(), node["properties"]["type"]["enumDescriptions"].size());
  EXPECT_EQ(node["allOf"].size(), node["properties"]["type"]["enum"].size() + 1);
  for (const json& branch : node["allOf"]) EXPECT_NO_THROW(follow(branch["then"]));
}

TEST_F(Schema, OfATypeAllowsItsOwnPropertiesAlone) {
  const json& type = schema_["definitions"]["node-draw-noise"];
  EXPECT_EQ(type["additionalProperties"], false);
  const json& width = type["properties"]["width"];
  EXPECT_EQ(width["default"], 512);
  EXPECT_EQ(width["anyOf"][0], json({{"type", "integer"}, {"minimum", 1.0}, {"maximum", 16384.0}}));
  EXPECT_EQ(width["anyOf"][1]["$ref"], "#/definitions/param_reference");
  EXPECT_THAT(width["description"].get<std::string>(), HasSubstr("int in [1, 16384] px"));
  EXPECT_THAT(type["properties"]["style"]["anyOf"][0]["enum"], Contains("painted"));
}

TEST_F(Schema, OfATypeDemandsItsInputs) {
  const json& type = schema_["definitions"]["node-save-image"];
  EXPECT_THAT(type["required"], Contains("in"));
  EXPECT_THAT(type["properties"]["in"]["required"], Contains("image"));
  EXPECT_EQ(type["properties"]["in"]["additionalProperties"], false);
}

TEST_F(Schema, LoopsHoldNodesAgain) {
  const json& loop = schema_["definitions"]["node-loop"];
  EXPECT_EQ(loop["properties"]["nodes"]["$ref"], "#/definitions/nodes");
  EXPECT_TRUE(loop["properties"].contains("state"));
  EXPECT_FALSE(loop["properties"].contains("in"));
}

}  // namespace
}  // namespace testing_cli
