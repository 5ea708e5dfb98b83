// SPDX-License-Identifier: MIT
// The text for web UIs, read by the published rules of its readers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>

#include "program/recipe.h"

namespace program {
namespace {

using Fields = std::map<std::string, std::string>;

/// stable-diffusion-webui, modules/infotext_utils.py, parse_generation_parameters(): the last line is fields when at
/// least three are found in it; lines behind "Negative prompt:" are the negative one; a quoted value is JSON.
struct WebuiReading {
  std::string prompt, negative;
  Fields fields;

  explicit WebuiReading(const std::string& text) {
    static const std::regex kField(R"re(\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$))re");
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    const std::string last = lines.empty() ? "" : lines.back();
    const std::sregex_iterator begin(last.begin(), last.end(), kField), end;
    if (std::distance(begin, end) >= 3) {
      lines.pop_back();
      for (auto match = begin; match != end; ++match) {
        const std::string value = (*match)[2];
        if (value.empty()) throw std::runtime_error("the reader looks at a value's first letter");
        fields[(*match)[1]] =
            value.front() == '"' && value.back() == '"' ? nlohmann::json::parse(value) : nlohmann::json(value);
      }
    }
    bool of_negative = false;
    for (std::string line : lines) {
      if (line.starts_with("Negative prompt:")) {
        of_negative = true;
        line = line.substr(line.size() > 17 ? 17 : 16);
      }
      std::string& side = of_negative ? negative : prompt;
      side += (side.empty() ? "" : "\n") + line;
    }
  }
};

/// ComfyUI's frontend, importA1111: nothing without both of these lines; the fields by another pattern, in small
/// letters.
Fields read_by_comfyui(const std::string& text) {
  const std::size_t steps = text.rfind("\nSteps:"), negative = text.rfind("\nNegative prompt:", steps);
  if (steps == std::string::npos || negative == std::string::npos) return {};
  Fields read{{"positive", text.substr(0, negative)}, {"negative", text.substr(negative + 18, steps - negative - 18)}};
  static const std::regex kField(R"re(\s*([^:]+:\s*([^"\{].*?|".*?"|\{.*?\}))\s*(,|$))re");
  const std::string line = text.substr(steps + 1);
  for (std::sregex_iterator match(line.begin(), line.end(), kField), end; match != end; ++match) {
    const std::string field = match->str();
    const std::size_t colon = field.find(':');
    std::string name = field.substr(field.find_first_not_of(' '), colon - field.find_first_not_of(' '));
    std::string value = field.substr(colon + 2);
    if (value.ends_with(",")) value.pop_back();
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    read[name] = value;
  }
  return read;
}

graph::Item item_of(std::vector<graph::Item::Param> params) {
  return {0, std::move(params), ""};
}

const ToldTexts kTold{{"Sampler", "DPM++ 2M"},
                      {"Schedule type", "Karras"},
                      {"Size", "512x768"},
                      {"Steps", "20"},
                      {"Denoising strength", "0.6"}};

graph::Item usual(const std::string& prompt = "a cat, sitting", const std::string& negative = "dogs") {
  return item_of({{"prompt", prompt},
                  {"negative_prompt", negative},
                  {"seed", std::int64_t{3}},
                  {"steps", std::int64_t{20}},
                  {"guidance_scale", 6.5},
                  {"width", std::int64_t{0}},
                  {"height", std::int64_t{0}},
                  {"scheduler", std::string("auto")},
                  {"karras", std::string("auto")},
                  {"strength", 0.6},
                  {"model", graph::Path{"/models/sd_xl_base_1.0.safetensors"}},
                  {"lora", std::string()},
                  {"x", std::string("1, y: 2")}});
}

