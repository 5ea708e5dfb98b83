// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

/// What happens to a prompt's text before it becomes tokens. Pure functions.
namespace models {

/// Throws std::invalid_argument that says where and what, for bytes that are not UTF-8; surrogates and overlong forms
/// are not.
void require_utf8(std::string_view text);

/// The same text with U+FFFD for each byte that is not part of a character.
std::string replace_invalid_utf8(std::string_view text);

/// The words that CLIP's tokenizer sees: control, format and unassigned characters dropped, split at white space and
/// around CJK ideographs, composed (NFC), in lower case by Unicode's full mapping. HTML entities, quotes, accents and
/// ligatures stay as they are. Valid UTF-8 in, valid UTF-8 out.
///
/// This equals BasicTokenizer(strip_accents=False, do_split_on_punc=False) of transformers, which diffusers uses where
/// the package ftfy is not installed. Characters that are newer than the installed Unicode tables count as unassigned.
/// Linear in the length but for sorting runs of combining marks.
std::vector<std::string> clean_words(std::string_view text);

}  // namespace models
