#include "cli/phrasebook_check.h"

#include <iostream>
#include <map>

#include <fmt/format.h>

#include "cli/commands.h"
#include "understanding/sampler.h"

namespace deepcabin::cli {
namespace {

using understanding::Phrase;
using understanding::Phrasebook;
using understanding::PhraseKind;
using understanding::Sample;

class Check {
 public:
  Check(const Phrasebook& book, const understanding::Fillers& fillers)
      : book_(book), catalogue_(book.grammar().catalogue()), fillers_(fillers) {}

  int Run() {
    understanding::SampleOptions options;
    options.fillers = &fillers_;
    options.noise = false;
    understanding::Sampler sampler(book_, options, 1);
    const auto& phrases = book_.grammar().phrases();
    for (std::uint32_t i = 0; i < phrases.size(); ++i) {
      if (phrases[i].kind != PhraseKind::kDialogue) Try(i, sampler);
    }
    Print();
    return unreached_.empty() ? kOk : kBadInput;
  }

 private:
  static constexpr int kSamplesPerPhrase = 4;
  static constexpr int kSamplesMax = 40;  // of a phrase that nothing has reached yet

  void Try(std::uint32_t index, understanding::Sampler& sampler) {
    bool reached = false;
    std::string example;
    for (int n = 0; n < kSamplesPerPhrase || (!reached && n < kSamplesMax); ++n) {
      const auto sample = sampler.Of(index);
      if (!sample) continue;
      const bool counts = n < kSamplesPerPhrase;
      const bool recognised = Recognised(*sample, counts);
      if (counts) ++(recognised ? right_ : missed_);
      reached = reached || recognised;
      if (example.empty()) example = sample->text;
    }
    if (reached) return;
    const Phrase& phrase = book_.grammar().phrases()[index];
    const std::string reason =
        example.empty() ? "cannot be written: no capability fits it" : fmt::format("「{}」 is read as something else", example);
    unreached_.push_back(fmt::format("{}: \"{}\": {}", phrase.source, phrase.text, reason));
  }

  std::string Key(const std::vector<Call>& calls) const {
    std::string key;
    for (const Call& call : calls) key += fmt::format("{} {};", catalogue_.capability(call.capability).name, OpName(call.op));
    return key;
  }

  bool Recognised(const Sample& sample, bool counts) {
    understanding::Context context;
    context.speaker = sample.speaker;
    context.state = [&](SignalId id) -> std::optional<Value> {
      for (const auto& [signal, value] : sample.state) {
        if (signal == id) return value;
      }
      return std::nullopt;
    };
    const auto understood = book_.Understand(sample.text, context);
    if (!understood) return false;
    const bool whole = understood->frame.route == "phrasebook";
    if (!whole) return false;
    const std::string meant = Key(sample.calls);
    const std::string got = Key(understood->frame.calls);
    if (meant == got) return true;
    if (!counts) return false;
    auto& example = collisions_[fmt::format("{}  read as  {}", meant, got)];
    if (example.empty()) example = fmt::format("「{}」 ({})", sample.text, book_.grammar().phrases()[sample.phrase].source);
    return false;
  }

  void Print() const {
    for (const auto& [what, example] : collisions_) std::cout << fmt::format("collision  {}  {}\n", what, example);
    for (const std::string& phrase : unreached_) std::cout << fmt::format("unreached  {}\n", phrase);
    const int all = right_ + missed_;
    std::cout << fmt::format(
        "{} phrases, {} samples: {:.1f} % recognised as meant, {} kinds of collision, {} phrases that nothing reached\n",
        book_.grammar().phrases().size(), all, all == 0 ? 0 : 100.0 * right_ / all, collisions_.size(), unreached_.size());
  }

  const Phrasebook& book_;
  const Catalogue& catalogue_;
  const understanding::Fillers& fillers_;
  int right_ = 0, missed_ = 0;
  std::map<std::string, std::string> collisions_;
  std::vector<std::string> unreached_;
};

}  // namespace

int CheckPhrasebook(const Phrasebook& book, const understanding::Fillers& fillers) { return Check(book, fillers).Run(); }

}  // namespace deepcabin::cli
