// Sentences about memory: any bytes are read or left alone, within the bounds.

#include "base/text.h"
#include "fuzz/fuzz.h"
#include "skills/memory/statements.h"

using namespace deepcabin;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto statements = memory::ParseStatements(fuzz::Text(data, size));
  fuzz::Promise(statements.all.size() <= memory::kClausesMax, "at most so many clauses");
  for (const memory::Statement& statement : statements.all) {
    fuzz::Promise(IsValidUtf8(statement.value) && IsValidUtf8(statement.key), "what is kept is text");
    fuzz::Promise(statement.act != memory::StatementAct::kRemember || (!statement.key.empty() && !statement.value.empty()),
                  "a fact has both");
  }
  return 0;
}
