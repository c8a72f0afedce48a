// Files that are broken in every way we could think of: an error that names the place, never a crash.

#include "engine/file/gguf.h"

#include <cstring>

#include <gtest/gtest.h>

#include "base/random.h"
#include "engine/testing_for_test.h"

namespace deepcabin::engine {
namespace {

template <typename T>
void Put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
void PutText(std::string& out, std::string_view text) {
  Put<std::uint64_t>(out, text.size());
  out += text;
}

struct TensorLine {
  std::string name = "t";
  std::vector<std::uint64_t> shape{8};
  std::uint32_t type = 0;
  std::uint64_t offset = 0;
};

// A file with one key and these tensors over `data_bytes` of data.
std::string File(const std::vector<TensorLine>& tensors, std::size_t data_bytes) {
  std::string out = "GGUF";
  Put<std::uint32_t>(out, 3);
  Put<std::uint64_t>(out, tensors.size());
  Put<std::uint64_t>(out, 1);
  PutText(out, "answer");
  Put<std::uint32_t>(out, 4);
  Put<std::uint32_t>(out, 42);
  for (const TensorLine& tensor : tensors) {
    PutText(out, tensor.name);
    Put<std::uint32_t>(out, static_cast<std::uint32_t>(tensor.shape.size()));
    for (const std::uint64_t extent : tensor.shape) Put(out, extent);
    Put(out, tensor.type);
    Put(out, tensor.offset);
  }
  out.resize((out.size() + 31) / 32 * 32 + data_bytes);
  return out;
}

std::string MessageOf(const std::string& file) {
  const auto parsed = Gguf::Parse(Bytes(file));
  return parsed ? "" : parsed.error().message;
}

TEST(GgufTest, ReadsKeysAndTensors) {
  const std::string file = File({{"a", {8}, 0, 0}, {"b", {32, 2}, 8, 32}}, 128);
  const auto parsed = Gguf::Parse(Bytes(file));
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->Unsigned("answer", 100).value(), 42);
  EXPECT_EQ(parsed->Unsigned("answer", 41).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(parsed->Unsigned("question", 100).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(parsed->String("answer").error().code, ErrorCode::kInvalidArgument);
  ASSERT_NE(parsed->FindTensor("b"), nullptr);
  EXPECT_EQ(parsed->FindTensor("b")->bytes.size(), 68);
  EXPECT_EQ(parsed->FindTensor("c"), nullptr);
}

TEST(GgufTest, SaysWhatIsWrong) {
  const std::uint64_t huge = std::uint64_t{1} << 39;
  EXPECT_NE(MessageOf("GGML"), "");
  EXPECT_NE(MessageOf(File({{"a", {8}, 0, 0}, {"b", {8}, 0, 16}}, 64)).find("not aligned"), std::string::npos);
  EXPECT_NE(MessageOf(File({{"a", {16}, 0, 0}, {"b", {8}, 0, 32}}, 96)).find("overlaps"), std::string::npos);
  EXPECT_NE(MessageOf(File({{"a", {64}, 0, 0}}, 128)).find("cut off"), std::string::npos);
  EXPECT_NE(MessageOf(File({{"a", {8}, 0, huge}}, 128)).find("cut off"), std::string::npos);
  EXPECT_NE(MessageOf(File({{"a", {huge, huge, huge}, 0, 0}}, 128)).find("does not fit"), std::string::npos);
  EXPECT_NE(MessageOf(File({{"a", {0}, 0, 0}}, 128)).find("extent 0"), std::string::npos);
  EXPECT_NE(MessageOf(File({{"a", {33}, 8, 0}}, 128)).find("does not fit"), std::string::npos);
  EXPECT_NE(MessageOf(File({{"a", {8}, 2, 0}}, 128)).find("type 2"), std::string::npos);
  EXPECT_NE(MessageOf(File({{"a", {8}, 0, 0}, {"a", {8}, 0, 32}}, 64)).find("twice"), std::string::npos);
  EXPECT_NE(MessageOf(File({{"a", {1, 1, 1, 1, 1}, 0, 0}}, 64)).find("5 dimensions"), std::string::npos);
  std::string counts = File({}, 0);
  const std::uint64_t many = ~std::uint64_t{0};
  std::memcpy(counts.data() + 8, &many, 8);
  EXPECT_NE(MessageOf(counts).find("tensors, at most"), std::string::npos);
  std::string version = File({}, 0);
  version[4] = 2;
  EXPECT_NE(MessageOf(version).find("version 2"), std::string::npos);
}

TEST(GgufTest, HalfPrecision) {
  EXPECT_EQ(HalfToFloat(0x3C00), 1.0F);
  EXPECT_EQ(HalfToFloat(0xC000), -2.0F);
  EXPECT_EQ(HalfToFloat(0x0001), 5.9604644775390625e-08F);
  EXPECT_EQ(HalfToFloat(0x7BFF), 65504.0F);
  EXPECT_EQ(HalfToFloat(0x8000), -0.0F);
  EXPECT_FALSE(std::isfinite(HalfToFloat(0x7C00)));
}

// Whatever is cut off, the model does not load and the message says why.
TEST(ModelFileTest, EveryCutIsRefused) {
  const std::string whole = ReadFile(TestData("tiny_q8.gguf"));
  ASSERT_TRUE(Model::Parse(Bytes(whole)));
  for (std::size_t length = 0; length + 32 < whole.size(); length += length < 9000 ? 61 : 4099) {
    const std::string cut = whole.substr(0, length);
    const auto model = Model::Parse(Bytes(cut));
    ASSERT_FALSE(model) << length;
    EXPECT_FALSE(model.error().message.empty());
  }
}

TEST(ModelFileTest, OtherArchitecturesAndShapesAreRefused) {
  const std::string whole = ReadFile(TestData("tiny_f32.gguf"));
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string changed = whole;
    changed.replace(changed.find(from), from.size(), to);
    const auto model = Model::Parse(Bytes(changed));
    return model ? std::string() : model.error().message;
  };
  EXPECT_NE(with("deepseek2", "llamallam").find("architecture \"llamallam\""), std::string::npos);
  EXPECT_NE(with("blk.0.attn_norm.weight", "blk.0.attn_nOrm.weight").find("blk.0.attn_norm.weight is missing"), std::string::npos);
  EXPECT_NE(with("deepseek2.expert_count", "deepseek2.expert_cOunt").find("deepseek2.expert_count is missing"), std::string::npos);
  EXPECT_NE(with("deepcabin.sentencepiece", "deepcabin.sentencepieze").find("deepcabin.sentencepiece is missing"), std::string::npos);
  EXPECT_EQ(Model::Load("/nonexistent/model.gguf").error().code, ErrorCode::kNotFound);
}

// Bytes flipped anywhere: an error, or a model that runs.
TEST(ModelFileTest, FlippedBytesNeverCrash) {
  const std::string whole = ReadFile(TestData("tiny_q8.gguf"));
  Random random(5);
  for (int round = 0; round < 200; ++round) {
    std::string changed = whole;
    const std::size_t range = round % 2 == 0 ? 2000 : changed.size();
    for (int i = 0; i < 3; ++i) changed[random.Below(range)] = static_cast<char>(random.Below(256));
    static_cast<void>(Model::Parse(Bytes(changed)));
  }
}

}  // namespace
}  // namespace deepcabin::engine
