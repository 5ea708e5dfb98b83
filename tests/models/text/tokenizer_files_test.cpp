// SPDX-License-Identifier: MIT
#include "models/text/tokenizer_files.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "models/text/tokenizer.h"
#include "tests/limits.h"
#include "tests/observers/temp_folder.h"
#include "tests/reference.h"

namespace models {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A folder with the small tokenizer's files, of which a test changes one.
class TokenizerFolder : public FolderTest {
 protected:
  TokenizerFolder() {
    std::filesystem::copy(reference::sdxl("mini") / "model/tokenizer", folder_,
                          std::filesystem::copy_options::recursive);
    for (const auto& file : std::filesystem::directory_iterator(folder_))
      std::filesystem::permissions(file, std::filesystem::perms::owner_write, std::filesystem::perm_options::add);
  }

  void set(const std::string& key, const json& value) const {
    json config = json::parse(text_of("tokenizer_config.json"));
    config[key] = value;
    write("tokenizer_config.json", config.dump());
  }
  Tokenizer load() const { return Tokenizer::load(folder_); }
  std::vector<std::int64_t> inner(std::string_view text) const {
    const std::vector<std::int64_t> ids = load().encode(text);
    return {ids.begin() + 1, ids.end() - 1};
  }

  /// Begins with the file's path, which is cut off.
  std::string refusal() const {
    try {
      load();
    } catch (const tensors::FileError& e) {
      const std::string text = e.what();
      EXPECT_TRUE(text.starts_with(folder_.string() + "/")) << text;
      return text.substr(std::min(text.size(), folder_.string().size() + 1));
    }
    return "not refused";
  }
};

TEST_F(TokenizerFolder, MissingFilesAreNamed) {
  for (const char* name : {"vocab.json", "merges.txt", "tokenizer_config.json"}) {
    const std::string text = text_of(name);
    std::filesystem::remove(path(name));
    EXPECT_EQ(refusal(), std::string(name) + ": cannot be read: No such file or directory");
    write(name, text);
  }
  std::filesystem::remove(path("special_tokens_map.json"));
  EXPECT_EQ(refusal(), "not refused");
}

TEST_F(TokenizerFolder, FilesThatAreTooLongAreNotRead) {
  std::filesystem::resize_file(path("merges.txt"), 17 << 20);
  EXPECT_EQ(refusal(),
            "merges.txt: is 17825792 bytes long, where it may have at most 16 MiB (--max vocabulary-bytes=N sets "
            "another limit)");
}

TEST_F(TokenizerFolder, VocabularyMustBeTokensWithIds) {
  write("vocab.json", R"({"a": 1, )");
  EXPECT_THAT(refusal(), HasSubstr("vocab.json: is not JSON: [json.exception.parse_error.101] parse error at line 1"));
  write("vocab.json", "[1]");
  EXPECT_EQ(refusal(), "vocab.json: is not a JSON object, but a list of 1");
  write("vocab.json", "{}");
  EXPECT_EQ(refusal(), "vocab.json: has no tokens");
  write("vocab.json", "");
  EXPECT_THAT(refusal(), HasSubstr("vocab.json: is not JSON"));
  write("vocab.json", std::string(1 << 20, '['));
  EXPECT_EQ(refusal(),
            "vocab.json: objects and lists are nested deeper than 64 (--max json-depth=N sets another limit)");
  for (const char* id : {"-1", "1.5", "\"1\"", "2147483648", "null", "{}"}) {
    write("vocab.json", R"({"b": )" + std::string(id) + "}");
    EXPECT_EQ(refusal(), R"(vocab.json: "b": expected an id from 0 to 2147483647, found )" + std::string(id));
  }
}

TEST_F(TokenizerFolder, VocabularyHasNothingTwice) {
  write("vocab.json", R"({"a": 1, "b": 2, "a": 3})");
  EXPECT_EQ(refusal(), R"(vocab.json: "a" is there twice)");
  write("vocab.json", R"({"a": 1, "b": 1})");
  EXPECT_EQ(refusal(), R"(vocab.json: "a" and "b" have the same id 1)");
}

TEST_F(TokenizerFolder, MergesAreTwoSymbolsALine) {
  for (const char* line : {"a", "a b c", " a b", "a  b", "", "a\tb"}) {
    write("merges.txt", "#version\ni n\n" + std::string(line) + "\no n</w>\n");
    EXPECT_EQ(refusal(), "merges.txt:3: expected two symbols with a space between them, found " + json(line).dump());
  }
  write("merges.txt", "#version\ni n\no n\ni n\n");
  EXPECT_EQ(refusal(), R"(merges.txt:4: "i n" is there twice)");
  write("merges.txt", "#version\n\xff\n");
  EXPECT_THAT(refusal(), HasSubstr("merges.txt:2: "));
}

TEST_F(TokenizerFolder, MergesMayEndAnyhow) {
  const auto ids = load().encode("information");
  const std::string text = text_of("merges.txt");
  std::string with_returns;
  for (const char c : text) with_returns += c == '\n' ? "\r\n" : std::string(1, c);
  for (const std::string& same : {text + "\n \n", text.substr(0, text.size() - 1), with_returns}) {
    write("merges.txt", same);
    EXPECT_EQ(load().encode("information"), ids);
  }
  write("merges.txt", "");
  EXPECT_EQ(load().encode("in").size(), 4U);
}

TEST_F(TokenizerFolder, SettingsThatAreNotKnownAreNamed) {
  set("_note", "ignored");
  set("padding_side", "right");
  set("extra_special_tokens", json::object());
  EXPECT_EQ(refusal(), "not refused");
  set("padding_side", "left");
  set("do_upper_case", true);
  EXPECT_EQ(refusal(),
            "tokenizer_config.json: asks for what is not supported: do_upper_case true, padding_side \"left\" "
            "(it could change the tokens)");
}

TEST_F(TokenizerFolder, LengthMustBeTheEncoders) {
  set("model_max_length", 1e30);
  EXPECT_EQ(refusal(),
            "tokenizer_config.json: model_max_length: expected a whole number from 3 to 4096, the text encoder's "
            "max_position_embeddings (77 for CLIP); found 1e+30");
  set("model_max_length", 5);
  EXPECT_EQ(load().pad(load().encode("1234")).ids.size(), 5U);
  EXPECT_EQ(load().pad(load().encode("1234")).truncation->cut, "4");
}

TEST_F(TokenizerFolder, SpecialTokensMustBeTexts) {
  std::filesystem::remove(path("special_tokens_map.json"));
  set("pad_token", json());
  EXPECT_EQ(refusal(), R"(tokenizer_config.json: pad_token: is null; expected a token such as "<|endoftext|>")");
  set("pad_token", "");
  EXPECT_EQ(refusal(), R"(tokenizer_config.json: pad_token: is ""; expected a token such as "<|endoftext|>")");
  set("pad_token", 5);
  EXPECT_EQ(refusal(),
            "tokenizer_config.json: pad_token: expected a token's text or an object with its \"content\", found 5");
  set("pad_token", {{"content", "!"}, {"lstrip", true}});
  EXPECT_EQ(refusal(), "tokenizer_config.json: pad_token: lstrip true is not supported, only false");
  set("pad_token", {{"content", "!"}, {"lstrip", false}});
  EXPECT_THAT(inner("!"), ElementsAre(0));
}

TEST_F(TokenizerFolder, SpecialTokensMapOverridesTheConfig) {
  write("special_tokens_map.json", R"({"pad_token": "!"})");
  EXPECT_THAT(inner("!"), ElementsAre(0));
  write("special_tokens_map.json", R"({"pat_token": "!"})");
  EXPECT_EQ(refusal(), "special_tokens_map.json: pat_token: is not a kind of token");
}

TEST_F(TokenizerFolder, AConfigThatListsItsAddedTokensCountsAlone) {
  write("special_tokens_map.json", R"({"pad_token": "!"})");
  set("added_tokens_decoder", {{"700", {{"content", "<new>"}, {"lstrip", false}}}});
  EXPECT_THAT(inner("<new>!"), ElementsAre(700, 256));
  EXPECT_EQ(load().size(), 701);
  set("added_tokens_decoder", {{"7x", "<new>"}});
  EXPECT_EQ(refusal(), "tokenizer_config.json: added_tokens_decoder: \"7x\": expected an id");
  set("added_tokens_decoder", {1});
  EXPECT_EQ(refusal(), "tokenizer_config.json: added_tokens_decoder: expected an object, found [1]");
}

TEST_F(TokenizerFolder, AddedTokensFileIsRead) {
  write("added_tokens.json", R"({"<new>": 631})");
  EXPECT_THAT(inner("<new>"), ElementsAre(631));
  write("added_tokens.json", R"({"<new>": "x"})");
  EXPECT_THAT(refusal(), HasSubstr("added_tokens.json: \"<new>\": expected an id"));
}

TEST_F(TokenizerFolder, AddedTokensAreLimited) {
  const testing_limits::WithLimit limit("tokenizer-added-tokens", "20");
  json many = json::object();
  const auto add_up_to = [&](int count) {
    for (int i = static_cast<int>(many.size()); i < count; ++i) many["<" + std::to_string(i) + ">"] = 1000 + i;
    write("added_tokens.json", many.dump());
  };
  add_up_to(16);  // the settings name four more
  EXPECT_EQ(refusal(), "not refused");
  add_up_to(17);
  EXPECT_THAT(refusal(), HasSubstr("there are 21, at most 20 (--max tokenizer-added-tokens=N sets another limit)"));
}

TEST_F(TokenizerFolder, AdditionalSpecialTokensComeAfterTheVocabulary) {
  const std::int64_t size = load().size();
  set("additional_special_tokens", {"<x>", {{"content", "<y>"}}});
  EXPECT_THAT(inner("<y><x>"), ElementsAre(size + 1, size));
  set("additional_special_tokens", "<x>");
  EXPECT_EQ(refusal(), "tokenizer_config.json: additional_special_tokens: expected a list, found \"<x>\"");
}

/// The small tokenizer as the library tokenizers writes it, in one file.
class WholeTokenizerFolder : public TokenizerFolder {
 protected:
  WholeTokenizerFolder() : of_parts_(load()) {
    whole_ = {{"version", "1.0"},
              {"truncation", {{"direction", "Right"}, {"max_length", of_parts_.max_length()}}},
              {"padding", nullptr},
              {"added_tokens", json::array()},
              {"normalizer", {{"type", "Sequence"}, {"normalizers", {{{"type", "NFC"}}, {{"type", "Lowercase"}}}}}},
              {"model",
               {{"type", "BPE"},
                {"dropout", nullptr},
                {"unk_token", "<|endoftext|>"},
                {"continuing_subword_prefix", ""},
                {"end_of_word_suffix", "</w>"},
                {"vocab", json::parse(text_of("vocab.json"))},
                {"merges", json::array()}}}};
    std::istringstream merges(text_of("merges.txt"));
    std::string line;
    std::getline(merges, line);
    while (std::getline(merges, line)) {
      if (!line.empty()) whole_["model"]["merges"].push_back(line);
    }
    const json& vocabulary = whole_["model"]["vocab"];
    for (const char* token : {"<|startoftext|>", "<|endoftext|>"})
      whole_["added_tokens"].push_back({{"id", vocabulary[token]},
                                        {"content", token},
                                        {"special", true},
                                        {"lstrip", false},
                                        {"rstrip", false},
                                        {"single_word", false}});
    whole_["post_processor"] = {{"type", "RobertaProcessing"},
                                {"sep", {"<|endoftext|>", vocabulary["<|endoftext|>"]}},
                                {"cls", {"<|startoftext|>", vocabulary["<|startoftext|>"]}}};
    for (const char* name : {"vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json"})
      std::filesystem::remove(path(name));
    save();
  }
  void save() const { write("tokenizer.json", whole_.dump()); }

