#pragma once
// Takes out of a text what must not leave, and puts it back into the answer: phone, identity, plate, vehicle and card numbers, e-mail
// addresses, and what a dictionary names (contacts, home, company). "打给13812345678" leaves as "打给⟦phone1⟧". Positions are made coarse
// (two decimals, about a kilometre) and stay so.
//
// It would rather hide too much: what is hidden comes back, so the price is only that the model does not see it. Digits count in any
// script, spoken too (一三八, one three eight), with whatever stands between them.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace deepcabin::llm {

// `kind`: lower-case Latin letters; it becomes the placeholder's word.
struct Secret {
  std::string kind, text;
};

inline constexpr std::size_t kSecretsMax = 20'000;

// What is known to be secret. Immutable, thread-safe.
class SecretDictionary {
 public:
  // Texts of fewer than two characters, and more than kSecretsMax texts, are left out. Of an address also its tail counts
  // ("世纪大道100号").
  explicit SecretDictionary(const std::vector<Secret>& secrets = {});

  struct Entry {
    std::u32string folded;
    std::string kind;
  };
  const std::vector<Entry>* StartingWith(char32_t c) const;

 private:
  void Add(std::string_view text, const std::string& kind);
  std::unordered_map<char32_t, std::vector<Entry>> by_first_;  // longest first
};

// The hidden things of one conversation. The same thing gets the same placeholder; numbers count up in order of appearance, so that a
// conversation that only grew is hidden alike.
class Redaction {
 public:
  explicit Redaction(const SecretDictionary& dictionary) : dictionary_(dictionary) {}

  // Ill-formed UTF-8, control and invisible characters do not come through.
  std::string Hide(std::string_view text);
  // Inside the strings (and long numbers) of JSON; text that is no JSON as text.
  std::string HideJson(std::string_view json);

  // Puts back every placeholder that was given out, also where it is written a little otherwise ("[Phone 1]", "【电话1】", "phone1").
  std::string Restore(std::string_view text) const;
  std::string RestoreJson(std::string_view json) const;

  // How many different things were hidden, by kind; coarse positions count as "position".
  const std::map<std::string, int>& counts() const { return counts_; }

  struct Match {
    enum class Kind : std::uint8_t { kNone, kPartial, kWhole } kind = Kind::kNone;
    std::size_t end = 0;                  // kWhole: one past it
    const std::string* secret = nullptr;  // kWhole
  };
  // Whether a placeholder begins at `position`, or may once more text has come.
  Match MatchAt(std::string_view text, std::size_t position) const;

 private:
  std::string Placeholder(const std::string& kind, const std::string& key, std::string_view text);

  const SecretDictionary& dictionary_;
  std::map<std::string, std::string> placeholders_;  // kind and folded text → placeholder
  std::map<std::string, std::string> secrets_;       // "phone1" → as it was written first
  std::map<std::string, int> counts_;
};

// Restores a text that comes in pieces; holds back what may be the beginning of a placeholder.
class RestoreStream {
 public:
  explicit RestoreStream(const Redaction& redaction) : redaction_(redaction) {}
  std::string Push(std::string_view piece);
  std::string Finish();

 private:
  std::string Drain(bool is_end);

  const Redaction& redaction_;
  std::string held_;
  char before_ = ' ';  // the last byte given out
};

}  // namespace deepcabin::llm
