package io.jukung.image.manifest;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * An operating system and processor architecture, with the names of Go's GOOS and GOARCH, which
 * indexes use.
 *
 * @param variant the processor's variant, such as {@code v8}; empty if none is stated
 */
public record Platform(String os, String architecture, String variant) {
  /** The platform of this machine. */
  public static Platform current() {
    String machine = System.getProperty("os.arch", "unknown");
    return switch (machine) {
      case "amd64", "x86_64" -> new Platform("linux", "amd64", "");
      case "aarch64" -> new Platform("linux", "arm64", "v8");
      default -> new Platform("linux", machine, "");
    };
  }

  /** The same platform in one spelling, for comparisons. */
  public Platform normalised() {
    String lowerOs = os.toLowerCase(Locale.ROOT);
    String lowerArchitecture = architecture.toLowerCase(Locale.ROOT);
    String lowerVariant = variant.toLowerCase(Locale.ROOT);
    return switch (lowerArchitecture) {
      case "x86_64", "x86-64", "amd64" ->
          new Platform(lowerOs, "amd64", lowerVariant.equals("v1") ? "" : lowerVariant);
      // v8 is the first variant of arm64, so an index without a variant means v8.
      case "aarch64", "arm64" ->
          new Platform(
              lowerOs,
              "arm64",
              lowerVariant.isEmpty() || lowerVariant.equals("8") ? "v8" : lowerVariant);
      default -> new Platform(lowerOs, lowerArchitecture, lowerVariant);
    };
  }

  /** The first of an index's entries that runs on this platform. */
  public Optional<ImageIndex.Entry> select(List<ImageIndex.Entry> entries) {
    Platform wanted = normalised();
    return entries.stream()
        .filter(entry -> entry.platform().map(Platform::normalised).equals(Optional.of(wanted)))
        .findFirst();
  }

  @Override
  public String toString() {
    return variant.isEmpty() ? os + "/" + architecture : os + "/" + architecture + "/" + variant;
  }
}
