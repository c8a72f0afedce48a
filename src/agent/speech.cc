#include "agent/speech.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "base/text.h"

namespace deepcabin::agent {
namespace {

constexpr std::array<std::string_view, 6> kForYou{"为您", "为你", "帮您", "帮你", "给您", "给你"};
constexpr std::array<std::string_view, 4> kAlready{"已", "我把", "我将", "正在"};
constexpr std::array<std::string_view, 47> kVerbs{
    "打开",   "关闭", "关上", "关掉", "开启", "开好", "关好", "调到", "调高", "调低", "调整", "调好", "调成", "调大", "调小", "调暗",
    "调亮",   "设为", "设置", "设成", "设好", "设定", "切换", "切到", "升起", "升高", "降下", "降低", "锁上", "锁好", "解锁", "播放",
    "导航到", "拨打", "拨通", "发送", "发给", "开到", "关了", "开了", "启动", "停止", "弄好", "搞定", "记下", "订好", "定好"};
// Said of what is not done, or asked.
constexpr std::array<std::string_view, 16> kNotDone{"可以", "能够", "不能", "能不能", "吗",   "需要", "要不要", "如果",
                                                    "的话", "无法", "没",   "未",     "失败", "请您", "是不是", "要是"};
constexpr std::array<std::string_view, 13> kEnglishDone{"i've ",   "i have ",  "i just ",   "has been ", "have been ",
                                                        "is now ", "are now ", "it's now ", "i'm ",      "i am now ",
                                                        "now ",    "we've ",   "i "};
constexpr std::array<std::string_view, 32> kEnglishVerbs{
    "opened",  "closed",   "turned",   "switched",  "set ",      "adjusted", "started", "stopped", "locked",  "unlocked", "activated",
    "enabled", "disabled", "raised",   "lowered",   "playing",   "dimmed",   "sent",    "called",  "opening", "closing",  "turning",
    "setting", "folded",   "unfolded", "increased", "decreased", "warmed",   "cooled",  "muted",   "booked",  "scheduled"};
constexpr std::array<std::string_view, 12> kEnglishNotDone{"can ", "could ",  "would ", "should ", " if ", "not ",
                                                           "n't ", "want me", "shall ", "need ",   "i'd ", "let me know"};

template <typename Words>
std::size_t FindAny(std::string_view text, const Words& words, std::size_t from = 0) {
  std::size_t best = std::string_view::npos;
  for (const std::string_view word : words) best = std::min(best, text.find(word, from));
  return best;
}

// Within about a dozen characters after a mark of doing stands what was done.
bool ClaimsInChinese(std::string_view clause, bool strict) {
  constexpr std::size_t kReach = 48;
  if (FindAny(clause, kNotDone) != std::string_view::npos) return false;
  for (std::size_t at = FindAny(clause, kForYou); at != std::string_view::npos; at = FindAny(clause, kForYou, at + 1)) {
    if (FindAny(clause.substr(at, kReach), kVerbs) != std::string_view::npos) return true;
  }
  if (strict) return false;
  if (const std::size_t at = FindAny(clause, kAlready); at != std::string_view::npos) {
    if (FindAny(clause.substr(at, kReach), kVerbs) != std::string_view::npos) return true;
  }
  const std::size_t verb = FindAny(clause, kVerbs);
  return verb != std::string_view::npos && (clause.ends_with("了") || clause.ends_with("好了"));
}

bool ClaimsInEnglish(std::string_view clause, bool strict) {
  constexpr std::size_t kReach = 28;
  const std::string text = " " + ToLowerAscii(clause) + " ";
  if (FindAny(text, kEnglishNotDone) != std::string::npos) return false;
  const std::string_view view = text;
  for (std::size_t i = 0; i < kEnglishDone.size(); ++i) {
    if (strict && i > 2) break;
    const std::string mark = " " + std::string(kEnglishDone[i]);
    for (std::size_t at = view.find(mark); at != std::string_view::npos; at = view.find(mark, at + 1)) {
      if (FindAny(view.substr(at + mark.size(), kReach), kEnglishVerbs) != std::string_view::npos) return true;
    }
  }
  if (strict) return false;
  const std::string_view trimmed = Trim(view);
  return trimmed == "done" || trimmed.starts_with("all set") || trimmed.starts_with("consider it done");
}

// Where the first sentence in `text` ends, or npos. A point inside a number or a name ends nothing.
std::size_t SentenceEnd(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') return i + 1;
    if ((text[i] == '.' || text[i] == '!' || text[i] == '?') && i + 1 < text.size() && text[i + 1] == ' ') return i + 2;
    for (const std::string_view mark : {"。", "！", "？", "；"}) {
      if (text.substr(i).starts_with(mark)) return i + mark.size();
    }
  }
  return std::string_view::npos;
}

// The longest part that fits and ends where a clause ends; without any, the longest that fits.
std::string FittingPart(std::string_view sentence, std::size_t room) {
  std::size_t clause = 0;
  std::size_t fits = 0;
  for (std::size_t i = 0; i <= sentence.size(); ++i) {
    const bool is_boundary = i == sentence.size() || (static_cast<unsigned char>(sentence[i]) & 0xC0) != 0x80;
    if (!is_boundary) continue;
    if (SpokenLength(sentence.substr(0, i)) > room) break;
    fits = i;
    for (const std::string_view mark : {"，", "、", ", "}) {
      if (sentence.substr(i).starts_with(mark)) clause = i;
    }
  }
  return std::string(sentence.substr(0, clause > 0 ? clause : fits)) + "…";
}

}  // namespace

