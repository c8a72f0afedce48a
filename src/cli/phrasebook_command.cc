// `deepcabin phrasebook check | try TEXT | sample | compile`.

#include <cstdio>
#include <fstream>
#include <iostream>

#include <fmt/format.h>

#include "cli/car.h"
#include "cli/commands.h"
#include "cli/phrasebook_check.h"
#include "understanding/resolve.h"
#include "understanding/sampler.h"

namespace deepcabin::cli {
namespace {

using understanding::Fillers;
using understanding::Phrasebook;

int Try(const Catalogue& catalogue, const Phrasebook& book, const std::string& text) {
  const auto normalised = book.normaliser().Run(text);
  if (!normalised) return Complain(normalised.error());
  const auto reading = understanding::Match(book.grammar(), *normalised, {});
  constexpr std::string_view kKinds[] = {"phrase", "when", "duration", "then", "repair", "stop", "small word", "aside", "NOT KNOWN"};
  for (const auto& item : reading.items) {
    std::cout << fmt::format("  {:<11}「{}」", kKinds[static_cast<std::size_t>(item.kind)], normalised->Original(item.begin, item.end));
    if (item.kind == understanding::Item::Kind::kClause) {
      const auto& phrase = book.grammar().phrases()[item.clause.phrase];
      std::cout << fmt::format("  {}  \"{}\"  cost {:.2f}", phrase.source, phrase.text, item.clause.cost);
      if (item.clause.rival != kNoId) std::cout << "  collides with " << book.grammar().phrases()[item.clause.rival].source;
    }
    std::cout << "\n";
  }
  const auto understood = book.Understand(text, {});
  if (!understood) return Complain(understood.error());
  std::cout << DumpJson(FrameToJson(understood->frame, catalogue), 2) << "\n";
  return kOk;
}

// Text is handed on in pieces of about this size.
constexpr std::size_t kPieceBytes = 1u << 16;

int WriteSamples(const std::filesystem::path& home, const Phrasebook& book, const Fillers& fillers, const PhrasebookOptions& options) {
  const auto held_out = understanding::HeldOut::Load(home / "eval" / "held_out.txt");
  if (!held_out) return Complain(held_out.error());
  understanding::SampleOptions sample_options;
  sample_options.fillers = &fillers;
  sample_options.held_out = &*held_out;
  if (!options.language.empty()) {
    if (options.language != "zh" && options.language != "en") return Complain(InvalidArgument("--lang is zh or en"));
    sample_options.language = options.language == "zh" ? Language::kChinese : Language::kEnglish;
  }
  if (options.mix != "even" && options.mix != "single" && options.mix != "clean")
    return Complain(InvalidArgument("--mix is even, single or clean"));
  sample_options.several = options.mix != "single";
  sample_options.noise = options.mix == "even";
  understanding::Sampler sampler(book, sample_options, options.seed);
  std::string piece;
  for (std::uint64_t i = 0; i < options.count; ++i) {
    AppendSampleJson(sampler.Next(), book.grammar().catalogue(), piece);
    piece += '\n';
    if (piece.size() < kPieceBytes) continue;
    if (std::fwrite(piece.data(), 1, piece.size(), stdout) != piece.size()) return Complain(Unavailable("cannot write"));
    piece.clear();
  }
  if (std::fwrite(piece.data(), 1, piece.size(), stdout) != piece.size() || std::fflush(stdout) != 0)
    return Complain(Unavailable("cannot write"));
  return kOk;
}

// Written beside and moved into place, so that a program that starts meanwhile sees the old one or the new one whole.
int CompileTo(const std::filesystem::path& home, const Catalogue& catalogue, const std::filesystem::path& file) {
  const auto bytes = Phrasebook::Compile(home / "phrasebook", catalogue);
  if (!bytes) return Complain(bytes.error());
  const std::filesystem::path fresh = file.string() + ".new";
  {
    std::ofstream out(fresh, std::ios::binary);
    out << *bytes;
    if (!out.flush()) return Complain(Unavailable(fmt::format("cannot write {}", fresh.string())));
  }
  std::error_code error;
  std::filesystem::rename(fresh, file, error);
  return error ? Complain(Unavailable(fmt::format("cannot write {}: {}", file.string(), error.message()))) : kOk;
}

}  // namespace

int PhrasebookCommand(const std::filesystem::path& home, const PhrasebookOptions& options) {
  const auto catalogue = Catalogue::Load(home / "catalogue");
  if (!catalogue) return Complain(catalogue.error());
  if (options.command == "compile") return CompileTo(home, *catalogue, options.output);
  // The compiled form recognises; only what was read from YAML can be written backwards.
  const auto compiled = options.command == "try" ? CompiledPhrasebook() : std::filesystem::path();
  const auto book = Phrasebook::Load(home / "phrasebook", *catalogue, compiled);
  if (!book) return Complain(book.error());
  if (options.command == "try") return Try(*catalogue, *book, options.text);
  const auto fillers = Fillers::Load(home / "phrasebook" / "fillers", *catalogue);
  if (!fillers) return Complain(fillers.error());
  if (options.command == "sample") return WriteSamples(home, *book, *fillers, options);
  return CheckPhrasebook(*book, *fillers);
}

}  // namespace deepcabin::cli
