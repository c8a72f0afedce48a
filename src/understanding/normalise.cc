#include "understanding/normalise.h"

#include <unordered_map>

#include <fmt/format.h>
#include <opencc.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include "base/text.h"

namespace deepcabin::understanding {

// Character to character: phrase-level differences between the scripts do not matter for recognising commands, and a table built once
// keeps positions aligned and costs nothing per utterance.
struct Normaliser::Tables {
  const icu::Normalizer2* nfkc = nullptr;
  std::unordered_map<char32_t, char32_t> simplified;
};

namespace {

constexpr char32_t kHanFirst = 0x4E00;
constexpr char32_t kHanLast = 0x9FFF;

char32_t PunctuationOf(char32_t c) {
  switch (c) {
    case U'，':
    case U'、':
    case U';':
    case U'；':
    case U':':
    case U'：': return U',';
    case U'。':
    case U'！':
    case U'!':
    case U'…':
    case U'\n': return U'.';
    case U'？': return U'?';
    case U'“':
    case U'”':
    case U'"':
    case U'「':
    case U'」':
    case U'《':
    case U'》':
    case U'(':
    case U')':
    case U'~': return U' ';
    case U'’':
    case U'‘':
    case U'`': return U'\'';
    case U'℃': return U'度';
    case U'檔': return U'档';
    case U'挡': return U'档';  // both are written for the steps of a switch
    case U'妳': return U'你';
    case U'您': return U'你';
    default: return c;
  }
}

bool IsDropped(char32_t c) {
  const auto type = u_charType(static_cast<UChar32>(c));
  return type == U_CONTROL_CHAR || type == U_FORMAT_CHAR || type == U_PRIVATE_USE_CHAR || type == U_UNASSIGNED;
}

// Appends code points, collapsing spaces and dropping those next to Han characters or punctuation.
class Builder {
 public:
  explicit Builder(Normalised& out) : out_(out) {}
  void Add(char32_t c, std::uint32_t offset) {
    if (c == U' ' || c == U'\t' || c == U'\r') {
      pending_space_ = !out_.text.empty();
      space_offset_ = offset;
      return;
    }
    if (pending_space_ && NeedsSpace(out_.text.back(), c)) Push(U' ', space_offset_);
    pending_space_ = false;
    Push(c, offset);
  }

 private:
  static bool NeedsSpace(char32_t before, char32_t after) {
    const auto joins = [](char32_t c) { return IsHan(c) || c == U',' || c == U'.' || c == U'?'; };
    return !joins(before) && !joins(after);
  }
  void Push(char32_t c, std::uint32_t offset) {
    out_.text.push_back(c);
    out_.offsets.push_back(offset);
  }
  Normalised& out_;
  bool pending_space_ = false;
  std::uint32_t space_offset_ = 0;
};

Language GuessLanguage(std::u32string_view text) {
  std::size_t han = 0;
  std::size_t latin_words = 0;
  bool in_word = false;
  for (const char32_t c : text) {
    if (IsHan(c)) ++han;
    const bool is_letter = c >= U'a' && c <= U'z';
    if (is_letter && !in_word) ++latin_words;
    in_word = is_letter;
  }
  return han >= latin_words && han > 0 ? Language::kChinese : (latin_words > 0 ? Language::kEnglish : Language::kChinese);
}

}  // namespace

std::string Normalised::Original(std::size_t begin, std::size_t end) const {
  const std::size_t from = begin < offsets.size() ? offsets[begin] : original.size();
  const std::size_t to = end < offsets.size() ? offsets[end] : original.size();
  return std::string(Trim(std::string_view(original).substr(from, to - from)));
}

Result<Normaliser> Normaliser::Create() {
  auto tables = std::make_shared<Tables>();
  UErrorCode status = U_ZERO_ERROR;
  tables->nfkc = icu::Normalizer2::getNFKCInstance(status);
  if (U_FAILURE(status)) return Unavailable("ICU's normalisation data is missing");
  try {
    const opencc::SimpleConverter converter("t2s.json");
    std::string all;
    for (char32_t c = kHanFirst; c <= kHanLast; ++c) {
      AppendUtf8(c, all);
      all.push_back('\n');  // keeps each character a phrase of its own
    }
    const std::u32string converted = DecodeUtf8(converter.Convert(all));
    std::size_t at = 0;
    for (char32_t c = kHanFirst; c <= kHanLast && at < converted.size(); ++c) {
      if (converted[at] != c) tables->simplified.emplace(c, converted[at]);
      while (at < converted.size() && converted[at] != U'\n') ++at;
      ++at;
    }
  } catch (const std::exception& e) {
    return Unavailable(fmt::format("OpenCC's t2s dictionary is missing: {}", e.what()));
  }
  Normaliser normaliser;
  normaliser.tables_ = std::move(tables);
  return normaliser;
}

Result<Normalised> Normaliser::Run(std::string_view utf8) const {
  if (!IsValidUtf8(utf8)) return InvalidArgument("the text is not UTF-8");
  Normalised out;
  out.original = std::string(utf8);
  Builder builder(out);
  std::uint32_t offset = 0;
  for (const char32_t c : DecodeUtf8(utf8)) {
    const std::uint32_t here = offset;
    offset += c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    if (c < 0x80) {
      builder.Add(PunctuationOf(c >= U'A' && c <= U'Z' ? c + 32 : c), here);
      continue;
    }
    if (IsDropped(c)) continue;
    if (c >= kHanFirst && c <= kHanLast) {
      const auto it = tables_->simplified.find(c);
      builder.Add(PunctuationOf(it == tables_->simplified.end() ? c : it->second), here);
      continue;
    }
    const char32_t mapped = PunctuationOf(c);
    if (mapped != c) {
      builder.Add(mapped, here);
      continue;
    }
    UErrorCode status = U_ZERO_ERROR;
    const icu::UnicodeString composed = tables_->nfkc->normalize(icu::UnicodeString(static_cast<UChar32>(c)), status);
    for (int32_t i = 0; U_SUCCESS(status) && i < composed.length(); i = composed.moveIndex32(i, 1)) {
      builder.Add(PunctuationOf(static_cast<char32_t>(u_tolower(composed.char32At(i)))), here);
    }
  }
  out.language = GuessLanguage(out.text);
  return out;
}

}  // namespace deepcabin::understanding