bool ClaimsAction(std::string_view sentence, Language language, bool strict) {
  std::string clauses = ReplaceAll(ReplaceAll(std::string(sentence), "，", ","), "；", ",");
  for (const std::string_view mark : {"。", "！", "？", "!", "?", "~", "～", ".", ":", "：", "呢", "哦"}) {
    clauses = ReplaceAll(std::move(clauses), mark, mark == "？" || mark == "?" ? "吗" : "");
  }
  clauses = ReplaceAll(std::move(clauses), "啦", "了");
  for (const std::string_view clause : Split(clauses, ',')) {
    const bool claims = ClaimsInChinese(Trim(clause), strict) ||
                        (clause.find("吗") == std::string_view::npos && ClaimsInEnglish(clause, strict && language == Language::kEnglish));
    if (claims) return true;
  }
  return false;
}

std::string WithoutMarkdown(std::string_view line) {
  std::string_view text = Trim(line);
  while (!text.empty() && (text.front() == '#' || text.front() == '>' || text.front() == '|')) text = Trim(text.substr(1));
  if (text.starts_with("- ") || text.starts_with("* ") || text.starts_with("+ ")) text = Trim(text.substr(2));
  if (text.starts_with("---") || text.starts_with("***") || text.starts_with("===")) return {};
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '*' || c == '`' || c == '|' || (c == '_' && i + 1 < text.size() && text[i + 1] == '_')) continue;
    if (c == '_' && i > 0 && text[i - 1] == '_') continue;
    if (c == '!' && i + 1 < text.size() && text[i + 1] == '[') continue;
    if (c == '[' || c == ']') {  // a link keeps its words, not its address
      const std::size_t close = c == ']' && i + 1 < text.size() && text[i + 1] == '(' ? text.find(')', i) : std::string_view::npos;
      if (close != std::string_view::npos) i = close;
      continue;
    }
    out.push_back(c);
  }
  return std::string(Trim(out));
}

std::size_t SpokenLength(std::string_view text) {
  std::size_t length = 0;
  bool in_word = false;
  for (const char32_t c : DecodeUtf8(text)) {
    const bool is_latin = c < 0x80 && (std::isalnum(static_cast<int>(c)) != 0);
    if (IsHan(c)) ++length;
    else if (is_latin && !in_word) length += 2;
    in_word = is_latin;
  }
  return length;
}

void Speech::Push(std::string_view piece) {
  if (written_.size() + piece.size() > kWrittenBytesMax) {
    cut_ = true;
    return;
  }
  written_ += piece;
  pending_ += piece;
  for (std::size_t end = SentenceEnd(pending_); end != std::string::npos; end = SentenceEnd(pending_)) {
    Sentence(std::string_view(pending_).substr(0, end));
    pending_.erase(0, end);
  }
}

void Speech::Finish() {
  Sentence(pending_);
  pending_.clear();
}

void Speech::Reset() {
  written_.clear();
  pending_.clear();
  said_.clear();
  length_ = 0;
  claimed_ = cut_ = in_code_ = false;
}

void Speech::Sentence(std::string_view sentence) {
  if (Trim(sentence).starts_with("```")) in_code_ = !in_code_;
  std::string text = in_code_ ? std::string() : WithoutMarkdown(sentence);
  if (text.empty()) return;
  if (ClaimsAction(text, options_.language, options_.strict)) {
    claimed_ = true;
    return;
  }
  if (cut_) return;
  const std::size_t length = SpokenLength(text);
  if (length_ + length > options_.length_max) {
    cut_ = true;
    if (length_ > 0) return;
    text = FittingPart(text, options_.length_max);
  }
  length_ += length;
  const bool needs_space =
      !said_.empty() && static_cast<unsigned char>(said_.back()) < 0x80 && static_cast<unsigned char>(text.front()) < 0x80;
  if (needs_space) text.insert(0, " ");
  said_ += text;
  if (options_.say) options_.say(text);
}

}  // namespace deepcabin::agent
