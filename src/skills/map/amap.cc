// AMap's Web API (高德): places, routes, distances, addresses in China. Positions there are shifted.

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "skills/map/http_map.h"
#include "skills/map/names.h"
#include "web/fetch.h"

namespace deepcabin::skills {
namespace {

constexpr std::size_t kOriginsMax = 100;  // of a distance query, which has one destination
constexpr double kAroundMetresMax = 50'000;
constexpr int kPageSize = 25;

struct TypeRow {
  Category category;
  std::string_view code;  // without the zeros that stand for "any"
};
constexpr auto kTypes = std::to_array<TypeRow>(
    {{Category::kFastFood, "0503"}, {Category::kCafe, "0505"},        {Category::kRestaurant, "05"},       {Category::kCharger, "0111"},
     {Category::kFuel, "0101"},     {Category::kCarWash, "0105"},     {Category::kCarRepair, "03"},        {Category::kParking, "1509"},
     {Category::kToilet, "2003"},   {Category::kSupermarket, "0604"}, {Category::kConvenience, "0602"},    {Category::kMall, "0601"},
     {Category::kHospital, "0901"}, {Category::kPharmacy, "0906"},    {Category::kKindergarten, "141204"}, {Category::kSchool, "1412"},
     {Category::kHotel, "10"},      {Category::kBank, "1601"},        {Category::kPark, "1101"},           {Category::kAttraction, "1102"},
     {Category::kCinema, "080601"}, {Category::kStation, "1502"},     {Category::kServiceArea, "1803"},    {Category::kPolice, "1305"},
     {Category::kCompany, "17"},    {Category::kResidential, "1203"}, {Category::kSuburb, "190105"},       {Category::kCity, "190104"}});

// By what stands in the words of a turn; the first that fits.
constexpr auto kActions = std::to_array<std::pair<std::string_view, Turn>>({{"调头", Turn::kUTurn},
                                                                            {"左前方", Turn::kSlightLeft},
                                                                            {"靠左", Turn::kSlightLeft},
                                                                            {"右前方", Turn::kSlightRight},
                                                                            {"靠右", Turn::kSlightRight},
                                                                            {"左", Turn::kLeft},
                                                                            {"右", Turn::kRight}});

Turn TurnOf(std::string_view action) {
  const auto fits = [&](const auto& row) { return action.find(row.first) != std::string_view::npos; };
  const auto row = std::find_if(kActions.begin(), kActions.end(), fits);
  return row != kActions.end() ? row->second : Turn::kStraight;
}

// The ellipsoid of Krassowski: half the large axis, and the square of its eccentricity.
constexpr double kAxis = 6'378'245.0, kEccentricity2 = 0.006'693'421'622'965'943'23;
constexpr int kStepsBack = 8;  // less than a micrometre is left

double Wave(double amplitude, double cycles) { return amplitude * std::sin(cycles * std::numbers::pi); }

Position Shift(const Position& p) {
  const double x = p.lon - 105, y = p.lat - 35, root = std::sqrt(std::abs(x));
  const double ripple = (Wave(20, 6 * x) + Wave(20, 2 * x)) * 2 / 3;
  const double north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ripple +
                       (Wave(20, y) + Wave(40, y / 3) + Wave(160, y / 12) + Wave(320, y / 30)) * 2 / 3;
  const double east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple +
                      (Wave(20, x) + Wave(40, x / 3) + Wave(150, x / 12) + Wave(300, x / 30)) * 2 / 3;
  const double sine = std::sin(Radians(p.lat)), w2 = 1 - kEccentricity2 * sine * sine, w = std::sqrt(w2);
  const double metres_north = kAxis * (1 - kEccentricity2) / (w2 * w), metres_east = kAxis / w * std::cos(Radians(p.lat));
  return {north / Radians(metres_north), east / Radians(metres_east)};
}

bool IsShifted(const Position& p) { return p.lon >= 72.004 && p.lon <= 137.8347 && p.lat >= 0.8293 && p.lat <= 55.8271; }

std::string Written(const Position& position) {
  const Position shifted = ToGcj02(position);
  return fmt::format("{:.6f},{:.6f}", shifted.lon, shifted.lat);
}

// "116.481028,39.989643"; off the earth where it is something else.
Position Read(std::string_view text) {
  const std::size_t comma = std::min(text.find(','), text.size());
  const auto lon = NumberOf(std::string(text.substr(0, comma)));
  const auto lat = NumberOf(std::string(text.substr(std::min(comma + 1, text.size()))));
  return lon && lat ? ToWgs84({*lat, *lon}) : Position{91, 0};
}

class Amap final : public HttpMap {
 public:
  explicit Amap(Outside outside) : HttpMap(std::move(outside), kOriginsMax, 1) {}

 private:
  Result<std::vector<Place>> Find(const PlaceQuery& query) const override {
    const bool is_around = query.text.empty() || query.radius_m <= kAroundMetresMax;
    std::string path = is_around ? fmt::format("/v5/place/around?location={}&radius={:.0f}&sortrule={}", Written(query.near),
                                               std::min(query.radius_m, kAroundMetresMax), query.text.empty() ? "distance" : "weight")
                                 : "/v5/place/text?";
    path += fmt::format("&page_size={}&show_fields=business", kPageSize);
    const std::string words = query.text.empty() ? std::string(CuisineName(query.cuisine).zh) : CleanName(query.text);
    if (!words.empty()) path += "&keywords=" + web::UrlEscape(words);
    const auto is_asked = [&](const TypeRow& row) { return row.category == query.category; };
    if (const auto type = std::find_if(kTypes.begin(), kTypes.end(), is_asked); type != kTypes.end())
      path += fmt::format("&types={:0<6}", type->code);
    Exchange exchange(outside());
    DC_ASSIGN_OR_RETURN(const Json json, Ask(exchange, path));
    std::vector<Place> places;
    for (const Json& poi : Items(At(json, "pois"))) {
      const std::string code = TextOf(At(poi, "typecode"));
      const auto type = std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeRow& row) { return code.starts_with(row.code); });
      Place place{.id = static_cast<std::uint32_t>(std::hash<std::string>()(TextOf(At(poi, "id")))),
                  .position = Read(TextOf(At(poi, "location")))};
      place.category = query.category.value_or(type != kTypes.end() ? type->category : Category::kOther);
      place.name_zh = place.name_en = TextOf(At(poi, "name"));
      place.cuisine = query.cuisine;
      place.rating = std::clamp(NumberOf(At(At(poi, "business"), "rating")).value_or(0), 0.0, 5.0);
      places.push_back(std::move(place));
    }
    return places;
  }

