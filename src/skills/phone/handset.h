#pragma once
// The telephone that the car is paired with: address book, calls, messages. A real one (Bluetooth) would stand behind the same interface;
// here it is simulated and nothing leaves the car. Names and messages are strangers' text: cleaned, bounded, read aloud, never obeyed.

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <yaml-cpp/yaml.h>

#include "base/clock.h"
#include "base/result.h"

namespace deepcabin::phone {

inline constexpr std::size_t kKeptMax = 200, kContactsMax = 5000, kMessageCharactersMax = 300;

struct Contact {
  std::string name;
  std::vector<std::string> also;  // other names: "妈妈", "mom"
  std::string mobile, work, home;
  std::string Number() const { return !mobile.empty() ? mobile : !work.empty() ? work : home; }
};

struct PastCall {
  std::string name, number, way;  // "missed" "in" "out"
};

struct Message {
  std::string who, text;
};

enum class CallState : std::uint8_t { kIdle, kDialling, kRinging, kActive };
enum class Action : std::uint8_t { kDial, kAnswer, kHangUp, kSend, kMarkRead, kRing };  // a call that rings is rejected by hanging up

// What it holds; lists are newest first.
struct Content {
  std::vector<Contact> contacts;
  std::vector<PastCall> calls;
  std::vector<Message> unread, sent;
  CallState state = CallState::kIdle;
  PastCall other;  // who is called, calls or is talked to
};
// The content of a YAML file. kInvalidArgument "file:line: reason".
Result<Content> ReadContent(const std::string& file, const YAML::Node& root);

// Thread-safe.
class Handset {
 public:
  virtual ~Handset() = default;
  virtual Content Look() const = 0;
  // `to` of kDial, kSend and, from the network's side, kRing. kFailedPrecondition: a call is on, or none.
  virtual Status Do(Action action, const PastCall& to, const std::string& text) = 0;
};

class SimulatedHandset final : public Handset {
 public:
  SimulatedHandset(Content content, const Clock& clock) : content_(std::move(content)), clock_(clock) {}
  Content Look() const override;
  Status Do(Action action, const PastCall& to, const std::string& text) override;

 private:
  mutable std::mutex mutex_;
  Content content_;
  const Clock& clock_;
  Nanos dialled_at_{0};
};

// Who may be meant: those of exactly that name, else those whose name holds it.
std::vector<Contact> FindContacts(const std::vector<Contact>& contacts, std::string_view name);

}  // namespace deepcabin::phone
