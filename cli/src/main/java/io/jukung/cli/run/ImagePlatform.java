package io.jukung.cli.run;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.cli.command.CliException;
import io.jukung.cli.command.ExitCode;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The value of {@code --platform}: what the image of a container must be for.
 *
 * @param architecture as Go names it
 * @param variant empty: any
 */
record ImagePlatform(String architecture, String variant) {
  private static final Pattern PLATFORM =
      Pattern.compile("linux/([a-z0-9_]{1,32})(?:/([a-z0-9.]{1,16}))?");

  /**
   * Reads the option.
   *
   * @throws CliException with the exit code for wrong usage
   */
  static ImagePlatform parse(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    Matcher parts = PLATFORM.matcher(lower.equals("linux") ? own().toString() : lower);
    if (!parts.matches()) {
      throw CliException.usage(
          "--platform: \"" + text + "\" is no platform of Linux (write linux/ARCHITECTURE)");
    }
    String variant = Optional.ofNullable(parts.group(2)).orElse("");
    String architecture =
        switch (parts.group(1)) {
          case "x86_64" -> "amd64";
          case "aarch64" -> "arm64";
          default -> parts.group(1);
        };
    // The first variant of an architecture needs no name.
    boolean usual =
        (architecture.equals("arm64") && variant.equals("v8"))
            || (architecture.equals("amd64") && variant.equals("v1"));
    return new ImagePlatform(architecture, usual ? "" : variant);
  }

  private static ImagePlatform own() {
    boolean arm = System.getProperty("os.arch", "").equals("aarch64");
    return new ImagePlatform(arm ? "arm64" : "amd64", "");
  }

  /** Whether it is this node's, whose images a pull brings. */
  boolean isOwn() {
    return equals(own());
  }

  /** Whether an image is for it. */
  boolean fits(JsonNode imageSpec) {
    return imageSpec.path("os").asText("linux").equals("linux")
        && imageSpec.path("architecture").asText("").equals(architecture)
        && (variant.isEmpty() || imageSpec.path("variant").asText("").equals(variant));
  }

  /**
   * Refuses an image that is for another one.
   *
   * @param name as the user has written it
   */
  void require(String name, JsonNode imageSpec) {
    if (!fits(imageSpec)) {
      throw CliException.withExitCode(
          ExitCode.USAGE,
          "image "
              + name
              + " is for "
              + imageSpec.path("os").asText("linux")
              + "/"
              + imageSpec.path("architecture").asText("an unknown architecture")
              + " and not for "
              + this
              + (isOwn() ? "" : ": a pull brings images of this node's platform only"));
    }
  }

  @Override
  public String toString() {
    return "linux/" + architecture + (variant.isEmpty() ? "" : "/" + variant);
  }
}
