// SPDX-License-Identifier: MIT
/// Agreement with AUTOMATIC1111's webui, ComfyUI and compel: what prompts are parsed to and the ids of their chunks
/// exactly, embeddings to 1e-4. tests/data/control/README.md says what the numbers are.
#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "models/text/comfyui_prompt.h"
#include "models/text/compel_prompt.h"
#include "models/text/prompt_turns.h"
#include "models/text/webui_editing.h"
#include "models/text/webui_prompt.h"
#include "tests/models/text_parts.h"

namespace models {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Ids = std::vector<std::int64_t>;

constexpr double kTolerance = 1e-4;
constexpr double kRounding = 1e-5;  // a row's place in a batch changes its last bits

json control_json(const std::string& name) {
  std::ifstream file(reference::control() / (name + ".json"));
  return json::parse(file);
}

const Tokenizer& tokenizer(const std::string& suffix = "") {
  static const Tokenizer first = Tokenizer::load(reference::sdxl("mini") / "model/tokenizer");
  static const Tokenizer second = Tokenizer::load(reference::sdxl("mini") / "model/tokenizer_2");
  return suffix.empty() ? first : second;
}

Ids ids_of(const json& chunk) {
  auto ids = chunk["ids"].get<Ids>();
  ids.resize(77, chunk["then"].get<std::int64_t>());
  return ids;
}

std::vector<double> weights_of(const json& chunk) {
  auto weights = chunk.value("weights", std::vector<double>());
  weights.resize(77, 1);
  return weights;
}

void expect_chunks(const std::vector<PromptChunk>& found, const json& expected, bool with_weights = true) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].ids, ids_of(expected[i])) << "chunk " << i;
    EXPECT_EQ(found[i].weights, with_weights ? weights_of(expected[i]) : found[i].weights) << "chunk " << i;
  }
}

template <class Call>
std::string refusal_of(const Call& call) {
  try {
    call();
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "not refused";
}

TEST(WebuiPrompt, IsParsedAndCutAsTheOriginalDoes) {
  for (const json& one : control_json("webui")) {
    const auto prompt = one["prompt"].get<std::string>();
    SCOPED_TRACE(prompt);
    if (one.contains("error")) continue;  // below
    const WebuiRules rules{.is_original = true};
    PromptNotices notices;
    const std::vector<WebuiPiece> pieces = parse_webui(prompt, rules, notices);
    ASSERT_EQ(pieces.size(), one["parsed"].size());
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      EXPECT_EQ(pieces[i].text, one["parsed"][i][0]);
      EXPECT_EQ(pieces[i].weight, one["parsed"][i][1]);
    }
    const WebuiChunks found = chunk_webui(pieces, tokenizer(), rules);
    EXPECT_EQ(found.count, one["count"].get<std::int64_t>());
    expect_chunks(found.chunks, one["chunks"]);
    if (!one.contains("chunks_no_backtrack")) continue;
    const WebuiRules none{.is_original = true, .comma_padding_backtrack = 0};
    expect_chunks(chunk_webui(pieces, tokenizer(), none).chunks, one["chunks_no_backtrack"]);
  }
}

TEST(WebuiPrompt, NumbersThatAreNoneAreText) {
  PromptNotices notices;
  EXPECT_THAT(parse_webui("(a:1.2.3)", {}, notices), ElementsAre(WebuiPiece{"a:1.2.3", 1.1}));
  EXPECT_THAT(parse_webui("(a:.)", {}, notices), ElementsAre(WebuiPiece{"a:.", 1.1}));
  EXPECT_THAT(notices, IsEmpty());
}

TEST(WebuiPrompt, ABreakInBracketsIsABreakUnlessTheOriginalIsAskedFor) {
  PromptNotices notices, as_original;
  EXPECT_THAT(parse_webui("(a BREAK b:1.2)", {}, notices),
              ElementsAre(WebuiPiece{"a", 1.2}, WebuiPiece{"BREAK", -1, true}, WebuiPiece{"b", 1.2}));
  EXPECT_THAT(notices, ElementsAre(HasSubstr("begins a chunk, where webui reads it as a word")));
  EXPECT_THAT(parse_webui("(a BREAK b:1.2)", {.is_original = true}, as_original),
              ElementsAre(WebuiPiece{"a", 1.2}, WebuiPiece{"BREAK", -1.2}, WebuiPiece{"b", 1.2}));
  EXPECT_THAT(as_original, ElementsAre(HasSubstr("is read as a word, as webui does")));
}

