package io.jukung.cli.build;

import io.jukung.cli.command.CliException;
import io.jukung.client.v1.BuildOutput;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The value of {@code --output}, in docker's form: {@code type=tar,dest=FILE}, a directory, or
 * {@code -} for a tar archive on standard output.
 *
 * @param kind what the daemon is asked for
 * @param target a file or directory; {@code -} for standard output, and empty if the daemon keeps
 *     the image
 * @param directory whether the files are unpacked into the target
 */
record OutputOption(BuildOutput kind, String target, boolean directory) {
  private static final Set<String> KEYS = Set.of("type", "dest");
  static final String STANDARD_OUTPUT = "-";

  /** The image is kept by the daemon. */
  static final OutputOption STORED = new OutputOption(BuildOutput.STORED_IMAGE, "", false);

  /**
   * Parses the values of the option.
   *
   * @throws CliException with the exit code for wrong usage
   */
  static OutputOption parse(List<String> texts) {
    if (texts.size() > 1) {
      throw CliException.usage("--output can be given once, so far");
    }
    return texts.isEmpty() ? STORED : parse(texts.getFirst());
  }

  private static OutputOption parse(String text) {
    if (text.equals(STANDARD_OUTPUT)) {
      return new OutputOption(BuildOutput.FILES_ARCHIVE, STANDARD_OUTPUT, false);
    }
    if (!text.contains("=")) {
      return new OutputOption(BuildOutput.FILES_ARCHIVE, nonEmpty(text, "local"), true);
    }
    Map<String, String> values = values(text);
    String type = values.getOrDefault("type", "");
    String dest = values.getOrDefault("dest", "");
    return switch (type) {
      case "local" -> {
        if (dest.equals(STANDARD_OUTPUT)) {
          throw CliException.usage("--output type=local needs dest=DIR, and - is no directory");
        }
        yield new OutputOption(BuildOutput.FILES_ARCHIVE, nonEmpty(dest, "local"), true);
      }
      case "tar" -> file(BuildOutput.FILES_ARCHIVE, dest);
      case "oci" -> file(BuildOutput.OCI_IMAGE_ARCHIVE, dest);
      case "docker" -> dest.isEmpty() ? STORED : file(BuildOutput.DOCKER_IMAGE_ARCHIVE, dest);
      case "image" -> {
        if (!dest.isEmpty()) {
          throw CliException.usage(
              "--output type=image has no dest; write type=docker or type=oci");
        }
        yield STORED;
      }
      case "registry" ->
          throw CliException.usage(
              "--output type=registry is not implemented; use jukung push after the build");
      case "" -> throw CliException.usage("--output " + text + " has no type");
      default ->
          throw CliException.usage(
              "--output: the type " + type + " is not local, tar, docker, oci or image");
    };
  }

  private static Map<String, String> values(String text) {
    Map<String, String> values = new LinkedHashMap<>();
    for (String part : text.split(",", -1)) {
      String[] pair = part.split("=", 2);
      if (pair.length < 2 || !KEYS.contains(pair[0])) {
        throw CliException.usage("--output: \"" + part + "\" is not type=TYPE or dest=TARGET");
      }
      if (values.put(pair[0], pair[1]) != null) {
        throw CliException.usage("--output has " + pair[0] + " twice");
      }
    }
    return values;
  }

  private static OutputOption file(BuildOutput kind, String dest) {
    return new OutputOption(kind, dest.isEmpty() ? STANDARD_OUTPUT : dest, false);
  }

  private static String nonEmpty(String dest, String type) {
    if (dest.isEmpty()) {
      throw CliException.usage("--output type=" + type + " needs dest=DIR");
    }
    return dest;
  }

  /** Whether the client gets an archive. */
  boolean isReceived() {
    return kind != BuildOutput.STORED_IMAGE;
  }

  boolean isStandardOutput() {
    return target.equals(STANDARD_OUTPUT);
  }
}
