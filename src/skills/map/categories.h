#pragma once
// Kinds of places and of food: OSM's tags on one side, what people say in Chinese and English on the other. One table each.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace deepcabin::skills {

enum class Category : std::uint8_t {
  kOther,
  kRestaurant,
  kCafe,
  kFastFood,
  kCharger,
  kFuel,
  kParking,
  kToilet,
  kSupermarket,
  kConvenience,
  kMall,
  kHospital,
  kPharmacy,
  kSchool,
  kKindergarten,
  kHotel,
  kBank,
  kPark,
  kAttraction,
  kCinema,
  kStation,
  kServiceArea,
  kCarWash,
  kCarRepair,
  kPolice,
  kCompany,
  kResidential,
  kSuburb,
  kCity,
};
inline constexpr std::size_t kCategoryCount = 29;

struct SpokenName {
  std::string_view zh, en;
};

std::string_view CategoryId(Category category);  // "restaurant"
SpokenName CategoryName(Category category);
// OSM's tags for it: "amenity=restaurant".
std::vector<std::string_view> TagsOf(Category category);
// From one tag of OSM (amenity=restaurant); nothing where it is no kind of place that we keep.
std::optional<Category> CategoryOfTag(std::string_view key, std::string_view value);

// 川菜 for "sichuan;hot_pot": the first word that is known. Nothing known: empty.
SpokenName CuisineName(std::string_view cuisine);
// True where one of OSM's cuisine words (";" between them) is `word`.
bool HasCuisine(std::string_view cuisine, std::string_view word);
bool IsSpicy(std::string_view cuisine);

// What somebody looks for: "附近的川菜馆" is a restaurant with Sichuan food, "蜀香园" a name.
struct Wish {
  std::optional<Category> category;
  std::string cuisine;  // OSM's word
  std::string name;     // what is left when kind and food are all there is to it: empty
};
Wish ReadWish(std::string_view text);

}  // namespace deepcabin::skills
