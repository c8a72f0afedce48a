// The phrasebook run backwards: what is sampled is read as it was meant, the same seed gives the same lines, nothing copied is damaged.

#include <gtest/gtest.h>

#include "base/text.h"
#include "understanding/frame_json.h"
#include "understanding/sampler.h"

namespace deepcabin::understanding {
namespace {

class Sampling : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto catalogue = Catalogue::Load(DEEPCABIN_SOURCE_DIR "/catalogue");
    ASSERT_TRUE(catalogue) << catalogue.error().message;
    catalogue_ = new Catalogue(std::move(*catalogue));
    auto book = Phrasebook::Load(DEEPCABIN_SOURCE_DIR "/phrasebook", *catalogue_);
    ASSERT_TRUE(book) << book.error().message;
    book_ = new Phrasebook(std::move(*book));
    auto fillers = Fillers::Load(DEEPCABIN_SOURCE_DIR "/phrasebook/fillers", *catalogue_);
    ASSERT_TRUE(fillers) << fillers.error().message;
    fillers_ = new Fillers(std::move(*fillers));
  }
  static void TearDownTestSuite() {
    delete fillers_;
    delete book_;
    delete catalogue_;
  }

  static SampleOptions Options(bool several, bool noise) {
    SampleOptions options;
    options.several = several;
    options.noise = noise;
    options.fillers = fillers_;
    return options;
  }

  static std::string Line(const Sample& sample) {
    std::string line;
    AppendSampleJson(sample, *catalogue_, line);
    return line;
  }

  static Understood Read(const Sample& sample) {
    Context context;
    context.speaker = sample.speaker;
    context.last_calls = sample.before;
    context.state = [&](SignalId id) -> std::optional<Value> {
      for (const auto& [signal, value] : sample.state) {
        if (signal == id) return value;
      }
      return std::nullopt;
    };
    auto understood = book_->Understand(sample.text, context);
    return understood ? std::move(*understood) : Understood{};
  }

  static std::string Calls(std::span<const Call> calls) {
    std::string out;
    AppendCallsJson(calls, *catalogue_, out);
    return out;
  }

  static std::string CapabilitiesAndOps(std::span<const Call> calls) {
    std::string out;
    for (const Call& call : calls) out += catalogue_->capability(call.capability).name + " " + std::string(OpName(call.op)) + ";";
    return out;
  }

  static Catalogue* catalogue_;
  static Phrasebook* book_;
  static Fillers* fillers_;
};
Catalogue* Sampling::catalogue_ = nullptr;
Phrasebook* Sampling::book_ = nullptr;
Fillers* Sampling::fillers_ = nullptr;

TEST_F(Sampling, SingleCommandsAreReadAsMeant) {
  constexpr int kSeeds = 8;
  constexpr int kOfEach = 600;
  int all = 0, same = 0, exact = 0;
  std::string missed;
  for (int seed = 1; seed <= kSeeds; ++seed) {
    Sampler sampler(*book_, Options(false, false), static_cast<std::uint64_t>(seed));
    for (int i = 0; i < kOfEach; ++i) {
      const Sample sample = sampler.Next();
      if (!sample.need.empty() || sample.escalation != Escalation::kNone) continue;
      const Understood understood = Read(sample);
      ++all;
      exact += Calls(understood.frame.calls) == Calls(sample.calls) ? 1 : 0;
      if (CapabilitiesAndOps(understood.frame.calls) == CapabilitiesAndOps(sample.calls)) ++same;
      else missed += "\n" + sample.text + "  " + Calls(sample.calls) + "  read as  " + Calls(understood.frame.calls);
    }
  }
  EXPECT_GE(same * 100, all * 99) << same << " of " << all << missed;
  EXPECT_GE(exact * 100, all * 97) << exact << " of " << all;
}

TEST_F(Sampling, TheSameSeedGivesTheSameBytes) {
  Sampler a(*book_, Options(true, true), 42);
  Sampler b(*book_, Options(true, true), 42);
  Sampler other(*book_, Options(true, true), 43);
  int differ = 0;
  for (int i = 0; i < 3000; ++i) {
    const std::string line = Line(a.Next());
    ASSERT_EQ(line, Line(b.Next()));
    differ += line == Line(other.Next()) ? 0 : 1;
  }
  EXPECT_GT(differ, 2900);
}

// One form of a call for everybody: what is written directly is what CallToJson makes, without what follows from it.
TEST_F(Sampling, FramesAreWrittenAsEverywhereElse) {
  Sampler sampler(*book_, Options(true, true), 5);
  int with_when = 0, with_text = 0;
  for (int i = 0; i < 6000; ++i) {
    const Sample sample = sampler.Next();
    for (const Call& call : sample.calls) {
      OrderedJson json = CallToJson(call, *catalogue_);
      json.erase("interface");
      json.erase("interfaces");
      std::string written;
      AppendCallJson(call, *catalogue_, written);
      ASSERT_EQ(written, DumpJson(json));
      with_when += call.when ? 1 : 0;
      with_text += call.text.empty() ? 0 : 1;
      const auto parsed = ParseJson(written);
      ASSERT_TRUE(parsed);
      const auto back = CallFromJson(*parsed, *catalogue_);
      EXPECT_TRUE(back) << back.error().message;
    }
    ASSERT_TRUE(ParseJson(Line(sample))) << sample.text;
  }
  EXPECT_GT(with_when, 50);
  EXPECT_GT(with_text, 50);
}

