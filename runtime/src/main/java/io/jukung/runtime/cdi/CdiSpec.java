package io.jukung.runtime.cdi;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The contents of one CDI file (SPEC.md of cncf-tags/container-device-interface). An unknown member
 * is an error, because the device may not work, or not be safe, without it.
 *
 * @param containerEdits applies to every container that uses a device of the file
 */
record CdiSpec(
    @Nullable String cdiVersion,
    @Nullable String kind,
    @Nullable Map<String, String> annotations,
    @Nullable List<Device> devices,
    @Nullable CdiEdits containerEdits) {
  private static final Set<String> VERSIONS =
      Set.of("0.3.0", "0.4.0", "0.5.0", "0.6.0", "0.7.0", "0.8.0", "1.0.0", "1.1.0");

  private static final Pattern KIND =
      Pattern.compile("[A-Za-z]([A-Za-z0-9_.-]*[A-Za-z0-9])?/[A-Za-z]([A-Za-z0-9_-]*[A-Za-z0-9])?");
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9_.:-]*[A-Za-z0-9])?");

  /** Far larger than the files that vendors generate for a node full of devices. */
  private static final int MAX_BYTES = 4 << 20;

  private static final ObjectReader JSON = JsonMapper.builder().build().readerFor(CdiSpec.class);
  private static final ObjectReader YAML = YAMLMapper.builder().build().readerFor(CdiSpec.class);

  /** One device of the file's kind. */
  record Device(
      @Nullable String name,
      @Nullable Map<String, String> annotations,
      @Nullable CdiEdits containerEdits) {}

  static boolean isSpec(Path file) {
    String name = String.valueOf(file.getFileName());
    return name.endsWith(".json") || name.endsWith(".yaml");
  }

  /** A file that is no CDI specification, whatever the state of the node. */
  static final class Malformed extends IOException {
    private static final long serialVersionUID = 1L;

    private Malformed(String message) {
      super(message);
    }

    private Malformed(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * Reads and checks a file.
   *
   * @throws Malformed with a message that does not name the file
   */
  static CdiSpec read(Path file) throws IOException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    }
    if (bytes.length > MAX_BYTES) {
      throw new Malformed("the file is larger than " + MAX_BYTES + " bytes");
    }
    CdiSpec spec;
    try {
      spec = (file.toString().endsWith(".json") ? JSON : YAML).readValue(bytes);
    } catch (JacksonException e) {
      throw new Malformed(e.getOriginalMessage().lines().findFirst().orElse("not readable"), e);
    }
    if (spec == null) {
      throw new Malformed("the file is empty");
    }
    spec.check();
    return spec;
  }

  private void check() throws Malformed {
    if (cdiVersion == null || !VERSIONS.contains(cdiVersion)) {
      throw new Malformed("cdiVersion " + cdiVersion + " is not supported");
    }
    if (kind == null || !KIND.matcher(kind).matches()) {
      throw new Malformed("kind " + kind + " is not of the form vendor/class");
    }
    if (devices == null || devices.isEmpty()) {
      throw new Malformed("there are no devices");
    }
    for (Device each : devices) {
      if (each == null) {
        throw new Malformed("a device is null");
      }
      if (each.name() == null || !NAME.matcher(each.name()).matches()) {
        throw new Malformed("\"" + each.name() + "\" is not a valid device name");
      }
    }
  }

  /**
   * Whether the text is a qualified device name.
   *
   * @param text is qualified if it has the form {@code vendor/class=device}
   */
  static boolean isQualified(String text) {
    int equals = text.indexOf('=');
    return equals > 0
        && KIND.matcher(text.substring(0, equals)).matches()
        && NAME.matcher(text.substring(equals + 1)).matches();
  }

  /** Whether a part of the edits, which jukung keeps only to refuse it by name, is not empty. */
  static boolean isSet(@Nullable JsonNode part) {
    return part != null && !part.isNull() && !part.isEmpty();
  }
}