TEST(WebuiPrompt, NotesBracketsWithoutAPartner) {
  const auto notices_of = [](const char* prompt) {
    PromptNotices notices;
    parse_webui(prompt, {}, notices);
    return notices;
  };
  EXPECT_THAT(notices_of("(a [b] (c:1.2) \\("), ElementsAre(HasSubstr("opened and not closed")));
  EXPECT_THAT(notices_of("a) b] c"), ElementsAre(HasSubstr("closed that was not opened")));
  EXPECT_THAT(notices_of("(a), [b], (c:1.2) \\( \\]"), IsEmpty());
}

TEST(WebuiPrompt, RefusesWeightsThatAreNotFiniteAndEndlessBrackets) {
  PromptNotices notices;
  const std::string huge = "(a big:" + std::string(400, '9') + ")";
  EXPECT_EQ(refusal_of([&] { parse_webui(huge, {}, notices); }),
            "the weight of 'a big' is not a finite number; write one such as 1.2");
  EXPECT_EQ(refusal_of([&] { parse_webui(std::string(2000, '('), {}, notices); }),
            "has more than 200 brackets in each other");
  EXPECT_EQ(refusal_of([&] { parse_webui(std::string(200, '['), {}, notices); }), "not refused");
}

/// The second encoder's padding is "!", which in a text is the character that was learned.
TEST(WebuiPrompt, ReadsPaddingAsText) {
  PromptNotices notices;
  const Tokenizer second = tokenizer("_2").reading_padding();
  const auto pieces = parse_webui("wow! <|endoftext|> b", {}, notices);
  const Ids first = chunk_webui(pieces, tokenizer(), {}).chunks[0].ids;
  Ids found = chunk_webui(pieces, second, {}).chunks[0].ids;
  const auto end = std::ranges::find(found, second.end_id());
  EXPECT_TRUE(std::equal(found.begin(), end, first.begin()));
  EXPECT_TRUE(std::all_of(end + 1, found.end(), [](std::int64_t id) { return id == 0; }));
  EXPECT_EQ(std::ranges::count(first, 256), 1);
}

TEST(WebuiPrompt, KeepsTheVectorsOfOneTokenTogether) {
  const Tokenizer more = tokenizer().with_token("<toy>", 8);
  PromptNotices notices;
  const auto pieces = parse_webui("a, " + text_parts::repeated("sky ", 70) + "(<toy>:1.3) b", {}, notices);
  const WebuiChunks found = chunk_webui(pieces, more, {});
  ASSERT_GE(found.chunks.size(), 2U);
  const PromptChunk& last = found.chunks.back();
  const auto begin = std::ranges::find(last.ids, 630);
  ASSERT_LE(begin + 8, last.ids.end());
  for (std::int64_t i = 0; i < 8; ++i) {
    EXPECT_EQ(begin[i], 630 + i);
    EXPECT_EQ(last.weights[static_cast<std::size_t>(begin - last.ids.begin() + i)], 1.3);
  }
}

TEST(WebuiEditing, EqualsTheOriginal) {
  for (const json& one : control_json("webui_schedules")) {
    SCOPED_TRACE(one.dump());
    const std::int64_t steps = one["steps"], second = one.value("hires_steps", std::int64_t{0});
    const auto found =
        edited_prompts(one["prompt"].get<std::string>(), second > 0 ? second : steps, second > 0 ? steps : 0);
    ASSERT_EQ(found.size(), one["schedule"].size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].last_step, one["schedule"][i][0]);
      EXPECT_EQ(found[i].text, one["schedule"][i][1]);
    }
  }
}

TEST(WebuiEditing, ComposesAsTheOriginalDoes) {
  for (const json& one : control_json("webui_compositions")) {
    SCOPED_TRACE(one.dump());
    const std::vector<WeightedText> found = composed_prompts(one["prompt"].get<std::string>());
    ASSERT_EQ(found.size(), one["indexes"][0].size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].text, one["flat"][one["indexes"][0][i][0].get<std::size_t>()]);
      EXPECT_EQ(found[i].weight, one["indexes"][0][i][1]);
    }
  }
}