  Result<Route> Way(const Position& from, const Position& to, const RouteOptions& options) const override {
    const int strategy = options.avoid_tolls && options.avoid_motorways ? 42 : options.avoid_tolls ? 36 : options.avoid_motorways ? 35 : 32;
    Exchange exchange(outside());
    const auto json = Ask(exchange, fmt::format("/v5/direction/driving?origin={}&destination={}&strategy={}&show_fields=cost,navi,polyline",
                                                Written(from), Written(to), strategy));
    if (!json && json.error().code == ErrorCode::kNotFound) return NoWay(from, to, options, json.error().message);
    if (!json) return json.error();
    Route route;
    Turn turn = Turn::kStart;
    const Json& path = At(At(At(*json, "route"), "paths"), 0);
    for (const Json& one : Items(At(path, "steps"))) {
      const Json &line = At(one, "polyline"), &cost = At(one, "cost");
      const std::size_t first = route.shape.size();
      for (const std::string_view point : Split(line.is_string() ? line.get_ref<const std::string&>() : std::string_view(), ';'))
        route.shape.push_back(Read(point));
      if (!std::all_of(route.shape.begin() + static_cast<std::ptrdiff_t>(first), route.shape.end(), IsOnEarth))
        return Unavailable(outside().url + ": a broken route");
      Leg stretch = MakeLeg(NumberOf(At(one, "step_distance")), NumberOf(At(cost, "duration")));
      stretch.toll_metres = std::clamp(NumberOf(At(cost, "toll_distance")).value_or(0), 0.0, stretch.metres);
      AddStep(route, {.turn = turn, .position = route.shape[first], .road_zh = TextOf(At(one, "road_name"))}, stretch);
      turn = TurnOf(TextOf(At(At(one, "navi"), "action")));  // at the end of this step
    }
    if (!route.shape.empty()) AddStep(route, {.turn = Turn::kArrive, .position = route.shape.back()}, MakeLeg(0, 0));
    return route;
  }

  Result<std::vector<Leg>> Block(Exchange& exchange, std::span<const Position> from, std::span<const Position> to,
                                 const RouteOptions& /*options*/) const override {
    std::string origins;
    for (const Position& position : from) origins += (origins.empty() ? "" : "%7C") + Written(position);
    DC_ASSIGN_OR_RETURN(const Json json,
                        Ask(exchange, fmt::format("/v3/distance?origins={}&destination={}&type=1", origins, Written(to[0]))));
    std::vector<Leg> legs(from.size());
    for (const Json& one : Items(At(json, "results"))) {
      const auto origin = NumberOf(At(one, "origin_id"));  // from 1
      if (!origin || *origin < 1 || *origin > static_cast<double>(from.size()) || !At(one, "code").is_null()) continue;
      legs[static_cast<std::size_t>(*origin) - 1] = MakeLeg(NumberOf(At(one, "distance")), NumberOf(At(one, "duration")));
    }
    return legs;
  }

  // Whether it worked stands in the body, with a number.
  Result<Json> Ask(Exchange& exchange, const std::string& path) const {
    DC_ASSIGN_OR_RETURN(Json json, exchange.Ask(fmt::format("{}{}&key={}", outside().url, path, web::UrlEscape(outside().key))));
    if (NumberOf(At(json, "status")) == 1) return json;
    const auto code = static_cast<int>(std::clamp(NumberOf(At(json, "infocode")).value_or(0), 0.0, 99'999.0));
    const bool is_no_way = code >= 20'800 && code <= 20'803, is_key = code == 10'001 || (code >= 10'005 && code <= 10'009);
    const bool is_too_much = code == 10'003 || code == 10'004 || code == 10'044 || (code >= 10'014 && code <= 10'021);
    return Error{is_no_way     ? ErrorCode::kNotFound
                 : is_key      ? ErrorCode::kUnauthenticated
                 : is_too_much ? ErrorCode::kResourceExhausted
                               : ErrorCode::kUnavailable,
                 fmt::format("AMap's error {}", code)};
  }
};

}  // namespace

Position ToGcj02(const Position& wgs84) {
  if (!IsShifted(wgs84)) return wgs84;
  const Position shift = Shift(wgs84);
  return {wgs84.lat + shift.lat, wgs84.lon + shift.lon};
}

Position ToWgs84(const Position& gcj02) {
  if (!IsShifted(gcj02)) return gcj02;
  Position guess = gcj02;
  for (int i = 0; i < kStepsBack; ++i) {
    const Position shift = Shift(guess);
    guess = {gcj02.lat - shift.lat, gcj02.lon - shift.lon};
  }
  return guess;
}

std::unique_ptr<MapSource> MakeAmap(Outside outside) { return std::make_unique<Amap>(std::move(outside)); }

}  // namespace deepcabin::skills
