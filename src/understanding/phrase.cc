#include "understanding/phrase.h"

#include <array>
#include <optional>

#include <fmt/format.h>

namespace deepcabin::understanding {
namespace {

constexpr int kDepthMax = 8;

constexpr std::array<std::pair<std::string_view, Slot>, 9> kSlots{{{"things", Slot::kThings},
                                                                   {"zone", Slot::kZone},
                                                                   {"value", Slot::kValue},
                                                                   {"word", Slot::kWord},
                                                                   {"duration", Slot::kDuration},
                                                                   {"text", Slot::kText},
                                                                   {"to", Slot::kTo},
                                                                   {"when", Slot::kWhen},
                                                                   {"any", Slot::kAny}}};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Part> Run() {
    DC_ASSIGN_OR_RETURN(Part whole, Alternatives(0));
    if (at_ < text_.size()) return Wrong(fmt::format("`{}` closes nothing", text_[at_]));
    if (whole.kind == Part::Kind::kSequence && whole.parts.empty()) return Wrong("it is empty");
    return whole;
  }

 private:
  Error Wrong(std::string_view why) const { return InvalidArgument(fmt::format("phrase \"{}\": {}", text_, why)); }

  Result<Part> Alternatives(int depth) {
    if (depth > kDepthMax) return Wrong("nested too deeply");
    std::vector<Part> options;
    while (true) {
      DC_ASSIGN_OR_RETURN(Part sequence, Sequence(depth));
      const bool is_last = at_ >= text_.size() || text_[at_] != '|';
      if (sequence.parts.empty() && (!options.empty() || !is_last)) return Wrong("an alternative is empty");
      options.push_back(std::move(sequence));
      if (is_last) break;
      ++at_;
    }
    if (options.size() == 1) return std::move(options.front());
    return Part{Part::Kind::kChoice, {}, {}, std::move(options)};
  }

  Result<Part> Sequence(int depth) {
    Part sequence;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == ' ') {
        ++at_;
      } else if (c == '|' || c == ')' || c == ']') {
        break;
      } else if (c == '(' || c == '[') {
        DC_ASSIGN_OR_RETURN(Part group, Group(c, depth));
        sequence.parts.push_back(std::move(group));
      } else {
        DC_ASSIGN_OR_RETURN(Part atom, Atom());
        sequence.parts.push_back(std::move(atom));
      }
    }
    return sequence;
  }

  Result<Part> Group(char open, int depth) {
    ++at_;
    DC_ASSIGN_OR_RETURN(Part inner, Alternatives(depth + 1));
    const char close = open == '(' ? ')' : ']';
    if (at_ >= text_.size() || text_[at_] != close) return Wrong(fmt::format("`{}` is not closed", open));
    ++at_;
    if (open == '(') return inner;
    if (inner.kind != Part::Kind::kChoice) inner = Part{Part::Kind::kChoice, {}, {}, {std::move(inner)}};
    inner.parts.push_back(Part{});  // nothing
    return inner;
  }

  Result<Part> Atom() {
    const std::size_t begin = at_;
    if (text_[at_] == '<') {
      const std::size_t end = text_.find('>', at_);
      if (end == std::string_view::npos) return Wrong("`<` is not closed");
      at_ = end + 1;
      return Part{Part::Kind::kList, std::string(text_.substr(begin + 1, end - begin - 1)), {}, {}};
    }
    while (at_ < text_.size() && std::string_view(" |()[]<").find(text_[at_]) == std::string_view::npos) ++at_;
    const std::string_view word = text_.substr(begin, at_ - begin);
    if (word.front() != '@') return Part{Part::Kind::kLiteral, std::string(word), {}, {}};
    for (const auto& [name, slot] : kSlots) {
      if (word.substr(1) == name) return Part{Part::Kind::kSlot, {}, slot, {}};
    }
    return Wrong(fmt::format("unknown slot {}", word));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

using Sequences = std::vector<std::vector<const Part*>>;

// Appends every expansion of `part` to every sequence in `heads`. False past the limit.
bool Expand(const Part& part, std::size_t limit, Sequences& heads) {
  switch (part.kind) {
    case Part::Kind::kSequence:
      for (const Part& inner : part.parts) {
        if (!Expand(inner, limit, heads)) return false;
      }
      return true;
    case Part::Kind::kChoice: {
      Sequences all;
      for (const Part& option : part.parts) {
        Sequences branch = heads;
        if (!Expand(option, limit, branch)) return false;
        all.insert(all.end(), branch.begin(), branch.end());
        if (all.size() > limit) return false;
      }
      heads = std::move(all);
      return true;
    }
    default:
      for (auto& sequence : heads) sequence.push_back(&part);
      return true;
  }
}

}  // namespace

Result<Part> ParsePhrase(std::string_view text) { return Parser(text).Run(); }

Result<Sequences> ExpandPhrase(const Part& phrase, std::size_t limit) {
  Sequences sequences{{}};
  if (!Expand(phrase, limit, sequences)) return ResourceExhausted(fmt::format("a phrase stands for more than {} sequences", limit));
  return sequences;
}

}  // namespace deepcabin::understanding
