package io.jukung.image.manifest;

import io.jukung.cri.CriException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * An operating system and processor architecture, with the names of Go's GOOS and GOARCH, which
 * indexes use.
 *
 * @param variant the processor's variant, such as {@code v8}; empty if none is stated
 */
public record Platform(String os, String architecture, String variant) {
  /** What may be written without an operating system. */
  private static final Set<String> ARCHITECTURES =
      Set.of("386", "amd64", "arm", "arm64", "loong64", "mips64le", "ppc64le", "riscv64", "s390x");

  private static final Pattern PART = Pattern.compile("[a-z0-9][a-z0-9._-]{0,31}");

  /** The platform of this machine. */
  public static Platform current() {
    String machine = System.getProperty("os.arch", "unknown");
    return switch (machine) {
      case "amd64", "x86_64" -> new Platform("linux", "amd64", "");
      case "aarch64" -> new Platform("linux", "arm64", "v8");
      default -> new Platform("linux", machine, "");
    };
  }

  /**
   * Reads a platform as users write it: {@code linux/arm64}, {@code linux/arm/v7}, {@code arm64} or
   * {@code linux}.
   *
   * @throws CriException INVALID_ARGUMENT if it is none of Linux
   */
  public static Platform parse(String text) {
    String[] parts = text.strip().toLowerCase(Locale.ROOT).split("/", -1);
    if (parts.length == 1 && parts[0].equals("linux")) {
      return current();
    }
    Platform platform =
        switch (parts.length) {
          case 1 -> new Platform("linux", parts[0], "");
          case 2 -> new Platform(parts[0], parts[1], "");
          case 3 -> new Platform(parts[0], parts[1], parts[2]);
          default -> throw notAPlatform(text);
        };
    Platform known = platform.normalised();
    boolean isWritten =
        PART.matcher(known.architecture).matches()
            && (known.variant.isEmpty() || PART.matcher(known.variant).matches());
    boolean isKnown = parts.length > 1 || ARCHITECTURES.contains(known.architecture);
    if (!isWritten || !isKnown || !known.os.equals("linux")) {
      throw notAPlatform(text);
    }
    // As containerd and BuildKit write it: v8 is the only variant of arm64 in use.
    return known.architecture.equals("arm64") && known.variant.equals("v8")
        ? new Platform(known.os, known.architecture, "")
        : known;
  }

  private static CriException notAPlatform(String text) {
    return CriException.invalidArgument(
        "\""
            + text
            + "\" is no platform of Linux (write linux/ARCHITECTURE[/VARIANT], such as"
            + " linux/arm64)");
  }

  /** Whether both mean the same platform. */
  public boolean isSame(Platform other) {
    return normalised().equals(other.normalised());
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
      case "i386" -> new Platform(lowerOs, "386", lowerVariant);
      // What containerd takes an index without a variant to mean.
      case "arm" ->
          new Platform(
              lowerOs,
              "arm",
              lowerVariant.isEmpty() || lowerVariant.equals("7") ? "v7" : lowerVariant);
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
