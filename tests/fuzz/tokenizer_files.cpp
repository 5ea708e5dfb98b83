// SPDX-License-Identifier: MIT
// The five files of a tokenizer's folder, and a text for what they make.
#include <stdexcept>

#include "models/text/tokenizer.h"
#include "tensors/npz.h"
#include "tests/fuzz/input.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::Folder folder;
  const auto [text, vocabulary, merges, config, special, added] = fuzz::parts_of<6>(fuzz::text_of(data, size));
  folder.write("vocab.json", vocabulary);
  folder.write("merges.txt", merges);
  folder.write("tokenizer_config.json", config);
  folder.write("special_tokens_map.json", special);
  folder.write("added_tokens.json", added);
  try {
    const models::Tokenizer tokenizer = models::Tokenizer::load(folder.path());
    const std::vector<std::int64_t> ids = tokenizer.encode(text);
    tokenizer.pad(ids);
    tokenizer.decode(ids);
  } catch (const tensors::FileError&) {
  } catch (const std::invalid_argument&) {  // the text is not UTF-8
  }
  return 0;
}