TEST(WebuiEditing, IsKnownByItsForms) {
  for (const char* prompt : {"a [red:blue:0.5] cat", "[a|b]", "x [cat:3]", "([a::.5])"})
    EXPECT_TRUE(is_prompt_editing(prompt)) << prompt;
  for (const char* prompt : {"a [b] \\[c:d:3\\] (e|f:1.2)", "[x:y]", "[a:b:c:3]", "[a|b:3]", "[a:(b:3]", ""})
    EXPECT_FALSE(is_prompt_editing(prompt)) << prompt;
  EXPECT_THAT(refusal_of([] { is_prompt_editing(std::string(2000, '[')); }), HasSubstr("more than 200 brackets"));
}

/// "prompt | negative" of each turn's last, with the weights of prompts that are joined.
std::vector<std::string> turns_of(const Prompt& prompt, std::optional<std::int64_t> count) {
  std::vector<std::string> all;
  for (const PromptTurn& turn : prompt_turns(prompt, count)) {
    std::ostringstream text;
    text << (turn.last_turn < 1000 ? std::to_string(turn.last_turn) : "all") << ":";
    for (std::size_t i = 0; i < turn.prompts.size(); ++i)
      text << ' ' << turn.prompts[i].prompt << '*' << turn.weights[i] << " | "
           << turn.prompts[i].negative_prompt.value_or("-");
    all.push_back(text.str());
  }
  return all;
}

TEST(WebuiEditing, SaysWhatIsEncodedForWhichTurns) {
  const ReadingRules webui{.syntax = PromptSyntax::kWebui};
  const auto prompt = [&](const std::string& text, const std::string& negative) {
    return Prompt{.prompt = text, .negative_prompt = negative, .rules = webui};
  };
  EXPECT_THAT(turns_of(prompt("a (cat:1.2)", "x"), {}), ElementsAre("all: a (cat:1.2)*1 | x"));
  EXPECT_THAT(turns_of(prompt("a [cat:dog:2]", "[x:0.75]"), 4),
              ElementsAre("2: a cat*1 | ", "3: a dog*1 | ", "4: a dog*1 | x"));
  EXPECT_THAT(turns_of(prompt("a AND [b:c:2]:0.5", "n"), 4),
              ElementsAre("2: a*1 | n  b*0.5 | n", "4: a*1 | n  c*0.5 | n"));
  EXPECT_THAT(turns_of(prompt("a AND b:-1", "n"), {}), ElementsAre("all: a*1 | n  b*-1 | n"));
  EXPECT_THAT(turns_of(prompt("at 12:30", "n"), {}), ElementsAre("all: at 12:30*1 | n"));
  EXPECT_THAT(turns_of(Prompt{.prompt = "a AND [b|c]"}, {}), ElementsAre("all: a AND [b|c]*1 | -"));
  EXPECT_THAT(refusal_of([&] { prompt_turns(prompt("a", "[b|c]"), {}); }),
              HasSubstr("negative_prompt: changes by turns ([from:to:when] or [a|b]), whose number is not known here"));
  EXPECT_THAT(refusal_of([&] {
                Prompt two = prompt("a AND b", "");
                two.prompt_2 = "c";
                prompt_turns(two, {});
              }),
              HasSubstr("prompt_2: does not go with a prompt that joins several by AND"));
}

TEST(ComfyuiPrompt, IsParsedAndCutAsTheOriginalDoes) {
  const Tokenizer second = tokenizer("_2").reading_padding();
  for (const json& one : control_json("comfyui")) {
    const auto prompt = one["prompt"].get<std::string>();
    SCOPED_TRACE(prompt);
    PromptNotices notices;
    const std::vector<WeightedText> parts = parse_comfyui(prompt, notices);
    ASSERT_EQ(parts.size(), one["parsed"].size());
    for (std::size_t i = 0; i < parts.size(); ++i) {
      EXPECT_EQ(parts[i].text, one["parsed"][i][0]);
      EXPECT_EQ(parts[i].weight, one["parsed"][i][1]);
    }
    expect_chunks(chunk_comfyui(parts, tokenizer()), one["chunks"]);
    if (one.contains("chunks_g")) expect_chunks(chunk_comfyui(parts, second), one["chunks_g"], false);
  }
}

TEST(ComfyuiPrompt, RefusesWeightsThatAreNotFinite) {
  PromptNotices notices;
  for (const char* weight : {"inf", "-Infinity", " NaN "}) {
    SCOPED_TRACE(weight);
    EXPECT_THAT(refusal_of([&] { parse_comfyui("(a\\(:" + std::string(weight) + ")", notices); }),
                AllOf(HasSubstr("of 'a('"), HasSubstr("is not a finite number")));
  }
  EXPECT_THAT(refusal_of([&] { parse_comfyui("(a:1e999)", notices); }), HasSubstr("of 'a' is not a finite number"));
  EXPECT_THAT(refusal_of([&] { parse_comfyui(std::string(2000, '(') + std::string(2000, ')'), notices); }),
              HasSubstr("more than 200 brackets"));
}

