#include "skills/calendar/calendar.h"

#include <cstdio>
#include <fstream>

#include <fmt/chrono.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "llm/fake_endpoint_for_test.h"
#include "skills/map/names.h"

namespace deepcabin::skills {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr sys_days kMonday = std::chrono::year(2026) / 3 / 2;
constexpr minutes kChina{480};

std::string Calendar(const std::string& events) {
  return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//\r\n" + events + "END:VCALENDAR\r\n";
}
std::string Event(const std::string& lines) { return "BEGIN:VEVENT\r\n" + lines + "END:VEVENT\r\n"; }

// "03-02 15:00 title", in the car's time.
std::vector<std::string> Told(const std::string& text, sys_seconds from, sys_seconds to) {
  const auto read = ReadCalendar(text, from, to, kChina);
  if (!read) return {read.error().message};
  std::vector<std::string> told;
  for (const Appointment& one : *read) told.push_back(fmt::format("{:%m-%d %H:%M} {}", one.start + kChina, one.title));
  return told;
}
std::vector<std::string> Week(const std::string& text) {
  return Told(text, sys_seconds(kMonday) - kChina, sys_seconds(kMonday + days(7)) - kChina);
}

TEST(ReadCalendar, TakesTimesWithAndWithoutZones) {
  const std::string text =
      Calendar(Event("UID:a\r\nSUMMARY:看牙医\r\nLOCATION:市一医院\r\nDTSTART:20260302T150000\r\nDTEND:20260302T160000\r\n") +
               Event("UID:b\r\nSUMMARY:call\r\nDTSTART:20260303T010000Z\r\nDURATION:PT30M\r\n") +
               Event("UID:c\r\nSUMMARY:Berlin\r\nDTSTART;TZID=Europe/Berlin:20260304T090000\r\n") +
               Event("UID:d\r\nSUMMARY:fair\r\nDTSTART;VALUE=DATE:20260305\r\n"));
  EXPECT_THAT(Week(text), ElementsAre("03-02 15:00 看牙医", "03-03 09:00 call", "03-04 16:00 Berlin", "03-05 00:00 fair"));
  const auto read = ReadCalendar(text, kMonday, kMonday + days(7), kChina);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->front().place, "市一医院");
  EXPECT_EQ(read->front().end - read->front().start, hours(1));
  EXPECT_TRUE(read->back().all_day);
}

TEST(ReadCalendar, WhatTouchesTheSpanIsTaken) {
  const std::string text = Calendar(Event("UID:a\r\nSUMMARY:x\r\nDTSTART:20260302T100000Z\r\nDTEND:20260302T110000Z\r\n"));
  const sys_seconds start = kMonday + hours(10), end = kMonday + hours(11);
  EXPECT_EQ(Told(text, start, start + minutes(1)).size(), 1U);
  EXPECT_EQ(Told(text, end - minutes(1), end).size(), 1U);
  EXPECT_THAT(Told(text, end, end + hours(1)), IsEmpty());
  EXPECT_THAT(Told(text, start - hours(1), start), IsEmpty());
}

TEST(ReadCalendar, UnrollsWhatRepeats) {
  const std::string weekly = "UID:w\r\nSUMMARY:team\r\nDTSTART:20200106T100000\r\n";  // a Monday
  EXPECT_THAT(Week(Calendar(Event(weekly + "RRULE:FREQ=WEEKLY;BYDAY=MO,WE\r\n"))), ElementsAre("03-02 10:00 team", "03-04 10:00 team"));
  EXPECT_THAT(Week(Calendar(Event(weekly + "RRULE:FREQ=WEEKLY;COUNT=3\r\n"))), IsEmpty());
  EXPECT_THAT(Week(Calendar(Event(weekly + "RRULE:FREQ=DAILY;UNTIL=20260303T235959\r\n"))),
              ElementsAre("03-02 10:00 team", "03-03 10:00 team"));
  EXPECT_THAT(Week(Calendar(Event(weekly + "RRULE:FREQ=WEEKLY\r\nEXDATE:20260302T100000\r\n"))), IsEmpty());
}

