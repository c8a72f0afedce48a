#pragma once
// services.yaml: the services outside the car that weather, web search, maps, the calendar and pictures come from.
// models/services.example.yaml shows every key.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "agent/outside_tool.h"
#include "agent/pictures.h"
#include "llm/models_file.h"
#include "llm/redacting_client.h"
#include "skills/calendar/calendar.h"
#include "skills/creative/picture.h"
#include "skills/map/map.h"
#include "skills/search/web_search.h"
#include "skills/weather/weather.h"

namespace deepcabin::cli {

// Null where none is set up.
struct OutsideServices {
  std::unique_ptr<skills::WeatherSource> weather;
  std::unique_ptr<skills::WebSearch> search;
  std::unique_ptr<skills::CalendarSource> calendar;
  std::unique_ptr<creative::Painter> painter;
  std::unique_ptr<skills::MapSource> map;  // in place of the map file
  std::vector<std::string> off{};          // what cannot be used for want of a key: "weather: QWEATHER_KEY is not set"
};

// kInvalidArgument "file:line: reason".
Result<OutsideServices> ParseOutside(const std::string& text, const std::string& file, const llm::Environment& environment);
// The file that was given; else $DEEPCABIN_SERVICES, else ~/.config/deepcabin/services.yaml, which need not be there.
Result<OutsideServices> LoadOutside(const std::filesystem::path& given, const llm::Environment& environment);

// Null where nobody paints. What `secrets` knows is hidden in a wish before it leaves.
std::unique_ptr<agent::Pictures> MakePictures(const OutsideServices& outside, llm::RedactingClient::Secrets secrets);

// "web_search" for the large model, where there is one. Of the query, what `secrets` knows and numbers of people are hidden before it
// leaves.
std::vector<agent::OutsideTool> OutsideTools(const OutsideServices& outside, llm::RedactingClient::Secrets secrets);

}  // namespace deepcabin::cli