TEST(ComfyuiPrompt, NotesBracketsWithoutAPartnerAndEmbeddings) {
  const auto notices_of = [](const char* prompt) {
    PromptNotices notices;
    parse_comfyui(prompt, notices);
    return notices;
  };
  EXPECT_THAT(notices_of("a (b"), ElementsAre(HasSubstr("do not go in pairs")));
  EXPECT_THAT(notices_of("a) (b"), ElementsAre(HasSubstr("do not go in pairs")));
  EXPECT_THAT(notices_of("a, embedding:cat"), ElementsAre(HasSubstr("'embedding:' is read as text")));
  EXPECT_THAT(notices_of("a (b) \\( [c"), IsEmpty());
}

TEST(ComfyuiPrompt, TokensOfTextualInversionAreGroups) {
  const Tokenizer more = tokenizer().with_token("<toy>", 3);
  PromptNotices notices;
  const auto found =
      chunk_comfyui(parse_comfyui("(<toy> a:1.2) " + text_parts::repeated("sky ", 72) + "<toy>", notices), more);
  EXPECT_EQ(found.front().ids[1], 630);
  EXPECT_EQ(found.front().weights[3], 1.2);
  EXPECT_EQ(found.back().ids[std::ranges::find(found.back().ids, 630) - found.back().ids.begin() + 2], 632);
}

TEST(CompelPrompt, IsParsedAndCutAsTheOriginalDoes) {
  for (const json& one : control_json("compel")) {
    const auto prompt = one["prompt"].get<std::string>();
    SCOPED_TRACE(prompt);
    if (prompt == "()" || prompt.find(".swap") != std::string::npos) continue;  // below
    PromptNotices notices;
    const CompelPrompt found = parse_compel(prompt, notices);
    ASSERT_EQ(found.loras.size(), one["loras"].size());
    for (std::size_t i = 0; i < found.loras.size(); ++i) {
      EXPECT_EQ(found.loras[i].first, one["loras"][i][0]);
      EXPECT_EQ(found.loras[i].second, one["loras"][i][1]);
    }
    const json& first = one["parts"][0];
    const bool is_blend = first.is_object();
    EXPECT_EQ(found.way == CompelPrompt::Way::kBlend, is_blend);
    const json& parts = is_blend ? first["blend"] : one["parts"];
    const json& weights = is_blend ? first["weights"] : one["weights"];
    EXPECT_EQ(found.normalize, is_blend ? first["normalize"].get<bool>() : true);
    ASSERT_EQ(found.parts.size(), parts.size());
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const CompelPrompt::Part& part = found.parts[i];
      EXPECT_EQ(part.weight, weights[i]);
      ASSERT_EQ(part.fragments.size(), parts[i].size());
      for (std::size_t k = 0; k < parts[i].size(); ++k) {
        EXPECT_EQ(part.fragments[k].text, parts[i][k][0]);
        EXPECT_EQ(part.fragments[k].weight, parts[i][k][1]);
      }
      if (!one.contains("chunks")) continue;
      const json& expected = one["chunks"][i];
      CompelChunks chunks = chunk_compel(part.fragments, tokenizer());
      for (PromptChunk& chunk : chunks.chunks)
        for (double& weight : chunk.weights) weight = static_cast<float>(weight);  // as the original keeps them
      expect_chunks(chunks.chunks, expected["chunks"]);
      for (std::size_t k = 0; k < chunks.ranges.size(); ++k) {
        if (!chunks.ranges[k]) continue;
        EXPECT_EQ(chunks.ranges[k]->first, expected["ranges"][k][0]);
        EXPECT_EQ(chunks.ranges[k]->second, expected["ranges"][k][1]);
      }
    }
  }
}

std::vector<WeightedText> compel_fragments(const std::string& prompt) {
  PromptNotices notices;
  const CompelPrompt found = parse_compel(prompt, notices);
  EXPECT_EQ(found.parts.size(), 1U);
  return found.parts[0].fragments;
}

