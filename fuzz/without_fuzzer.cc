// Runs a fuzz target where there is no libFuzzer: the seeds, and then for a while seeds that were cut, doubled, spliced and flipped at
// random. It does not look for new ways through the code, so it finds less; but it is there in every build and every test run.
//   NAME_fuzz SECONDS SEED_FOLDER    the seed of chance stands in the first line; a finding leaves its bytes in NAME_fuzz.crash

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::size_t kBytesMax = 1 << 16;
std::string current;  // what is being run, for the handler
std::string crash_file;

extern "C" void OnAbort(int signal) {
  if (std::FILE* file = std::fopen(crash_file.c_str(), "wb")) {
    std::fwrite(current.data(), 1, current.size(), file);
    std::fclose(file);
  }
  std::fprintf(stderr, "signal %d; the bytes are in %s\n", signal, crash_file.c_str());
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

std::vector<std::string> ReadSeeds(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<std::string> seeds{""};
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    seeds.emplace_back((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  }
  return seeds;
}

class Mutator {
 public:
  Mutator(const std::vector<std::string>& seeds, std::uint32_t seed) : seeds_(seeds), random_(seed) {}

  std::string Next() {
    std::string text = seeds_[Below(seeds_.size())];
    for (std::size_t i = 1 + Below(6); i > 0; --i) Change(text);
    if (text.size() > kBytesMax) text.resize(kBytesMax);
    return text;
  }

 private:
  std::size_t Below(std::size_t count) { return count == 0 ? 0 : random_() % count; }

  void Change(std::string& text) {
    const std::size_t at = Below(text.size() + 1), size = Below(std::min<std::size_t>(text.size() - at, 64) + 1);
    switch (Below(6)) {
      case 0: text.erase(at, size); break;
      case 1: text.insert(at, text.substr(at, size)); break;
      case 2: text.insert(at, 1, static_cast<char>(random_())); break;
      case 3:
        if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << Below(8)));
        break;
      case 4: {
        const std::string& other = seeds_[Below(seeds_.size())];
        text.replace(at, size, other.substr(Below(other.size() + 1), 64));
        break;
      }
      default: text.resize(at); break;
    }
  }

  const std::vector<std::string>& seeds_;
  std::mt19937 random_;
};

void Run(std::string text) {
  current = std::move(text);
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(current.data()), current.size());
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::fprintf(stderr, "%s SECONDS SEED_FOLDER\n", arguments[0]);
    return 2;
  }
  int seconds = 0;
  const std::string_view wanted = arguments[1];
  if (std::from_chars(wanted.data(), wanted.data() + wanted.size(), seconds).ec != std::errc()) return 2;
  crash_file = std::string(arguments[0]) + ".crash";
  for (const int signal : {SIGABRT, SIGSEGV, SIGFPE, SIGILL, SIGBUS}) std::signal(signal, OnAbort);
  const auto seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  const std::vector<std::string> seeds = ReadSeeds(arguments[2]);
  for (const std::string& one : seeds) Run(one);
  Mutator mutator(seeds, seed);
  std::size_t runs = seeds.size();
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  for (; std::chrono::steady_clock::now() < end; ++runs) Run(mutator.Next());
  std::printf("%zu runs\n", runs);
  return 0;
}