TEST_F(Sampling, WhatTheFrameCopiesStandsInTheText) {
  Sampler sampler(*book_, Options(true, true), 11);
  int damaged = 0;
  for (int i = 0; i < 20'000; ++i) {
    const Sample sample = sampler.Next();
    ASSERT_TRUE(IsValidUtf8(sample.text));
    if (sample.spans.empty()) continue;
    damaged += sample.noisy ? 1 : 0;
    std::string copied;
    for (const TextSpan& span : sample.spans) {
      ASSERT_LE(span.begin, span.end);
      ASSERT_LE(span.end, sample.text.size());
      copied += sample.text.substr(span.begin, span.end - span.begin) + "\n";
    }
    for (const Call& call : sample.calls) {
      const bool is_fixed = copied.find(call.text) == std::string::npos && book_->grammar().phrases()[sample.phrase].unit.empty() &&
                            !std::holds_alternative<std::monostate>(book_->grammar().phrases()[sample.phrase].value);
      if (!is_fixed && sample.before.empty() && sample.need.empty() && sample.calls.size() == 1) {
        EXPECT_NE(copied.find(call.text), std::string::npos) << sample.text << "  " << call.text;
      }
    }
  }
  EXPECT_GT(damaged, 100);
}

TEST_F(Sampling, EveryNamedCapabilityOccursAndTheMixHolds) {
  Sampler sampler(*book_, Options(true, true), 3);
  constexpr int kCount = 200'000;
  std::vector<int> counts(catalogue_->capabilities().size());
  int needs = 0, talk = 0, dialogue = 0, several = 0, noisy = 0, acting_needs = 0;
  for (int i = 0; i < kCount; ++i) {
    const Sample sample = sampler.Next();
    for (const Call& call : sample.calls) ++counts[call.capability];
    needs += sample.need.empty() ? 0 : 1;
    acting_needs += sample.need.empty() || sample.calls.empty() ? 0 : 1;
    talk += sample.escalation != Escalation::kNone ? 1 : 0;
    dialogue += sample.before.empty() ? 0 : 1;
    several += sample.calls.size() > 1 ? 1 : 0;
    noisy += sample.noisy ? 1 : 0;
  }
  std::string missing;
  for (const Capability& c : catalogue_->capabilities()) {
    if (counts[c.id] == 0 && !(c.names_zh.empty() && c.names_en.empty())) missing += " " + c.name;
  }
  EXPECT_EQ(missing, "");
  for (const int part : {needs, talk, dialogue, several, noisy}) EXPECT_GT(part, kCount / 20);
  EXPECT_GT(acting_needs * 2, needs);
}

TEST_F(Sampling, NeedsAreReadAsMeantInTheirState) {
  Sampler sampler(*book_, Options(false, false), 21);
  int all = 0, same = 0;
  std::string missed;
  for (int i = 0; i < 6000; ++i) {
    const Sample sample = sampler.Next();
    if (sample.need.empty()) continue;
    ++all;
    const Understood understood = Read(sample);
    const bool is_same = CapabilitiesAndOps(understood.frame.calls) == CapabilitiesAndOps(sample.calls);
    same += is_same ? 1 : 0;
    if (!is_same) missed += "\n" + sample.text + "  " + Line(sample);
  }
  EXPECT_GT(all, 500);
  EXPECT_GE(same * 100, all * 95) << same << " of " << all << missed;
}

TEST_F(Sampling, BrokenFillersAreRefusedWithTheirPlace) {
  const std::string slots = "otherwise: {text: [song], to: [song]}\nslots:\n  media.music: {text: [song]}\n";
  const std::string words = "fillers:\n  song: [Yesterday, Hello]\n";
  const auto refusal = [&](const std::string& zh, const std::string& table) {
    const auto fillers = Fillers::Parse({{"zh.yaml", zh}, {"en.yaml", words}, {"slots.yaml", table}}, *catalogue_);
    return fillers ? std::string("taken") : fillers.error().message;
  };
  EXPECT_EQ(refusal(words, slots), "taken");
  EXPECT_EQ(refusal("fillers:\n  song: [a,\n    a]\n", slots), "fillers/zh.yaml:3: `a` stands twice among `song`");
  EXPECT_EQ(refusal("fillers:\n  song: []\n", slots), "fillers/zh.yaml:2: no fillers for `song`");
  EXPECT_EQ(refusal(words, slots + "  media.musik: {text: [song]}\n"),
            "fillers/slots.yaml:4: capability `media.musik` is not in the catalogue");
  EXPECT_EQ(refusal(words, slots + "  navi.route: {text: [sogn]}\n"), "fillers/slots.yaml:4: there are no fillers `sogn`");
}

}  // namespace
}  // namespace deepcabin::understanding