TEST(CompelPrompt, ReadsWhatTheDataHaveNot) {
  using W = WeightedText;
  EXPECT_THAT(compel_fragments("()"), ElementsAre(W{"", 1}));
  EXPECT_THAT(compel_fragments("cat.attend(1.3) (red dog).attend(++)"),
              ElementsAre(W{"cat", 1.3}, W{"red dog", 1.1 * 1.1}));
  EXPECT_THAT(compel_fragments("cat--dog, \"a b\"-"), ElementsAre(W{"cat", 0.81}, W{"dog,", 1}, W{"a b", 0.9}));
  EXPECT_THAT(compel_fragments("x\\+ + (a=b) \"open"), ElementsAre(W{"x\\+ + (a=b) \"open", 1}));
  EXPECT_THAT(compel_fragments("((a)1.5 b)2."), ElementsAre(W{"a", 3}, W{"b", 2}));
}

TEST(CompelPrompt, RefusesWhatIsNotBuiltOrDoesNotFit) {
  const auto refusal = [](const std::string& prompt) {
    return refusal_of([&] {
      PromptNotices notices;
      parse_compel(prompt, notices);
    });
  };
  EXPECT_THAT(refusal("a cat.swap(dog)"), HasSubstr("'.swap(…)' is cross-attention control, which is not built"));
  EXPECT_EQ(refusal("(\"a\", \"b\").and(1, 2, 3)"), "has 2 parts and 3 weights; give each part one, or none");
  EXPECT_THAT(refusal("(\"a\", \"b\").and() more"), HasSubstr("has text behind '.and(…)'"));
  EXPECT_THAT(refusal("(a)" + std::string(400, '9')), HasSubstr("is not a finite number"));
  EXPECT_THAT(refusal(std::string(2000, '(')), HasSubstr("more than 200 brackets"));
}

TEST(PromptSyntax, NotesWhatAnotherConventionWouldRead) {
  using enum PromptSyntax;
  EXPECT_THAT(
      foreign_syntax(kPlain, "a (cat:1.3)"),
      ElementsAre(AllOf(HasSubstr("'(cat:1.3)' is a weight where prompt_syntax is webui"), HasSubstr("comfyui"))));
  EXPECT_THAT(foreign_syntax(kCompel, "a (cat:1.2)"), ElementsAre(HasSubstr("'(cat:1.2)' is a weight")));
  EXPECT_THAT(foreign_syntax(kWebui, "a cat++, dog--"),
              ElementsAre(HasSubstr("'cat++' is a weight where prompt_syntax is compel")));
  EXPECT_THAT(foreign_syntax(kWebui, "a (red cat)1.3"), ElementsAre(HasSubstr("'(red cat)1.3' is a weight")));
  EXPECT_THAT(foreign_syntax(kComfyui, "a BREAK b"), ElementsAre(HasSubstr("'BREAK' is a break")));
  EXPECT_THAT(foreign_syntax(kComfyui, "[a:b:0.5]"), ElementsAre(HasSubstr("prompt editing")));
  EXPECT_THAT(foreign_syntax(kPlain, "(\"a\", \"b\").and(1, 2)"), ElementsAre(HasSubstr("an operator")));
  for (const PromptSyntax syntax : {kPlain, kWebui, kComfyui, kCompel})
    EXPECT_THAT(
        foreign_syntax(syntax, "a low-key photo, (film) f/1.8 at 12:30, C++ book, 3-4 cats - [one] of \\(x:1.2\\)"),
        ::testing::SizeIs(syntax == kCompel ? 0 : 1));  // C++
  EXPECT_THAT(refusal_of([] { prompt_syntax_named("webu"); }), HasSubstr("did you mean 'webui'"));
}

/// A Stable Diffusion 1.x.
PromptEncoder sd1() {
  WeightFiles weights(reference::control() / "sd1/model.safetensors");
  auto config = ClipTextConfig::read(tensors::ConfigReader::read(reference::control() / "sd1/config.json"));
  auto model = std::make_shared<const ClipTextModel>(config, weights);
  return PromptEncoder(PromptEncoder::Parts{.text_encoder = TextEncoder{tokenizer(), model}});
}

PromptEncoder sdxl() {
  return PromptEncoder(text_parts::parts("mini"));
}

std::map<std::string, at::Tensor> control_arrays(const std::string& name) {
  return tensors::read_npz(reference::control() / (name + ".npz")).arrays;
}

std::string prompt_of(const std::string& family, const std::string& name) {
  return control_json("prompts")[family][name];
}