TEST(ReadCalendar, OneRepetitionMayBeMovedOrCancelled) {
  const std::string weekly = Event("UID:w\r\nSUMMARY:team\r\nDTSTART:20260302T100000\r\nRRULE:FREQ=DAILY;COUNT=3\r\n");
  const std::string moved = Event("UID:w\r\nSUMMARY:team\r\nRECURRENCE-ID:20260303T100000\r\nDTSTART:20260303T170000\r\n");
  const std::string cancelled =
      Event("UID:w\r\nSUMMARY:team\r\nRECURRENCE-ID:20260304T100000\r\nDTSTART:20260304T100000\r\nSTATUS:CANCELLED\r\n");
  EXPECT_THAT(Week(Calendar(weekly + moved + cancelled)), ElementsAre("03-02 10:00 team", "03-03 17:00 team"));
}

TEST(ReadCalendar, HostileTextIsBoundedAndCleaned) {
  EXPECT_THAT(Week("hello"), ElementsAre(HasSubstr("no calendar")));
  EXPECT_THAT(Week(""), ElementsAre(HasSubstr("no calendar")));
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "BEGIN:VCALENDAR\r\n";
  EXPECT_THAT(Week(deep), ElementsAre(HasSubstr("nested")));
  EXPECT_THAT(Week(std::string((4u << 20) + 1, 'x')), ElementsAre(HasSubstr("bytes")));
  const std::string often = Event("UID:o\r\nSUMMARY:tick\r\nDTSTART:20260302T100000\r\nRRULE:FREQ=SECONDLY\r\n");
  EXPECT_THAT(Week(Calendar(often)), ElementsAre("03-02 10:00 tick"));
  const std::string never = Event("UID:n\r\nSUMMARY:no\r\nDTSTART:20200106T100000\r\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\r\n");
  EXPECT_LE(Week(Calendar(never)).size(), 1U);
  const auto read =
      ReadCalendar(Calendar(Event("UID:h\r\nSUMMARY:a\xE2\x80\xAE<b>\r\nDTSTART:20260302T100000\r\n")), kMonday, kMonday + days(1), kChina);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->front().title, CleanName("a\xE2\x80\xAE<b>"));
}

TEST(CalendarSource, IsFetchedOnceAndItsAddressStaysSecret) {
  llm::FakeEndpoint server;
  server.Push(llm::JsonReply(Calendar(Event("UID:a\r\nSUMMARY:x\r\nDTSTART:20260302T100000Z\r\n"))));
  const auto source = MakeCalendar({.url = server.Url() + "/private-abc/basic.ics"});
  for (int i = 0; i < 2; ++i) {
    const auto found = source->Between(kMonday, kMonday + days(1));
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->size(), 1U);
  }
  EXPECT_EQ(server.Requests().size(), 1U);
}

TEST(CalendarSource, AFailureIsToldAndNotRepeatedAtOnce) {
  llm::FakeEndpoint server;
  server.Push(llm::ErrorReply(404, "gone"));
  const auto source = MakeCalendar({.url = server.Url() + "/private-abc/basic.ics"});
  for (int i = 0; i < 2; ++i) {
    const auto found = source->Between(kMonday, kMonday + days(1));
    ASSERT_FALSE(found);
    EXPECT_THAT(found.error().message, Not(HasSubstr("private-abc")));
  }
  EXPECT_EQ(server.Requests().size(), 1U);
  EXPECT_EQ(MakeCalendar({.url = "file:/nowhere/at/all.ics"})->Between(kMonday, kMonday + days(1)).error().code, ErrorCode::kNotFound);
}

TEST(CalendarSource, MayBeAFile) {
  const std::string path = ::testing::TempDir() + "/calendar_test.ics";
  std::ofstream(path) << Calendar(Event("UID:a\r\nSUMMARY:x\r\nDTSTART:20260302T100000Z\r\n"));
  EXPECT_EQ(MakeCalendar({.url = "file:" + path})->Between(kMonday, kMonday + days(1))->size(), 1U);
  std::remove(path.c_str());
}

}  // namespace
}  // namespace deepcabin::skills