TEST(WebuiText, SaysWhatWasMadeAndNotWhatWasAskedFor) {
  const WebuiReading read(webui_text(usual(), kTold));
  EXPECT_EQ(read.prompt, "a cat, sitting");
  EXPECT_EQ(read.negative, "dogs");
  const Fields due{
      {"Steps", "20"},       {"Sampler", "DPM++ 2M"}, {"Schedule type", "Karras"}, {"CFG scale", "6.5"},
      {"Seed", "3"},         {"Size", "512x768"},     {"Model", "sd_xl_base_1.0"}, {"Denoising strength", "0.6"},
      {"param x", "1, y: 2"}};
  for (const auto& [name, value] : due) EXPECT_EQ(read.fields.at(name), value) << name;
  EXPECT_THAT(read.fields.at("Version"), testing::StartsWith("decoupage "));
  EXPECT_EQ(read.fields.size(), due.size() + 1) << "no other fields: width, scheduler, karras, lora, y";
}

TEST(WebuiText, IsReadByComfyUi) {
  for (const std::string negative : {"dogs", ""}) {
    const Fields read = read_by_comfyui(webui_text(usual("a cat, sitting", negative), kTold));
    ASSERT_FALSE(read.empty()) << "it needs a line for the negative prompt even where there is none";
    EXPECT_EQ(read.at("positive"), "a cat, sitting");
    EXPECT_EQ(read.at("negative"), negative);
    EXPECT_EQ(read.at("steps"), "20");
    EXPECT_EQ(read.at("sampler"), "DPM++ 2M");
    EXPECT_EQ(read.at("cfg scale"), "6.5");
    EXPECT_EQ(read.at("seed"), "3");
    EXPECT_EQ(read.at("size"), "512x768");
    EXPECT_EQ(read.at("model"), "sd_xl_base_1.0");
  }
}

TEST(WebuiText, KeepsPromptsOfSeveralLinesAndNone) {
  const WebuiReading lines(webui_text(usual("a cat\nsitting: here, \"so\"", "dogs\nrain"), kTold));
  EXPECT_EQ(lines.prompt, "a cat\nsitting: here, \"so\"");
  EXPECT_EQ(lines.negative, "dogs\nrain");
  EXPECT_EQ(lines.fields.at("Seed"), "3");
  const WebuiReading none(webui_text(usual("", ""), kTold));
  EXPECT_EQ(none.prompt, "");
  EXPECT_EQ(none.fields.at("Size"), "512x768");
}

TEST(WebuiText, QuotesWhatWouldNotReadBack) {
  for (const std::string value :
       {"a, b", "a: b", "a\nb", "\"a\"", " a", "a ", "a\\b, c", "\"", "\xE7\xBA\xA2, \xC3\xA9"}) {
    const WebuiReading read(webui_text(item_of({{"note", value}, {"seed", std::int64_t{1}}}), kTold));
    EXPECT_EQ(read.fields.at("note"), value);
    EXPECT_EQ(read.fields.at("Seed"), "1");
  }
}

TEST(WebuiText, GoesByParamsWhereNobodyTold) {
  const WebuiReading read(webui_text(item_of({{"prompt", std::string("a cat")},
                                              {"num_inference_steps", std::int64_t{9}},
                                              {"width", std::int64_t{64}},
                                              {"height", std::int64_t{32}},
                                              {"scheduler", std::string("euler")},
                                              {"seed", std::int64_t{4}}})));
  EXPECT_EQ(read.fields.at("Steps"), "9");
  EXPECT_EQ(read.fields.at("Size"), "64x32");
  EXPECT_EQ(read.fields.at("Sampler"), "euler");
}

TEST(WebuiText, IsNoneWithFewerFieldsThanReadersTake) {
  EXPECT_EQ(webui_text(item_of({}), {{"Size", "8x8"}}), "");
  EXPECT_THAT(webui_text(item_of({{"seed", std::int64_t{1}}}), {{"Size", "8x8"}}),
              testing::StartsWith("Seed: 1, Size: 8x8"));
}

}  // namespace
}  // namespace program
