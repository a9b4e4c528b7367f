package io.jukung.cli.build;

import com.google.protobuf.ByteString;
import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.CliException;
import io.jukung.client.v1.BuildSecret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * The value of an option {@code --secret}: {@code id=NAME,src=FILE} or {@code id=NAME,env=NAME}.
 */
final class SecretOption {
  /** As docker has it. */
  private static final int MAX_BYTES = 500 << 10;

  private static final Set<String> KEYS = Set.of("id", "src", "source", "env", "type");

  private SecretOption() {}

  /**
   * Reads the secret.
   *
   * @throws CliException with the exit code for wrong usage
   */
  static BuildSecret read(String text, CliEnvironment environment) throws IOException {
    Map<String, String> values = new HashMap<>();
    for (String part : text.split(",", -1)) {
      String[] pair = part.split("=", 2);
      if (pair.length < 2 || !KEYS.contains(pair[0])) {
        throw CliException.usage(
            "--secret: \"" + part + "\" is not id=NAME, src=FILE, env=NAME or type=file|env");
      }
      values.put(pair[0].equals("source") ? "src" : pair[0], pair[1]);
    }
    String id = values.getOrDefault("id", "");
    if (id.isEmpty()) {
      throw CliException.usage("--secret has no id");
    }
    return BuildSecret.newBuilder().setId(id).setValue(value(id, values, environment)).build();
  }

  private static ByteString value(String id, Map<String, String> values, CliEnvironment environment)
      throws IOException {
    boolean ofEnvironment = values.containsKey("env") || "env".equals(values.get("type"));
    if (ofEnvironment) {
      String name = values.getOrDefault("env", values.getOrDefault("src", id));
      String value = environment.variables().get(name);
      if (value == null) {
        throw CliException.failed("--secret " + id + ": the variable " + name + " is not set");
      }
      return ByteString.copyFromUtf8(value);
    }
    Path file = environment.absolute(Path.of(values.getOrDefault("src", id)));
    if (!Files.isRegularFile(file)) {
      throw CliException.failed("--secret " + id + ": there is no file " + file);
    }
    if (Files.size(file) > MAX_BYTES) {
      throw CliException.failed("--secret " + id + " has more than " + MAX_BYTES + " bytes");
    }
    return ByteString.copyFrom(Files.readAllBytes(file));
  }
}