/// "weights_original" → "weights", "original"
std::pair<std::string, std::string> name_and_kind(const std::string& array) {
  const std::size_t place = array.find('_');
  return place == std::string::npos ? std::pair(array, std::string())
                                    : std::pair(array.substr(0, place), array.substr(place + 1));
}

EncodedPrompt encoded_by(const PromptEncoder& encoder, const std::string& prompt, ReadingRules rules,
                         std::int64_t clip_skip = 0) {
  return encoder.encode(Prompt{.prompt = prompt, .negative_prompt = "", .clip_skip = clip_skip, .rules = rules});
}

TEST(WebuiPrompt, EmbeddingsEqualTheOriginal) {
  for (const auto& [set, encoder] : {std::pair("webui_sdxl", sdxl()), std::pair("webui_sd1", sd1())}) {
    for (const auto& [array, expected] : control_arrays(set)) {
      SCOPED_TRACE(std::string(set) + " " + array);
      const auto [name, kind] = name_and_kind(array);
      if (kind == "ratio" || kind == "padded_to_long4" || name == "batch") continue;
      ReadingRules rules{.syntax = PromptSyntax::kWebui};
      if (kind.ends_with("nonorm")) rules.emphasis = Emphasis::kNoNorm;
      if (kind == "ignore") rules.emphasis = Emphasis::kIgnore;
      const std::int64_t skip = kind == "clipskip2_nonorm" ? 1 : 0;
      const EncodedPrompt found = encoded_by(encoder, prompt_of("a1111_and_comfyui", name), rules, skip);
      EXPECT_LE(reference::difference(kind == "pooled" ? found.pooled_prompt_embeds : found.prompt_embeds, expected),
                kTolerance);
    }
  }
}

/// mean before / mean after, of each chunk and encoder.
TEST(WebuiPrompt, RestoresTheMeanOfEachChunkAndEncoder) {
  const PromptEncoder encoder = sdxl();
  for (const auto& [array, expected] : control_arrays("webui_sdxl")) {
    const auto [name, kind] = name_and_kind(array);
    if (kind != "ratio") continue;
    SCOPED_TRACE(array);
    const std::string prompt = prompt_of("a1111_and_comfyui", name);
    const auto embeds = [&](Emphasis emphasis) {
      return encoded_by(encoder, prompt, {.syntax = PromptSyntax::kWebui, .emphasis = emphasis}).prompt_embeds;
    };
    const at::Tensor plain = embeds(Emphasis::kNoNorm), restored = embeds(Emphasis::kOriginal);
    for (std::int64_t chunk = 0; chunk < expected.size(0); ++chunk) {
      for (const std::int64_t which : {0, 1}) {
        const auto sum = [&](const at::Tensor& z) {
          return z.narrow(1, 77 * chunk, 77)
              .narrow(2, which == 0 ? 0 : 16, which == 0 ? 16 : 20)
              .abs()
              .sum()
              .item<double>();
        };
        EXPECT_NEAR(sum(restored) / sum(plain), std::abs(expected[chunk][which].item<double>()), 1e-3);
      }
    }
  }
}

TEST(WebuiPrompt, FillsTheShorterWithTheEmptyTextWhereAsked) {
  const auto arrays = control_arrays("webui_sdxl");
  Prompt prompt{.prompt = prompt_of("a1111_and_comfyui", "long4"),
                .negative_prompt = prompt_of("a1111_and_comfyui", "negative"),
                .rules = {.syntax = PromptSyntax::kWebui, .emphasis = Emphasis::kNoNorm}};
  const EncodedPrompt separate = sdxl().encode(prompt);
  EXPECT_LE(reference::difference(separate.negative_prompt_embeds, arrays.at("negative_nonorm")), kTolerance);
  EXPECT_EQ(separate.prompt_embeds.size(1), 4 * 77);
  prompt.unequal = UnequalLengths::kFill;
  const EncodedPrompt filled = sdxl().encode(prompt);
  EXPECT_LE(reference::difference(filled.negative_prompt_embeds, arrays.at("negative_padded_to_long4")), kTolerance);
  EXPECT_LE(reference::difference(filled.prompt_embeds, separate.prompt_embeds), kRounding);
}

