#include "llm/chat.h"

namespace deepcabin::llm {

std::string_view TaskName(Task task) {
  switch (task) {
    case Task::kQuestion: return "question";
    case Task::kCreative: return "creative";
    case Task::kTools: return "tools";
    case Task::kPlanning: return "planning";
    case Task::kSummary: return "summary";
  }
  return "";
}

std::string_view FinishReasonName(FinishReason reason) {
  switch (reason) {
    case FinishReason::kStop: return "stop";
    case FinishReason::kLength: return "length";
    case FinishReason::kToolCalls: return "tool_calls";
    case FinishReason::kContentFilter: return "content_filter";
  }
  return "";
}

}  // namespace deepcabin::llm
