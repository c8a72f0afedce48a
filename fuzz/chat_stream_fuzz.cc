// Bytes from a chat endpoint: the first byte chooses the dialect and how the rest is cut into pieces. Whatever comes, it ends in a reply or
// a fault; what is heard is whole characters and in the end the same as the reply.

#include <algorithm>
#include <optional>
#include <set>

#include "base/text.h"
#include "fuzz/fuzz.h"
#include "llm/dialect.h"
#include "llm/fault.h"
#include "llm/reply_decoder.h"
#include "llm/sse.h"

using namespace deepcabin;
using namespace deepcabin::llm;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const Dialects dialects = [] {
    auto loaded = Dialects::Load(DEEPCABIN_SOURCE_DIR "/models");
    fuzz::Promise(loaded.has_value(), loaded ? "" : loaded.error().message.c_str());
    return std::move(*loaded);
  }();
  static const std::vector<std::string> names = dialects.Names();
  const Dialect& dialect = *dialects.Find(names[data[0] % names.size()]);
  const std::size_t piece = 1 + data[0] / names.size();

  SseParser parser;
  ReplyDecoder decoder(dialect, {"call_0"}, "sk-secret-of-the-car");
  std::string reasoning, content;
  std::optional<Fault> fault;
  const auto keep = [&](const Heard& heard) {
    fuzz::Promise(IsValidUtf8(heard.reasoning) && IsValidUtf8(heard.content), "pieces are whole characters");
    reasoning += heard.reasoning;
    content += heard.content;
  };
  const auto take = [&](std::string_view event) {
    Heard heard;
    fault = decoder.Take(event, heard);
    keep(heard);
    return !fault && !decoder.done();
  };
  auto fed = SseParser::Fed::kMore;
  for (std::string_view rest = fuzz::Text(data + 1, size - 1); !rest.empty() && fed == SseParser::Fed::kMore;
       rest.remove_prefix(std::min(piece, rest.size()))) {
    fed = parser.Feed(rest.substr(0, piece), take);
  }
  if (fed == SseParser::Fed::kMore) fed = parser.Finish(take);
  ChatReply reply;
  Heard last;
  if (!fault) {
    fault = decoder.Finish(reply, last);
    keep(last);
  }
  if (fault) {
    fuzz::Promise(IsValidUtf8(fault->message) && fault->message.find("sk-secret") == std::string::npos, "messages may be shown");
    return 0;
  }
  // Reasoning that turned out to be the answer was heard as both.
  fuzz::Promise(content == reply.message.content, "what was heard is what the reply says");
  fuzz::Promise(reasoning == reply.message.reasoning || reply.message.reasoning.empty(), "the same of reasoning");
  std::set<std::string> ids{"call_0"};
  for (const ToolCall& call : reply.message.tool_calls) {
    fuzz::Promise(!call.name.empty() && !call.arguments.empty() && ids.insert(call.id).second,
                  "tool calls have names and ids of their own");
  }
  static_cast<void>(
      HttpFault(dialect, 400 + data[0], fuzz::Text(data + 1, std::min(size - 1, kErrorBodyBytesMax)), "sk-secret-of-the-car"));
  return 0;
}