  const Tokenizer of_parts_;
  json whole_;
};

TEST_F(WholeTokenizerFolder, IsReadAloneAndGivesTheSameIds) {
  const Tokenizer whole = load();
  for (const char* text : {"", "a small red cat", "Two CATS, and 12 dogs!", "naïve café", "<|endoftext|> x"})
    EXPECT_EQ(whole.encode(text), of_parts_.encode(text)) << text;
  EXPECT_EQ(whole.max_length(), of_parts_.max_length());
  EXPECT_EQ(whole.pad(whole.encode("a cat")).ids, of_parts_.pad(of_parts_.encode("a cat")).ids);
}

TEST_F(WholeTokenizerFolder, MergesMayBePairs) {
  for (json& merge : whole_["model"]["merges"]) {
    const auto text = merge.get<std::string>();
    merge = {text.substr(0, text.find(' ')), text.substr(text.find(' ') + 1)};
  }
  whole_["post_processor"] = {{"type", "TemplateProcessing"},
                              {"single",
                               {{{"SpecialToken", {{"id", "<|startoftext|>"}}}},
                                {{"Sequence", {{"id", "A"}}}},
                                {{"SpecialToken", {{"id", "<|endoftext|>"}}}}}}};
  save();
  EXPECT_EQ(load().encode("a small red cat"), of_parts_.encode("a small red cat"));
}

TEST_F(WholeTokenizerFolder, WhatItDoesNotSayIsTheEncodersOrTheConfigs) {
  whole_["truncation"] = nullptr;
  save();
  EXPECT_EQ(Tokenizer::load(folder_, {}, 40).max_length(), 40);
  write("tokenizer_config.json", R"({"model_max_length": 30, "pad_token": "!"})");
  EXPECT_EQ(load().max_length(), 30);
  EXPECT_EQ(load().pad(load().encode("")).ids.back(), whole_["model"]["vocab"]["!"].get<std::int64_t>());
  write("tokenizer_config.json", R"({"model_max_length": 1000000000000000019884624838656})");
  EXPECT_EQ(Tokenizer::load(folder_, {}, 40).max_length(), 40) << "transformers' number for none";
}

TEST_F(WholeTokenizerFolder, WithoutANormalizerItLowersCaseAsClipDoes) {
  whole_["normalizer"] = nullptr;
  save();
  EXPECT_EQ(load().encode("A small RED cat"), of_parts_.encode("A small RED cat"));
}

TEST_F(WholeTokenizerFolder, OfAnotherKindIsRefused) {
  const json kept = whole_;
  const auto refused = [&](const std::string& pointer, const json& value) {
    whole_ = kept;
    whole_[json::json_pointer(pointer)] = value;
    save();
    return refusal();
  };
  for (const auto& [pointer, value] :
       std::initializer_list<std::pair<std::string, json>>{{"/model/type", "WordPiece"},
                                                           {"/model/end_of_word_suffix", ""},
                                                           {"/model/byte_fallback", true},
                                                           {"/normalizer/normalizers/1/type", "NFD"},
                                                           {"/model", nullptr}})
    EXPECT_THAT(refused(pointer, value), HasSubstr("tokenizer.json: model: is not a tokenizer of CLIP's kind"))
        << pointer;
  EXPECT_THAT(refused("/model/merges/0", "a"),
              HasSubstr("expected two symbols with a space between them, found \"a\""));
  EXPECT_THAT(refused("/model/vocab", json::array()), HasSubstr("model.vocab: expected an object"));
  EXPECT_THAT(refused("/added_tokens/0/id", -1), HasSubstr("expected an id"));
  write("tokenizer.json", "{");
  EXPECT_THAT(refusal(), HasSubstr("tokenizer.json: is not JSON"));
}

}  // namespace
}  // namespace models
