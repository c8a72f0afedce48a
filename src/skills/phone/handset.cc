#include "skills/phone/handset.h"

#include <algorithm>

#include "base/yaml_reader.h"
#include "skills/map/names.h"

namespace deepcabin::phone {
namespace {

constexpr Nanos kTakesUpAfter = std::chrono::seconds(3);  // the other side

std::string Plain(std::string_view name) {
  std::string plain = ToLowerAscii(skills::CleanName(name));
  for (const char* mark : {" ", "（", "）", "(", ")", "-", "的"}) plain = ReplaceAll(std::move(plain), mark, "");
  return plain;
}

template <typename T>
void Push(std::vector<T>& list, T item) {
  list.insert(list.begin(), std::move(item));
  list.resize(std::min(list.size(), kKeptMax));
}

}  // namespace

std::vector<Contact> FindContacts(const std::vector<Contact>& contacts, std::string_view name) {
  for (const std::string_view mine : {"我", "咱", "my ", "My "}) name.remove_prefix(name.starts_with(mine) ? mine.size() : 0);
  const std::string wanted = Plain(name);
  std::vector<Contact> same, alike;
  for (const Contact& contact : contacts) {
    std::vector<std::string> names = contact.also;
    names.push_back(contact.name);
    const auto any = [&](const auto& fits) { return std::any_of(names.begin(), names.end(), fits); };
    if (any([&](const std::string& n) { return Plain(n) == wanted; })) same.push_back(contact);
    else if (any([&](const std::string& n) { return Plain(n).find(wanted) != std::string::npos; })) alike.push_back(contact);
  }
  if (wanted.empty()) return {};
  return same.empty() ? alike : same;
}

Result<Content> ReadContent(const std::string& file, const YAML::Node& root) {
  Content content;
  DC_RETURN_IF_ERROR(ReadStrictly(file, [&](const YamlReader& yaml) {
    yaml.AllowKeys(root, {"contacts", "calls", "messages"});
    const auto each = [&](const char* list, std::initializer_list<std::string_view> keys, const auto& read) {
      if (root[list] && yaml.Sequence(root[list]).size() > kContactsMax) yaml.Fail(root[list], fmt::format("more than {}", kContactsMax));
      for (std::size_t i = 0; root[list] && i < root[list].size(); ++i) {
        const YAML::Node node = root[list][i];
        yaml.AllowKeys(node, keys);
        read(node);
      }
    };
    const auto text = [&](const YAML::Node& node, const char* key, std::size_t max = skills::kNameCharactersMax) {
      return node[key] ? skills::CleanName(yaml.String(node[key]), max) : std::string();
    };
    each("contacts", {"name", "also", "mobile", "work", "home"}, [&](const YAML::Node& n) {
      content.contacts.push_back({text(n, "name"), yaml.Strings(n, "also"), text(n, "mobile"), text(n, "work"), text(n, "home")});
      if (content.contacts.back().name.empty() || content.contacts.back().Number().empty()) yaml.Fail(n, "a name and a number are needed");
    });
    each("calls", {"name", "number", "way"}, [&](const YAML::Node& n) {
      content.calls.push_back({text(n, "name"), text(n, "number"), text(n, "way")});
    });
    each("messages", {"from", "text"}, [&](const YAML::Node& n) {
      content.unread.push_back({text(n, "from"), text(n, "text", kMessageCharactersMax)});
    });
  }));
  return content;
}

Content SimulatedHandset::Look() const {
  const std::lock_guard lock(mutex_);
  Content content = content_;
  if (content.state == CallState::kDialling && clock_.Now() - dialled_at_ >= kTakesUpAfter) content.state = CallState::kActive;
  return content;
}

Status SimulatedHandset::Do(Action action, const PastCall& to, const std::string& text) {
  const std::lock_guard lock(mutex_);
  CallState& state = content_.state;
  PastCall& other = content_.other;
  const bool begins = action == Action::kDial || action == Action::kRing;
  if ((begins && state != CallState::kIdle) || (action == Action::kAnswer && state != CallState::kRinging) ||
      (action == Action::kHangUp && state == CallState::kIdle))
    return FailedPrecondition("the telephone is in no state for this");
  if (action == Action::kMarkRead) content_.unread.clear();
  if (action == Action::kSend) Push(content_.sent, {to.name.empty() ? to.number : to.name, skills::CleanName(text, kMessageCharactersMax)});
  if (begins) other = {to.name, to.number, action == Action::kDial ? "out" : "missed"};
  if (action == Action::kAnswer) other.way = "in";
  // A call stands in the log from the moment on that it is known what became of it.
  if (action == Action::kDial || action == Action::kAnswer || (action == Action::kHangUp && state == CallState::kRinging))
    Push(content_.calls, other);
  if (action == Action::kDial) dialled_at_ = clock_.Now();
  if (action == Action::kDial) state = CallState::kDialling;
  else if (action == Action::kRing) state = CallState::kRinging;
  else if (action == Action::kAnswer) state = CallState::kActive;
  else if (action == Action::kHangUp) state = CallState::kIdle;
  return {};
}

}  // namespace deepcabin::phone
