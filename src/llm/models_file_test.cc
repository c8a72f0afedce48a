#include "llm/models_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "llm/dialect.h"

namespace deepcabin::llm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream in(path);
  return std::string((std::istreambuf_iterator<char>(in)), {});
}

class ModelsFileTest : public testing::Test {
 protected:
  ModelsFileTest() {
    folder_ = testing::TempDir() + "models_file_test";
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~ModelsFileTest() override { std::filesystem::remove_all(folder_); }

  Result<Models> Parse(const std::string& text) { return ParseModels(text, "models.yaml", environment_, {"deepseek", "llama-server"}); }
  // One endpoint with these lines besides its name and dialect.
  Result<Models> ParseOne(const std::string& lines) { return Parse("models:\n  - name: a\n    dialect: deepseek\n" + lines); }
  std::string Fault(const std::string& text) {
    const auto models = Parse(text);
    return models ? "" : models.error().message;
  }
  std::filesystem::path Write(const std::string& name, const std::string& text, mode_t mode = 0600) {
    const auto path = folder_ / name;
    std::ofstream(path) << text;
    chmod(path.c_str(), mode);
    return path;
  }

  std::filesystem::path folder_;
  std::map<std::string, std::string> variables_;
  const Environment environment_ = [this](const std::string& name) {
    const auto found = variables_.find(name);
    return found == variables_.end() ? "" : found->second;
  };
};

TEST_F(ModelsFileTest, ReadsEveryKey) {
  variables_["A_KEY"] = " sk-1\n";
  const auto models = Parse(R"(
currency: CNY
models:
  - name: a
    dialect: deepseek
    url: https://a.example/v1/
    model: a-flash
    key: env:A_KEY
    price: {cached: 0.5, input: 2, output: 8}
    context: 64000
    good_at: [tools, question]
    outbound: full
    budget_per_day: 3.5
    timeouts_ms: {connect: 1000, first_token: 2000, idle: 3000, total: 4000}
    ca_file: /etc/ca.pem
  - name: b
    dialect: llama-server
    url: http://127.0.0.1:8081/v1
    model: x
    price: {input: 1}
  - {name: c, dialect: llama-server, gguf: /data/r1.gguf, memory_mib: 3000}
routing:
  tools: [b, a]
  creative: {a: 3, b: 1.5}
)");
  ASSERT_TRUE(models) << models.error().message;
  EXPECT_EQ(models->currency, "CNY");
  const Endpoint& a = models->endpoints[0];
  EXPECT_EQ(a.url, "https://a.example/v1");
  EXPECT_EQ(a.model, "a-flash");
  EXPECT_EQ(a.key, "sk-1");
  EXPECT_EQ(a.price.cached + a.price.input + a.price.output, 10.5);
  EXPECT_EQ(a.context_tokens, 64000);
  EXPECT_THAT(a.good_at, ElementsAre(Task::kTools, Task::kQuestion));
  EXPECT_EQ(a.outbound, Outbound::kFull);
  EXPECT_EQ(a.budget_per_day, 3.5);
  EXPECT_EQ((a.connect_timeout + a.first_token_timeout + a.idle_timeout + a.total_timeout).count(), 10'000);
  EXPECT_EQ(a.ca_file, "/etc/ca.pem");
  const Endpoint& b = models->endpoints[1];
  EXPECT_EQ(b.key, "");
  EXPECT_EQ(b.outbound, Outbound::kRedacted);  // the careful one where nothing is said
  EXPECT_EQ(b.price.cached, 1);                // no price for cached tokens: like the others
  EXPECT_EQ(models->endpoints[2].url, "");
  EXPECT_EQ(models->endpoints[2].model, "c");
  ASSERT_EQ(models->locals.size(), 1u);
  EXPECT_EQ(models->locals[0].gguf, "/data/r1.gguf");
  EXPECT_EQ(models->locals[0].memory_mib, 3000);
  EXPECT_THAT(models->routing.at(Task::kTools).places, ElementsAre(std::pair("b", 1.0), std::pair("a", 1.0)));
  EXPECT_TRUE(models->routing.at(Task::kCreative).weighted);
  EXPECT_TRUE(models->off.empty());
}

TEST_F(ModelsFileTest, TheExampleIsSound) {
  for (const char* name : {"DEEPSEEK_API_KEY", "ARK_API_KEY", "DASHSCOPE_API_KEY"}) variables_[name] = "k";
  const auto dialects = Dialects::Load(DEEPCABIN_SOURCE_DIR "/models");
  ASSERT_TRUE(dialects) << dialects.error().message;
  const auto names = dialects->Names();
  const auto models =
      ParseModels(ReadAll(DEEPCABIN_SOURCE_DIR "/models/models.example.yaml"), "example", environment_, {names.begin(), names.end()});
  ASSERT_TRUE(models) << models.error().message;
  EXPECT_EQ(models->endpoints.size(), 6u);
  EXPECT_TRUE(models->off.empty());
}

TEST_F(ModelsFileTest, RefusesWithFileAndLine) {
  const std::string ok = "models:\n  - name: a\n    dialect: deepseek\n    url: https://a.example\n    model: m\n";
  ASSERT_EQ(Fault(ok), "");
  const std::pair<std::string, std::string> rows[] = {
      {"model: []\n", "models.yaml:1: unknown key `model`"},
      {"models: {a: 1}\n", "models.yaml:1: `models` is a list"},
      {"models: [\n", "models.yaml:"},
      {"a\xff", "models.yaml:1: not UTF-8"},
      {ok + "    temperature: 1\n", "models.yaml:6: unknown key `temperature`"},
      {ok + "    model: n\n", "models.yaml:6: `model` stands here twice"},
      {ok + ok.substr(8), "models.yaml:6: the name `a` stands here twice"},
      {ok + "    price: {in: 1}\n", "models.yaml:6: unknown key `in`"},
      {ok + "    price: {input: -1}\n", "models.yaml:6: -1 lies outside 0 to"},
      {ok + "    price: {input: .nan}\n", "models.yaml:6: a number is expected"},
      {ok + "    context: many\n", "models.yaml:6: a number is expected"},
      {ok + "    context: 511\n", "511 lies outside 512"},
      {ok + "    good_at: [poetry]\n", "models.yaml:6: no task `poetry`"},
      {ok + "    outbound: all\n", "`all`: nothing, redacted or full"},
      {ok + "    insecure: yes\n", "true or false"},
      {ok + "    timeouts_ms: {first: 1}\n", "unknown key `first`"},
      {ok + "    timeouts_ms: {idle: 0}\n", "outside 1"},
      {ok + "    key: sk-verysecret\n", "models.yaml:6: a key comes from env:NAME or file:PATH"},
      {ok + "    gguf: /x\n", "either `url` or `gguf`"},
      {ok + "routing: {tools: [b]}\n", "models.yaml:6: no endpoint `b`"},
      {ok + "routing: {tools: [a, a]}\n", "`a` stands here twice"},
      {ok + "routing: {driving: [a]}\n", "unknown key `driving`"},
      {ok + "routing: {tools: {a: 0}}\n", "outside 0.001"},
      {ok + "routing: {tools: a}\n", "a list of endpoints in order, or weights"},
      {"models: [{name: A, dialect: deepseek, url: 'https://a', model: m}]\n", "bad name \"A\""},
      {"models: [{name: a, dialect: vax, url: 'https://a', model: m}]\n", "no dialect `vax`"},
      {"models: [{name: a, dialect: deepseek, url: 'https://a'}]\n", "`model` is missing"},
      {"models: [{dialect: deepseek, url: 'https://a', model: m}]\n", "`name` is missing"},
      {"models: [{name: a, dialect: deepseek, url: 'https://a', model: \"m\\nX: y\"}]\n", "control character"},
  };
  for (const auto& [text, fault] : rows) EXPECT_THAT(Fault(text), HasSubstr(fault)) << text;
  EXPECT_THAT(Fault(ok + "    key: sk-verysecret\n"), testing::Not(HasSubstr("verysecret")));
}

TEST_F(ModelsFileTest, HttpOnlyToThisMachineOrOnPurpose) {
  const auto fault = [&](const std::string& url, const std::string& more = "") {
    const auto models = ParseOne("    model: m\n    url: " + url + "\n" + more);
    return models ? "" : models.error().message;
  };
  for (const char* good :
       {"https://a.example", "https://10.0.0.2:8443/v1", "http://127.0.0.1:80/v1", "http://localhost:1", "http://[::1]:9"}) {
    EXPECT_EQ(fault(good), "") << good;
  }
  for (const char* plain : {"http://10.0.0.2:8000/v1", "http://127.evil.example", "http://localhost.evil.example"}) {
    EXPECT_THAT(fault(plain), HasSubstr("use https")) << plain;
    EXPECT_EQ(fault(plain, "    insecure: true\n"), "") << plain;
  }
  for (const char* bad : {"ftp://a.example", "file:///etc/passwd", "a.example", "https://", "https://u:p@a.example",
                          "https://a.example/?k=v", "http://localhost@evil.example", "'https://a b'"}) {
    EXPECT_THAT(fault(bad), HasSubstr("models.yaml:")) << bad;
  }
}

TEST_F(ModelsFileTest, AKeyFileIsPrivateOrRefused) {
  const auto line = [&](const std::filesystem::path& path) {
    return "    model: m\n    url: https://a\n    key: file:" + path.string() + "\n";
  };
  const auto good = ParseOne(line(Write("good", "sk-9\n")));
  ASSERT_TRUE(good) << good.error().message;
  EXPECT_EQ(good->endpoints[0].key, "sk-9");
  const auto open = ParseOne(line(Write("open", "sk-9\n", 0640)));
  ASSERT_FALSE(open);
  EXPECT_THAT(open.error().message, testing::AllOf(HasSubstr("mode 0640"), HasSubstr("models.yaml:6"), testing::Not(HasSubstr("sk-9"))));
  EXPECT_FALSE(ParseOne(line(folder_ / "none")));
  EXPECT_FALSE(ParseOne(line(folder_)));
  EXPECT_FALSE(ParseOne(line(Write("two", "sk 9"))));  // would end the header early
  EXPECT_FALSE(ParseOne(line(Write("long", std::string(5'000, 'k')))));
}

TEST_F(ModelsFileTest, AVariableThatIsNotSetTurnsOneEndpointOff) {
  const auto models = ParseOne("    model: m\n    url: https://a\n    key: env:A_KEY\n");
  ASSERT_TRUE(models);
  EXPECT_EQ(models->off.at("a"), "A_KEY is not set");
}

TEST_F(ModelsFileTest, DeepSeekByItsKeyAlone) {
  const auto without = LoadModels(folder_ / "none.yaml", environment_);
  ASSERT_TRUE(without);
  EXPECT_TRUE(without->endpoints.empty());
  variables_["DEEPSEEK_API_KEY"] = "sk-5";
  const auto with = LoadModels(folder_ / "none.yaml", environment_);
  ASSERT_TRUE(with) << with.error().message;
  ASSERT_EQ(with->endpoints.size(), 1u);
  EXPECT_EQ(with->endpoints[0].key, "sk-5");
  EXPECT_EQ(with->endpoints[0].outbound, Outbound::kRedacted);
  // A file says what there is, even if it says nothing.
  const auto file = LoadModels(Write("models.yaml", "models: []\n"), environment_);
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->endpoints.empty());
  EXPECT_FALSE(LoadModels(Write("huge.yaml", std::string(kModelsFileBytesMax + 1, '#')), environment_));
}

TEST_F(ModelsFileTest, WhereTheFileLies) {
  variables_["HOME"] = "/h";
  EXPECT_EQ(ModelsPath(environment_), "/h/.config/deepcabin/models.yaml");
  variables_["DEEPCABIN_MODELS"] = "/x/m.yaml";
  EXPECT_EQ(ModelsPath(environment_), "/x/m.yaml");
}

TEST_F(ModelsFileTest, AddsALocalModelAndKeepsTheRest) {
  const auto gguf = Write("DeepSeek-R1-Distill-Qwen-1.5B-Q4_K_M.gguf", "GGUF....");
  const auto path = folder_ / "conf" / "models.yaml";
  variables_["DEEPSEEK_API_KEY"] = "sk-5";
  const auto first = AddLocalModel(path, gguf, environment_);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(*first, "deepseek-r1-distill-qwen-1-5b");
  auto models = LoadModels(path, environment_);
  ASSERT_TRUE(models) << models.error().message;
  ASSERT_EQ(models->endpoints.size(), 2u);  // what was built in is not lost
  EXPECT_EQ(models->locals.at(0).gguf, gguf);

  const std::string mine =
      "# my models\nmodels:\n    # the first\n    - {name: a, dialect: x, url: 'https://a', model: m}  # fine\nrouting: {tools: [a]}\n";
  const auto kept = Write("models.yaml", mine);
  ASSERT_TRUE(AddLocalModel(kept, gguf, environment_));
  const auto second = AddLocalModel(kept, gguf, environment_);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(*second, "deepseek-r1-distill-qwen-1-5b-2");
  const std::string text = ReadAll(kept);
  for (const char* line : {"# my models\n", "    # the first\n", "# fine\n", "routing: {tools: [a]}\n"}) EXPECT_THAT(text, HasSubstr(line));
  models = LoadModels(kept, environment_);
  ASSERT_TRUE(models) << models.error().message;
  EXPECT_EQ(models->endpoints.size(), 3u);
}

TEST_F(ModelsFileTest, AddsNothingThatIsNoModel) {
  const auto path = folder_ / "models.yaml";
  const auto none = AddLocalModel(path, folder_ / "none.gguf", environment_);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(AddLocalModel(path, Write("x.gguf", "PK\3\4"), environment_));
  EXPECT_FALSE(std::filesystem::exists(path));
  const auto gguf = Write("y.gguf", "GGUF");
  Write("models.yaml", "models: {broken\n");
  EXPECT_FALSE(AddLocalModel(path, gguf, environment_));
  EXPECT_EQ(ReadAll(path), "models: {broken\n");
}

}  // namespace
}  // namespace deepcabin::llm
