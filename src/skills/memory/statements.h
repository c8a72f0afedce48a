#pragma once
// Which sentences are about memory: "记住我不吃辣", "我妈家在…", "忘掉我去过那里", "remember that I …". A table of patterns, anchored at
// both ends, read after the phrasebook found no command: what it does not fully recognise is no statement, and questions never are.

#include <string>
#include <string_view>
#include <vector>

#include "skills/memory/memory.h"

namespace deepcabin::memory {

inline constexpr std::size_t kStatementBytesMax = 512;
inline constexpr std::size_t kClausesMax = 8;
inline constexpr std::string_view kHere = "@here";  // the value of a place that is where the car stands

enum class StatementAct : std::uint8_t {
  kRemember,          // kind, key, value
  kForget,            // kind, key and value where they are known, else `value` is what the facts contain
  kForgetEverything,  // ask first
  kList,              // "你都记住了我什么"
  kTell,              // kind, key: "我女儿叫什么"
};

struct Statement {
  StatementAct act = StatementAct::kRemember;
  FactKind kind = FactKind::kNote;
  std::string key;    // "food.avoid", "公司", "女儿"; empty where a kForget is by text
  std::string value;  // as it was spoken
};

struct Statements {
  std::vector<Statement> all;  // empty: not about memory
  std::string rest;            // what followed and is something else: "…，帮我找个餐厅"
};

Statements ParseStatements(std::string_view text);

// What a kForget means as a filter for one occupant.
FactFilter ForgetFilter(const Statement& statement, std::string_view occupant);

}  // namespace deepcabin::memory
