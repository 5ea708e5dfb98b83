// SPDX-License-Identifier: MIT
#include "tensors/safetensors.h"

#include <gmock/gmock.h>

#include <cstring>

#include "tensors/npz.h"
#include "tests/faults_on_order.h"
#include "tests/observers/temp_folder.h"
#include "tests/reference.h"

namespace tensors {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string file_of(const std::string& header, const std::string& data = "") {
  std::string bytes(8, '\0');
  const std::uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + data;
}

/// One tensor's part of a header.
std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
  return "\"" + name + R"(":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

class Safetensors : public FolderTest {
 protected:
  std::filesystem::path file(const std::string& bytes) const {
    write("a.safetensors", bytes);
    return folder_ / "a.safetensors";
  }
  /// Why a file of these bytes is refused; it must begin with the path.
  std::string refusal(const std::string& bytes) const {
    const auto path = file(bytes);
    try {
      const SafetensorsFile opened(path);
    } catch (const FileError& e) {
      const std::string text = e.what();
      EXPECT_TRUE(text.starts_with(path.string() + ": ")) << text;
      return text.substr(std::min(text.size(), path.string().size() + 2));
    }
    return "not refused";
  }
  std::string refused_header(const std::string& header, const std::string& data = "") const {
    return refusal(file_of(header, data));
  }
};

TEST_F(Safetensors, ReadsWhatDiffusersWrote) {
  const SafetensorsFile unet(reference::sdxl("mini") / "model/unet/diffusion_pytorch_model.safetensors");
  EXPECT_EQ(unet.entries().size(), 620u);
  EXPECT_EQ(unet.metadata().at("format"), "pt");
  EXPECT_EQ(unet.tensor("conv_in.weight").sizes(), (at::IntArrayRef{8, 4, 3, 3}));
  EXPECT_EQ(unet.tensor("conv_in.weight").scalar_type(), at::kFloat);
  const SafetensorsFile text(reference::sdxl("mini") / "model/text_encoder/model.safetensors");
  EXPECT_EQ(text.tensor("text_model.final_layer_norm.weight").scalar_type(), at::kHalf);
}

TEST_F(Safetensors, ReadsBackEveryDtypeAndShape) {
  std::vector<std::pair<std::string, at::Tensor>> all;
  for (const at::ScalarType type : {at::kByte, at::kChar, at::kShort, at::kInt, at::kLong, at::kHalf, at::kBFloat16,
                                    at::kFloat, at::kDouble, at::kBool})
    all.emplace_back(at::toString(type), at::arange(6, at::kInt).remainder(4).view({2, 3}).to(type));
  all.emplace_back("scalar", at::tensor(2.5f));
  all.emplace_back("empty", at::empty({0, 3}));
  all.emplace_back("strided", at::arange(6, at::kFloat).view({2, 3}).t());
  write_safetensors(folder_ / "a.safetensors", all, {{"what", "a \"test\""}});
  const SafetensorsFile back(folder_ / "a.safetensors");
  EXPECT_EQ(back.entries().size(), all.size());
  EXPECT_EQ(back.metadata().at("what"), "a \"test\"");
  for (const auto& [name, tensor] : all) {
    EXPECT_EQ(back.tensor(name).scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(back.tensor(name).equal(tensor)) << name;
  }
}

TEST_F(Safetensors, ViewsOutliveTheFileAndTheRelease) {
  at::Tensor view;
  write_safetensors(folder_ / "a.safetensors", {{"a", at::arange(100000, at::kFloat)}});
  {
    const SafetensorsFile opened(folder_ / "a.safetensors");
    view = opened.tensor("a");
    EXPECT_EQ(view.data_ptr(), opened.tensor("a").data_ptr()) << "no copy";
    opened.prefetch(opened.entries()[0]);
    opened.release(opened.entries()[0]);
  }
  EXPECT_TRUE(view.equal(at::arange(100000, at::kFloat)));
}

TEST_F(Safetensors, CopiesWhatIsNotAligned) {
  const std::string header = "{" + entry("b", "U8", "[1]", "[0,1]") + "," + entry("f", "F16", "[2]", "[1,5]") + "}";
  const std::string aligned = header + std::string((8 - header.size() % 8) % 8, ' ');
  const SafetensorsFile opened(file(file_of(aligned, std::string("\x07\x00\x3C\x00\x40", 5))));
  const at::Tensor halves = opened.tensor("f");
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(halves.data_ptr()) % 2, 0u);
  EXPECT_TRUE(halves.to(at::kFloat).equal(at::tensor({1.f, 2.f})));
}

TEST_F(Safetensors, CopiesNothingOfATensorOfNoElements) {
  const std::string header = "{" + entry("b", "U8", "[1]", "[0,1]") + "," + entry("f", "F16", "[0,2]", "[1,1]") + "}";
  const std::string aligned = header + std::string((8 - header.size() % 8) % 8, ' ');
  const SafetensorsFile opened(file(file_of(aligned, std::string("\x07", 1))));
  EXPECT_EQ(opened.tensor("f").sizes(),
            (at::IntArrayRef{0, 2}));  // a copy from or to null is undefined, even of nothing
}

TEST_F(Safetensors, TruthValuesAreZeroOrOne) {
  const SafetensorsFile opened(file(file_of("{" + entry("t", "BOOL", "[3]", "[0,3]") + "}", {0, 1, 7})));
  EXPECT_EQ(opened.tensor("t").sum().item<std::int64_t>(), 2);
}

TEST_F(Safetensors, AnEmptyHeaderIsAFileWithoutTensors) {
  EXPECT_TRUE(SafetensorsFile(file(file_of("{}"))).entries().empty());
  EXPECT_TRUE(SafetensorsFile(file(file_of(R"({"__metadata__":null})"))).entries().empty());
}

TEST_F(Safetensors, RefusesWhatIsNoSuchFile) {
  EXPECT_THROW(SafetensorsFile(folder_ / "missing"), FileError);
  EXPECT_THROW(SafetensorsFile{folder_}, FileError);
  EXPECT_THAT(refusal(""), HasSubstr("0 bytes long, too short"));
  EXPECT_THAT(refusal("1234567"), HasSubstr("7 bytes long, too short"));
  EXPECT_THAT(refusal(std::string(64, '\xFF')), HasSubstr("not a safetensors file"));
  EXPECT_THAT(refusal("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"), HasSubstr("git lfs pull"));
  EXPECT_THAT(refusal("PK\x03\x04 and so on"), HasSubstr("convert it to safetensors"));
  EXPECT_THAT(refusal("<!DOCTYPE html>"), HasSubstr("web page"));
}

TEST_F(Safetensors, RefusesAHeaderThatIsTooLongOrCutOff) {
  std::string bytes = file_of("{}");
  const std::uint64_t length = 100'000'001;
  std::memcpy(bytes.data(), &length, 8);
  EXPECT_THAT(
      refusal(bytes),
      HasSubstr("100000001 bytes long, where it may have at most 100000000 bytes (--max safetensors-header-bytes=N"));
  bytes[3] = bytes[2] = 0;
  EXPECT_THAT(refusal(bytes), HasSubstr("cut off within the header"));
}

TEST_F(Safetensors, NamesTheTensorWhereTheFileIsCutOff) {
  const std::string header = "{" + entry("a", "F32", "[2]", "[0,8]") + "," + entry("b", "F32", "[2]", "[8,16]") + "}";
  EXPECT_EQ(refused_header(header, std::string(12, 'x')),
            "is cut off within 'b': it has 12 of 16 bytes of data; fetch it again");
  EXPECT_EQ(refused_header(header, ""), "is cut off within 'a': it has 0 of 16 bytes of data; fetch it again");
  EXPECT_EQ(refused_header(header, std::string(20, 'x')), "has 4 bytes behind the last tensor that belong to none");
}

TEST_F(Safetensors, RefusesHeadersThatAreNoObjectOfTensors) {
  for (const char* header : {"[]", "", "null", "x", " {}"})
    EXPECT_THAT(refused_header(header), HasSubstr("not a JSON object")) << header;
  for (const char* header : {"{", "{\"a\":", "{}{}", "{\"\xFF\":1}", "{\"a\" 1}"})
    EXPECT_THAT(refused_header(header), HasSubstr("not JSON, from its byte")) << header;
  EXPECT_EQ(refused_header(R"({"a":[]})"), "'a' has a list where none belongs");
  EXPECT_EQ(refused_header(R"({"a":1})"), "'a' has a number where none belongs");
  EXPECT_EQ(refused_header(R"({"a":null})"), "'a' has null");
  EXPECT_EQ(refused_header(R"({"a":{"dtype":{}}})"), "'a' has an object where none belongs in its field 'dtype'");
  EXPECT_EQ(refused_header(R"({"a":{"dtype":["F32"]}})"), "'a' has a list where none belongs in its field 'dtype'");
  EXPECT_EQ(refused_header(R"({"a":{"shape":[[1]]}})"), "'a' has a list where none belongs in its field 'shape'");
  EXPECT_EQ(refused_header(R"({"a":{"shape":[true]}})"), "'a' has true or false in its field 'shape'");
  EXPECT_EQ(refused_header(R"({"a":{"shape":"1"}})"), "'a' has a text where none belongs in its field 'shape'");
  EXPECT_EQ(refused_header(R"({"a":{"strides":[1]}})"), "'a' has an unknown field 'strides'");
  EXPECT_EQ(refused_header(R"({"__metadata__":{"a":1}})"),
            "'__metadata__' has a number where none belongs in its field 'a'");
}

TEST_F(Safetensors, SurvivesAHeaderThatIsNestedADeepLot) {
  EXPECT_THAT(refused_header(R"({"a":{"shape":)" + std::string(1'000'000, '[')),
              HasSubstr("a list where none belongs"));
  EXPECT_THAT(refused_header("{" + entry("a", "F32", "[" + std::string(200, ' ') + "]", "[0,4]"), ""),
              HasSubstr("JSON"));
}

TEST_F(Safetensors, RefusesNumbersThatAreNone) {
  EXPECT_THAT(refused_header("{" + entry("a", "F32", "[-1]", "[0,4]") + "}"), HasSubstr("'a' has the number -1"));
  EXPECT_THAT(refused_header("{" + entry("a", "F32", "[1.0]", "[0,4]") + "}"), HasSubstr("not a whole number"));
  EXPECT_THAT(refused_header("{" + entry("a", "F32", "[1]", "[0,99999999999999999999]") + "}"),
              HasSubstr("not a whole number of 64 bits"));
}

TEST_F(Safetensors, RefusesNamesAndFieldsThatAreThereTwice) {
  const std::string a = entry("a", "F32", "[1]", "[0,4]");
  EXPECT_EQ(refused_header("{" + a + "," + a + "}", "1234"), "'a' is there twice");
  EXPECT_EQ(refused_header(R"({"a":{"dtype":"F32","dtype":"F16"}})"), "'a' has the field 'dtype' twice");
  EXPECT_EQ(refused_header(R"({"__metadata__":{"a":"","a":""}})"), "'__metadata__' has the field 'a' twice");
}

TEST_F(Safetensors, RefusesFieldsThatAreMissing) {
  EXPECT_EQ(refused_header(R"({"a":{"shape":[1],"data_offsets":[0,4]}})"), "'a' has no dtype");
  EXPECT_EQ(refused_header(R"({"a":{"dtype":"F32","data_offsets":[0,4]}})"), "'a' has no shape");
  EXPECT_THAT(refused_header(R"({"a":{"dtype":"F32","shape":[1]}})"), HasSubstr("'a' has no data_offsets"));
  EXPECT_THAT(refused_header("{" + entry("a", "F32", "[1]", "[0,4,8]") + "}"), HasSubstr("'a' has no data_offsets"));
}

TEST_F(Safetensors, RefusesDtypesByName) {
  EXPECT_THAT(refused_header("{" + entry("a", "F8_E4M3", "[4]", "[0,4]") + "}", "1234"),
              AllOf(HasSubstr("'a' has the dtype F8_E4M3"), HasSubstr("not supported"), HasSubstr("F16")));
  EXPECT_THAT(refused_header("{" + entry("a", "Q4", "[4]", "[0,4]") + "}", "1234"),
              HasSubstr("'a' has the dtype 'Q4'"));
}

TEST_F(Safetensors, RefusesOffsetsThatDoNotFitTheShape) {
  EXPECT_EQ(refused_header("{" + entry("a", "F32", "[2,3]", "[0,20]") + "}", std::string(20, 'x')),
            "'a' needs 24 bytes by its shape and dtype, but its data_offsets are 0 to 20");
  EXPECT_THAT(refused_header("{" + entry("a", "F32", "[1]", "[4,0]") + "}", "1234"), HasSubstr("are 4 to 0"));
  EXPECT_THAT(refused_header("{" + entry("a", "F32", "[0]", "[0,4]") + "}", "1234"), HasSubstr("needs 0 bytes"));
}

TEST_F(Safetensors, RefusesShapesThatOverflow) {
  // 2^32 · 2^32 elements are 0 modulo 2^64: an unchecked product would fit no bytes at all.
  for (const char* shape :
       {"[4294967296,4294967296]", "[9223372036854775807,4]", "[18446744073709551615,0]", "[4611686018427387904,1]"})
    EXPECT_EQ(refused_header("{" + entry("a", "F32", shape, "[0,0]") + "}"), "'a' has an impossible shape") << shape;
  std::string ones = "[1";
  for (int i = 0; i < 64; ++i) ones += ",1";
  EXPECT_THAT(refused_header("{" + entry("a", "F32", ones + "]", "[0,4]") + "}"), HasSubstr("more than 64 dimensions"));
}

TEST_F(Safetensors, RefusesOverlapsAndGaps) {
  const std::string a = entry("a", "F32", "[2]", "[0,8]");
  EXPECT_EQ(refused_header("{" + a + "," + entry("b", "F32", "[1]", "[4,8]") + "}", std::string(8, 'x')),
            "the data of 'b' and of 'a' overlap");
  EXPECT_EQ(refused_header("{" + a + "," + entry("b", "F32", "[1]", "[12,16]") + "}", std::string(16, 'x')),
            "4 bytes before the data of 'b' belong to no tensor");
}

TEST_F(Safetensors, KeepsNamesInMessagesShortAndPrintable) {
  EXPECT_EQ(refused_header(R"({"a\u001b[31m":1})"), "'a?[31m' has a number where none belongs");
  EXPECT_LT(refused_header("{\"" + std::string(100000, 'a') + "\":1}").size(), 400u);
}

TEST_F(Safetensors, NamesTheTensorThatIsNotThere) {
  const SafetensorsFile opened(file(file_of("{}")));
  try {
    static_cast<void>(opened.tensor("conv_in.weight"));
    FAIL();
  } catch (const FileError& e) {
    EXPECT_THAT(e.what(), HasSubstr("has no tensor 'conv_in.weight'"));
  }
}

TEST_F(Safetensors, AWriterLeavesNothingBehindThatIsNotWhole) {
  const auto path = folder_ / "new.safetensors";
  {
    SafetensorsWriter writer(path, {{"a", at::kFloat, {2}}, {"b", at::kHalf, {1}}});
    EXPECT_THROW(writer.write("c", at::ones({2})), std::invalid_argument);
    EXPECT_THROW(writer.write("a", at::ones({3})), std::invalid_argument);
    EXPECT_THROW(writer.write("a", at::ones({2}, at::kHalf)), std::invalid_argument);
    writer.write("a", at::ones({2}));
    EXPECT_THROW(writer.write("a", at::ones({2})), std::invalid_argument);
    EXPECT_THROW(writer.finish(), std::logic_error) << "b is missing";
    EXPECT_FALSE(std::filesystem::exists(path));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(Safetensors, AWriterRefusesWhatTheFormatCannotHold) {
  const auto path = folder_ / "new.safetensors";
  EXPECT_THROW(SafetensorsWriter(path, {{"a", at::kComplexFloat, {2}}}), std::invalid_argument);
  EXPECT_THROW(SafetensorsWriter(path, {{"a", at::kFloat, {2}}, {"a", at::kFloat, {2}}}), std::invalid_argument);
  EXPECT_THROW(SafetensorsWriter(path, {{"__metadata__", at::kFloat, {2}}}), std::invalid_argument);
  EXPECT_THROW(SafetensorsWriter(folder_ / "none" / "a", {{"a", at::kFloat, {2}}}), std::runtime_error);
}

TEST(SafetensorsOnOrder, AWriterFailsAtEachStepAndKeepsWhatWasThere) {
  const auto replace = [](const std::filesystem::path& path) { write_safetensors(path, {{"a", at::ones({2})}}); };
  // The first write is the header's.
  for (const char* order : {"write=EIO", "write:2=ENOSPC", "sync=EDQUOT", "rename=EROFS"}) {
    const testing_faults::WithFault fault(order);
    EXPECT_EXIT(testing_faults::try_to_replace(replace), ::testing::ExitedWithCode(0),
                "cannot write '.*/file': .* left: file=old[.]")
        << order;
  }
}

TEST_F(Safetensors, AWriterAlignsEveryTensor) {
  write_safetensors(folder_ / "a.safetensors", {{"a", at::ones({3}, at::kByte)}, {"b", at::ones({3}, at::kDouble)}});
  const SafetensorsFile back(folder_ / "a.safetensors");
  EXPECT_EQ(back.entries()[0].name, "b");
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(back.tensor("b").data_ptr()) % 64, 0u);
}

}  // namespace
}  // namespace tensors