TEST(ComfyuiPrompt, EmbeddingsEqualTheOriginal) {
  for (const auto& [set, encoder] : {std::pair("comfyui_sdxl", sdxl()), std::pair("comfyui_sd1", sd1())}) {
    for (const auto& [array, expected] : control_arrays(set)) {
      SCOPED_TRACE(std::string(set) + " " + array);
      const auto [name, kind] = name_and_kind(array);
      // The negative prompt is as long, so that nothing is repeated.
      const std::string text = prompt_of("a1111_and_comfyui", name);
      const EncodedPrompt found =
          encoder.encode(Prompt{.prompt = text, .negative_prompt = text, .rules = {.syntax = PromptSyntax::kComfyui}});
      EXPECT_LE(reference::difference(kind == "pooled" ? found.pooled_prompt_embeds : found.prompt_embeds, expected),
                kTolerance);
      EXPECT_LE(reference::difference(found.prompt_embeds, found.negative_prompt_embeds), kRounding);
    }
  }
}

TEST(ComfyuiPrompt, RepeatsToACommonLength) {
  const PromptEncoder encoder = sdxl();
  const std::string two = text_parts::repeated("blue ", 40), three = text_parts::repeated("blue ", 70);
  const auto lengths = [&](const std::string& a, const std::string& b) {
    const EncodedPrompt found =
        encoder.encode(Prompt{.prompt = a, .negative_prompt = b, .rules = {.syntax = PromptSyntax::kComfyui}});
    return std::pair(found.prompt_embeds.size(1) / 77, found.negative_prompt_embeds.size(1) / 77);
  };
  const auto [a, b] = lengths(two, three);
  EXPECT_EQ(a, b);
  const std::string five = text_parts::repeated("blue ", 320);
  const auto [c, d] = lengths(five, "blue");
  EXPECT_GT(c, 4);
  EXPECT_EQ(d, 1);
}

TEST(CompelPrompt, EmbeddingsEqualTheOriginal) {
  for (const auto& [set, encoder] : {std::pair("compel_sdxl", sdxl()), std::pair("compel_sd1", sd1())}) {
    for (const auto& [array, expected] : control_arrays(set)) {
      SCOPED_TRACE(std::string(set) + " " + array);
      const bool is_pooled = array.ends_with("_pooled"), is_padded = array.ends_with("_padded_to_long2");
      const std::string name = is_padded ? "negative" : is_pooled ? array.substr(0, array.size() - 7) : array;
      const std::string text = prompt_of("compel", name);
      const EncodedPrompt found =
          encoder.encode(Prompt{.prompt = text,
                                .negative_prompt = is_padded ? prompt_of("compel", "long2") : "",
                                .rules = {.syntax = PromptSyntax::kCompel, .is_original = true}});
      EXPECT_LE(reference::difference(is_pooled ? found.pooled_prompt_embeds : found.prompt_embeds, expected),
                kTolerance);
    }
  }
}

TEST(CompelPrompt, PoolsTheTextWithoutItsSyntax) {
  const auto pooled = [encoder = sdxl()](const std::string& text, PromptSyntax syntax) {
    return encoded_by(encoder, text, {.syntax = syntax}).pooled_prompt_embeds;
  };
  EXPECT_LE(reference::difference(pooled("a (red)1.3 cat++", PromptSyntax::kCompel),
                                  pooled("a red cat", PromptSyntax::kPlain)),
            kRounding);
}

TEST(CompelPrompt, BlendsAreMeans) {
  const PromptEncoder encoder = sdxl();
  const auto embeds = [&](const std::string& text) {
    const EncodedPrompt found = encoded_by(encoder, text, {.syntax = PromptSyntax::kCompel});
    return std::pair(found.prompt_embeds, found.pooled_prompt_embeds);
  };
  const auto [cat, cat_pooled] = embeds("cat");
  const auto [dog, dog_pooled] = embeds("dog");
  const auto [mean, mean_pooled] = embeds("(\"cat\", \"dog\").blend(3, 1)");
  EXPECT_LE(reference::difference(mean, cat * 0.75 + dog * 0.25), 1e-5);
  EXPECT_LE(reference::difference(mean_pooled, cat_pooled * 0.75 + dog_pooled * 0.25), 1e-5);
  EXPECT_LE(reference::difference(embeds("(\"cat\", \"dog\").blend(1, 1, no_normalize)").first, cat + dog), 1e-5);
  EXPECT_THAT(refusal_of([&] { embeds("(\"cat\", \"dog\").blend(1, -1)"); }),
              HasSubstr("prompt: the weights of its blend add up to 0"));
}

