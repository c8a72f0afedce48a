// `deepcabin phrasebook check | try TEXT | sample | compile`.

#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>
#include <set>

#include <fmt/format.h>

#include "cli/commands.h"
#include "understanding/resolve.h"
#include "understanding/sampler.h"

namespace deepcabin::cli {
namespace {

using understanding::Phrasebook;

int Try(const Catalogue& catalogue, const Phrasebook& book, const std::string& text) {
  const auto normalised = book.normaliser().Run(text);
  if (!normalised) return Complain(normalised.error());
  const auto reading = understanding::Match(book.grammar(), *normalised, {});
  constexpr std::string_view kKinds[] = {"phrase", "when", "duration", "then", "repair", "stop", "small word", "aside", "NOT KNOWN"};
  for (const auto& item : reading.items) {
    std::cout << fmt::format("  {:<11}「{}」", kKinds[static_cast<std::size_t>(item.kind)], normalised->Original(item.begin, item.end));
    if (item.kind == understanding::Item::Kind::kClause) {
      const auto& phrase = book.grammar().phrases()[item.clause.phrase];
      std::cout << fmt::format("  {}  \"{}\"  cost {:.2f}", phrase.source, phrase.text, item.clause.cost);
      if (item.clause.rival != kNoId) std::cout << "  collides with " << book.grammar().phrases()[item.clause.rival].source;
    }
    std::cout << "\n";
  }
  const auto understood = book.Understand(text, {});
  if (!understood) return Complain(understood.error());
  std::cout << DumpJson(FrameToJson(understood->frame, catalogue), 2) << "\n";
  return kOk;
}

OrderedJson SampleJson(const understanding::Sample& sample, const Catalogue& catalogue) {
  OrderedJson json = {{"text", sample.text}, {"lang", LanguageName(sample.language)}, {"speaker", ZoneName(sample.speaker)}};
  json["calls"] = OrderedJson::array();
  for (const Call& call : sample.calls) {
    OrderedJson c = CallToJson(call, catalogue);
    c.erase("interface");
    c.erase("interfaces");
    json["calls"].push_back(std::move(c));
  }
  if (!sample.need.empty()) json["need"] = sample.need;
  json["escalation"] = sample.escalation == Escalation::kNone ? OrderedJson(nullptr) : OrderedJson(EscalationName(sample.escalation));
  return json;
}

int WriteSamples(const Catalogue& catalogue, const Phrasebook& book, const PhrasebookOptions& options) {
  understanding::SampleOptions sample_options;
  if (!options.language.empty()) {
    if (options.language != "zh" && options.language != "en") return Complain(InvalidArgument("--lang is zh or en"));
    sample_options.language = options.language == "zh" ? Language::kChinese : Language::kEnglish;
  }
  if (options.mix != "even" && options.mix != "single") return Complain(InvalidArgument("--mix is even or single"));
  sample_options.several = options.mix == "even";
  understanding::Sampler sampler(book, sample_options, options.seed);
  std::ios::sync_with_stdio(false);
  for (std::uint64_t i = 0; i < options.count; ++i) std::cout << DumpJson(SampleJson(sampler.Next(), catalogue)) << '\n';
  return kOk;
}

// Runs every phrase backwards a few times and forwards again: what is written must be recognised as what was meant.
class Check {
 public:
  Check(const Catalogue& catalogue, const Phrasebook& book) : catalogue_(catalogue), book_(book) {}

  int Run() {
    understanding::Sampler sampler(book_, {}, 1);
    const auto& phrases = book_.grammar().phrases();
    for (std::uint32_t i = 0; i < phrases.size(); ++i) {
      if (phrases[i].kind == understanding::PhraseKind::kDialogue) continue;
      bool reached = false;
      for (int n = 0; n < kSamplesPerPhrase; ++n) {
        const auto sample = sampler.Of(i);
        if (!sample) break;
        ++sampled_;
        reached = Recognised(*sample) || reached;
      }
      if (!reached) unreached_.push_back(fmt::format("{}  \"{}\"", phrases[i].source, phrases[i].text));
    }
    Print();
    return kOk;
  }

 private:
  static constexpr int kSamplesPerPhrase = 4;

  static std::string Key(const std::vector<Call>& calls, const Catalogue& catalogue) {
    std::string key;
    for (const Call& call : calls) key += fmt::format("{} {};", catalogue.capability(call.capability).name, OpName(call.op));
    return key;
  }

  bool Recognised(const understanding::Sample& sample) {
    understanding::Context context;
    context.speaker = sample.speaker;
    const auto understood = book_.Understand(sample.text, context);
    if (!understood) return false;
    const bool whole = understood->frame.route == "phrasebook";
    if (sample.calls.empty()) {
      ++(whole ? right_ : missed_);
      return whole;
    }
    const std::string meant = Key(sample.calls, catalogue_);
    const std::string got = Key(understood->frame.calls, catalogue_);
    if (whole && meant == got) {
      ++right_;
      return true;
    }
    ++missed_;
    if (whole) {
      auto& example = collisions_[fmt::format("{}  read as  {}", meant, got)];
      if (example.empty()) example = fmt::format("「{}」 ({})", sample.text, book_.grammar().phrases()[sample.phrase].source);
    }
    return false;
  }

  void Print() const {
    for (const auto& [what, example] : collisions_) std::cout << fmt::format("collision  {}  {}\n", what, example);
    for (const std::string& phrase : unreached_) std::cout << fmt::format("unreached  {}\n", phrase);
    std::cout << fmt::format(
        "{} phrases, {} samples: {:.1f} % recognised as meant, {} kinds of collision, {} phrases that nothing reached\n",
        book_.grammar().phrases().size(), sampled_, sampled_ == 0 ? 0 : 100.0 * right_ / sampled_, collisions_.size(), unreached_.size());
  }

  const Catalogue& catalogue_;
  const Phrasebook& book_;
  int sampled_ = 0, right_ = 0, missed_ = 0;
  std::map<std::string, std::string> collisions_;
  std::vector<std::string> unreached_;
};

// Written beside and moved into place, so that a program that starts meanwhile sees the old one or the new one whole.
int CompileTo(const std::filesystem::path& home, const Catalogue& catalogue, const std::filesystem::path& file) {
  const auto bytes = Phrasebook::Compile(home / "phrasebook", catalogue);
  if (!bytes) return Complain(bytes.error());
  const std::filesystem::path fresh = file.string() + ".new";
  {
    std::ofstream out(fresh, std::ios::binary);
    out << *bytes;
    if (!out.flush()) return Complain(Unavailable(fmt::format("cannot write {}", fresh.string())));
  }
  std::error_code error;
  std::filesystem::rename(fresh, file, error);
  return error ? Complain(Unavailable(fmt::format("cannot write {}: {}", file.string(), error.message()))) : kOk;
}

}  // namespace

int PhrasebookCommand(const std::filesystem::path& home, const PhrasebookOptions& options) {
  const auto catalogue = Catalogue::Load(home / "catalogue");
  if (!catalogue) return Complain(catalogue.error());
  if (options.command == "compile") return CompileTo(home, *catalogue, options.output);
  const auto book = Phrasebook::Load(home / "phrasebook", *catalogue);
  if (!book) return Complain(book.error());
  if (options.command == "try") return Try(*catalogue, *book, options.text);
  if (options.command == "sample") return WriteSamples(*catalogue, *book, options);
  return Check(*catalogue, *book).Run();
}

}  // namespace deepcabin::cli
