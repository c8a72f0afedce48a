#include "skills/calendar/calendar.h"

#include <libical/ical.h>

#include <algorithm>
#include <fstream>
#include <mutex>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "skills/map/names.h"
#include "web/fetch.h"

namespace deepcabin::skills {
namespace {

using std::chrono::sys_seconds;

constexpr std::size_t kBytesMax = 4u << 20;
constexpr int kNestingMax = 8;  // the library frees a component by recursion
constexpr std::size_t kEventsMax = 5'000, kUnrolledMax = 20'000;
constexpr int kRepetitionsMax = 20'000;  // of one appointment, those long past too
constexpr std::chrono::hours kLongest{24 * 366};
constexpr std::chrono::minutes kUtcOffset{480};
constexpr std::chrono::minutes kFresh{10}, kRetry{1};
constexpr std::chrono::hours kStale{24};

struct Free {
  void operator()(icalcomponent* component) const { icalcomponent_free(component); }
  void operator()(icalrecur_iterator* iterator) const { icalrecur_iterator_free(iterator); }
};

// The library keeps time zones and its last error for the whole process.
std::mutex& LibraryMutex() {
  static std::mutex mutex;
  return mutex;
}

bool IsNestedTooDeep(std::string_view text) {
  int depth = 0;
  for (const std::string_view line : Split(text, '\n')) {
    const std::string start = ToLowerAscii(line.substr(0, 6));
    depth += start == "begin:" ? 1 : start.starts_with("end:") ? -1 : 0;
    if (depth > kNestingMax) return true;
  }
  return false;
}

class Reader {
 public:
  Reader(sys_seconds from, sys_seconds to, std::chrono::minutes utc_offset) : from_(from), to_(to), utc_offset_(utc_offset) {}

  void Read(icalcomponent* root) {
    Gather(root);
    for (icalcomponent* event : events_) Moved(event);
    for (icalcomponent* event : events_) Unroll(event);
    const auto earlier = [](const Appointment& a, const Appointment& b) { return a.start < b.start; };
    std::stable_sort(found_.begin(), found_.end(), earlier);
    if (found_.size() > kAppointmentsMax) found_.resize(kAppointmentsMax);
  }
  std::vector<Appointment>& found() { return found_; }

 private:
  void Gather(icalcomponent* component) {
    for (auto* part = icalcomponent_get_first_component(component, ICAL_ANY_COMPONENT); part != nullptr;
         part = icalcomponent_get_next_component(component, ICAL_ANY_COMPONENT)) {
      if (events_.size() >= kEventsMax) return;
      if (icalcomponent_isa(part) == ICAL_VEVENT_COMPONENT) events_.push_back(part);
      else if (icalcomponent_isa(part) == ICAL_VCALENDAR_COMPONENT) Gather(part);
    }
  }

  sys_seconds Moment(const icaltimetype& time) const {
    const sys_seconds moment{std::chrono::seconds(icaltime_as_timet_with_zone(time, time.zone))};
    return time.zone == nullptr && !icaltime_is_utc(time) ? moment - utc_offset_ : moment;
  }

  static std::string Uid(icalcomponent* event) {
    const char* uid = icalcomponent_get_uid(event);
    return uid != nullptr ? uid : "";
  }

  static bool IsMoved(icalcomponent* event) { return icalcomponent_get_first_property(event, ICAL_RECURRENCEID_PROPERTY) != nullptr; }

  // One repetition that was moved, changed or cancelled stands as an event of its own, beside the one that repeats.
  void Moved(icalcomponent* event) {
    if (IsMoved(event)) moved_.insert({Uid(event), Moment(icalcomponent_get_recurrenceid(event))});
  }

  void Unroll(icalcomponent* event) {
    const icaltimetype start = icalcomponent_get_dtstart(event), end = icalcomponent_get_dtend(event);
    if (icaltime_is_null_time(start) || icaltime_is_valid_time(start) == 0 || icalcomponent_get_status(event) == ICAL_STATUS_CANCELLED)
      return;
    std::chrono::seconds length = start.is_date != 0 ? std::chrono::seconds(std::chrono::hours(24)) : std::chrono::seconds(0);
    if (icaltime_is_null_time(end) == 0) length = Moment(end) - Moment(start);
    length = std::clamp<std::chrono::seconds>(length, std::chrono::seconds(0), kLongest);
    icalproperty* repeats = icalcomponent_get_first_property(event, ICAL_RRULE_PROPERTY);
    const auto rule = repeats != nullptr ? std::optional(icalproperty_get_rrule(repeats)) : std::nullopt;
    const bool unrolls = rule && !IsMoved(event) && rule->freq >= ICAL_DAILY_RECURRENCE && rule->freq <= ICAL_YEARLY_RECURRENCE;
    if (unrolls) Repeat(event, *rule, start, length);
    else Add(event, start, length);
  }