TEST(PromptSyntax, ShortTextsWithoutSyntaxAreTheSameInAll) {
  const PromptEncoder encoder = sdxl();
  const std::string text = "a small red cat on a wooden table, oil painting";
  const EncodedPrompt plain = encoded_by(encoder, text, {});
  for (const PromptSyntax syntax : {PromptSyntax::kWebui, PromptSyntax::kComfyui, PromptSyntax::kCompel}) {
    const EncodedPrompt found = encoded_by(encoder, text, {.syntax = syntax});
    EXPECT_LE(reference::difference(found.prompt_embeds, plain.prompt_embeds), kRounding);
    EXPECT_LE(reference::difference(found.negative_prompt_embeds, plain.negative_prompt_embeds), kRounding);
    EXPECT_LE(reference::difference(found.pooled_prompt_embeds, plain.pooled_prompt_embeds), kRounding);
    EXPECT_THAT(found.notes, IsEmpty());
  }
  const EncodedPrompt webui = encoded_by(encoder, text, {.syntax = PromptSyntax::kWebui});
  EXPECT_TRUE(at::equal(webui.prompt_embeds, plain.prompt_embeds));
}

TEST(PromptSyntax, ReadsLongTextsOfBothEncodersAndFillsTheShorter) {
  const PromptEncoder encoder = sdxl();
  const EncodedPrompt found = encoder.encode(Prompt{.prompt = text_parts::repeated("(red:1.2) hat, ", 100),
                                                    .prompt_2 = "a cat",
                                                    .negative_prompt = "ugly",
                                                    .rules = {.syntax = PromptSyntax::kWebui}});
  EXPECT_GE(found.prompt_embeds.size(1), 4 * 77);
  EXPECT_EQ(found.negative_prompt_embeds.size(1), 77);
  const at::Tensor empty = encoded_by(encoder, "", {}).prompt_embeds.narrow(2, 16, 20);
  EXPECT_LE(reference::difference(found.prompt_embeds.narrow(1, 77, 77).narrow(2, 16, 20), empty), 1e-5);
}

TEST(PromptSyntax, WeighsTokensOfTextualInversion) {
  const auto file = reference::sdxl("mini") / "embeddings/sdxl_two_vectors.safetensors";
  const PromptEncoder encoder = sdxl().with(read_textual_inversion(file, {"<toy>"}));
  const auto embeds = [&](const std::string& text, PromptSyntax syntax) {
    return encoded_by(encoder, text, {.syntax = syntax, .emphasis = Emphasis::kNoNorm}).prompt_embeds;
  };
  const at::Tensor plain = embeds("a <toy> here", PromptSyntax::kPlain);
  const at::Tensor webui = embeds("a (<toy>:1.5) here", PromptSyntax::kWebui);
  EXPECT_LE(reference::difference(webui.narrow(1, 2, 2), plain.narrow(1, 2, 2) * 1.5), 1e-5);
  EXPECT_LE(reference::difference(webui.narrow(1, 4, 20), plain.narrow(1, 4, 20)), 1e-5);
  const at::Tensor empty = embeds("", PromptSyntax::kPlain);
  for (const auto& [syntax, text] : {std::pair(PromptSyntax::kComfyui, "a (<toy>:1.5) here"),
                                     std::pair(PromptSyntax::kCompel, "a (<toy>)1.5 here")}) {
    const at::Tensor due = empty + 1.5 * (plain - empty);
    EXPECT_LE(reference::difference(embeds(text, syntax).narrow(1, 2, 2), due.narrow(1, 2, 2)), 1e-5);
  }
}

TEST(PromptSyntax, RefusalsNameTheText) {
  const auto refusal = [encoder = sdxl()](const std::string& text, PromptSyntax syntax) {
    return refusal_of(
        [&] { encoder.check(Prompt{.prompt = "", .negative_prompt = text, .rules = {.syntax = syntax}}); });
  };
  EXPECT_THAT(refusal("(a:" + std::string(400, '9') + ")", PromptSyntax::kWebui),
              HasSubstr("negative_prompt: the weight of 'a' is not a finite number"));
  EXPECT_THAT(refusal("(a:inf)", PromptSyntax::kComfyui), HasSubstr("negative_prompt: the weight 'inf' of 'a'"));
  EXPECT_THAT(
      refusal("withLora(style, 0.5) cat", PromptSyntax::kCompel),
      HasSubstr("negative_prompt: 'withLora(style, …)' is not read in prompts; name the file in the property lora"));
  EXPECT_EQ(refusal("a AND b [c|d] (e:inf) withLora(f)", PromptSyntax::kPlain), "not refused");
}

}  // namespace
}  // namespace models