  void Repeat(icalcomponent* event, icalrecurrencetype rule, const icaltimetype& start, std::chrono::seconds length) {
    std::set<sys_seconds> left_out;
    for (auto* one = icalcomponent_get_first_property(event, ICAL_EXDATE_PROPERTY); one != nullptr;
         one = icalcomponent_get_next_property(event, ICAL_EXDATE_PROPERTY))
      left_out.insert(Moment(icalproperty_get_datetime_with_component(one, event)));
    const std::string uid = Uid(event);
    const std::unique_ptr<icalrecur_iterator, Free> iterator(icalrecur_iterator_new(rule, start));
    if (iterator == nullptr) return Add(event, start, length);
    if (rule.count == 0) {  // a rule with a count has to be counted from its beginning
      const auto first = (from_ - length).time_since_epoch().count();
      const auto* zone = start.zone != nullptr ? start.zone : icaltimezone_get_utc_timezone();
      icalrecur_iterator_set_start(iterator.get(), icaltime_from_timet_with_zone(first, start.is_date, zone));
    }
    for (int i = 0; i < kRepetitionsMax; ++i) {
      icaltimetype time = icalrecur_iterator_next(iterator.get());
      if (icaltime_is_null_time(time) != 0) return;
      time.zone = start.zone;
      const sys_seconds moment = Moment(time);
      if (moment >= to_) return;
      if (!left_out.contains(moment) && !moved_.contains({uid, moment})) Add(event, time, length);
    }
  }

  void Add(icalcomponent* event, const icaltimetype& start, std::chrono::seconds length) {
    const sys_seconds moment = Moment(start);
    const bool touches = moment < to_ && (moment + length > from_ || moment >= from_);
    if (!touches || found_.size() >= kUnrolledMax) return;
    const char *title = icalcomponent_get_summary(event), *place = icalcomponent_get_location(event);
    Appointment one{.title = CleanName(title != nullptr ? title : ""), .place = CleanName(place != nullptr ? place : "")};
    one.start = moment;
    one.end = moment + length;
    one.all_day = start.is_date != 0;
    if (!one.title.empty()) found_.push_back(std::move(one));
  }

  const sys_seconds from_, to_;
  const std::chrono::minutes utc_offset_;
  std::vector<icalcomponent*> events_;
  std::set<std::pair<std::string, sys_seconds>> moved_;  // by whom and when it would have been
  std::vector<Appointment> found_;
};

class Calendar final : public CalendarSource {
 public:
  explicit Calendar(Outside outside) : outside_(std::move(outside)) {}

  Result<std::vector<Appointment>> Between(sys_seconds from, sys_seconds to) const override {
    DC_ASSIGN_OR_RETURN(const std::string text, Text());
    return ReadCalendar(text, from, to, kUtcOffset);
  }

 private:
  Result<std::string> Text() const {
    const std::lock_guard lock(mutex_);  // two who ask at once wait for one answer
    const auto now = std::chrono::steady_clock::now();
    if (kept_ && now - got_ < kFresh) return *kept_;
    auto text = failed_ && now - *failed_ < kRetry  ? Unavailable("the calendar did not answer a moment ago")
                : outside_.url.starts_with("file:") ? FromFile()
                                                    : Fetched();
    if (text) {
      got_ = now;
      return *(kept_ = *std::move(text));
    }
    if (!failed_ || now - *failed_ >= kRetry) failed_ = now;
    return kept_ && now - got_ < kStale ? Result<std::string>(*kept_) : text;
  }

  Result<std::string> FromFile() const {
    const std::string path = outside_.url.substr(std::string_view("file:").size());
    std::ifstream in(path, std::ios::binary);
    if (!in) return NotFound(fmt::format("no calendar at {}", path));
    std::string text(kBytesMax + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    return text;
  }

  Result<std::string> Fetched() const {
    web::FetchRequest request{.url = outside_.url, .ca_file = outside_.ca_file, .timeout = outside_.timeout};
    if (!outside_.key.empty()) request.headers.push_back("Authorization: Bearer " + outside_.key);
    request.response_bytes_max = kBytesMax;
    DC_ASSIGN_OR_RETURN(web::FetchResponse response, web::Fetch(request));
    // The path of such an address is its key: no message shows it.
    if (response.status / 100 != 2) return Unavailable(fmt::format("the calendar's server says {}", response.status));
    return std::move(response.body);
  }

  const Outside outside_;
  mutable std::mutex mutex_;
  mutable std::optional<std::string> kept_;
  mutable std::chrono::steady_clock::time_point got_;
  mutable std::optional<std::chrono::steady_clock::time_point> failed_;
};

}  // namespace

Result<std::vector<Appointment>> ReadCalendar(const std::string& text, sys_seconds from, sys_seconds to, std::chrono::minutes utc_offset) {
  if (text.size() > kBytesMax) return InvalidArgument(fmt::format("a calendar has {} bytes at most", kBytesMax));
  if (IsNestedTooDeep(text)) return InvalidArgument("a calendar is not nested so deep");
  const std::lock_guard lock(LibraryMutex());
  icalerror_set_errors_are_fatal(false);
  const std::unique_ptr<icalcomponent, Free> root(icalparser_parse_string(text.c_str()));
  if (root == nullptr) return InvalidArgument("that is no calendar (iCalendar)");
  Reader reader(from, to, utc_offset);
  if (icalcomponent_isa(root.get()) != ICAL_VCALENDAR_COMPONENT && icalcomponent_isa(root.get()) != ICAL_XROOT_COMPONENT)
    return InvalidArgument("that is no calendar (iCalendar)");
  reader.Read(root.get());
  return std::move(reader.found());
}

std::unique_ptr<CalendarSource> MakeCalendar(Outside outside) { return std::make_unique<Calendar>(std::move(outside)); }

}  // namespace deepcabin::skills
