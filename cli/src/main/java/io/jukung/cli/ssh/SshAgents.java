package io.jukung.cli.ssh;

import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.CliException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The agents of the options {@code --ssh}: {@code default}, {@code ID=SOCKET} or {@code
 * ID=KEYFILE}.
 */
public final class SshAgents {
  private static final String VARIABLE = "SSH_AUTH_SOCK";
  private static final int MAX_KEY_BYTES = 64 << 10;

  private final Map<String, Agent> agents = new LinkedHashMap<>();

  private SshAgents() {}

  /**
   * Looks at what the options name. Keys stay in the memory of this process.
   *
   * @throws CliException for an option that is wrong, or names nothing that can be used
   */
  public static SshAgents of(List<String> options, CliEnvironment environment) throws IOException {
    SshAgents all = new SshAgents();
    for (String option : options) {
      String[] pair = option.split("=", 2);
      if (pair[0].isEmpty() || (pair.length == 2 && pair[1].isEmpty())) {
        throw CliException.usage("--ssh: \"" + option + "\" is not ID, ID=SOCKET or ID=KEYFILE");
      }
      Agent agent = agent(pair[0], pair.length == 2 ? pair[1] : null, environment);
      if (all.agents.put(pair[0], new ReadOnlyAgent(agent)) != null) {
        throw CliException.usage("--ssh names " + pair[0] + " twice");
      }
    }
    return all;
  }

  private static Agent agent(String id, @Nullable String named, CliEnvironment environment)
      throws IOException {
    String text = named != null ? named : environment.variables().getOrDefault(VARIABLE, "");
    if (text.isEmpty()) {
      throw CliException.failed(
          "--ssh " + id + ": the variable " + VARIABLE + " is not set; start ssh-agent");
    }
    Path path = environment.absolute(Path.of(text));
    if (!Files.exists(path)) {
      throw CliException.failed("--ssh " + id + ": there is no file " + path);
    }
    if (Files.readAttributes(path, PosixFileAttributes.class).isOther()) {
      return new SocketAgent(path);
    }
    if (Files.isDirectory(path) || Files.size(path) > MAX_KEY_BYTES) {
      throw CliException.failed("--ssh " + id + ": " + path + " is no key and no socket");
    }
    try {
      return new KeyAgent(PrivateKeyFile.read(Files.readString(path)));
    } catch (IOException e) {
      throw CliException.failed("--ssh " + id + ": " + path + ": " + e.getMessage());
    }
  }

  public boolean isEmpty() {
    return agents.isEmpty();
  }

  public Set<String> ids() {
    return agents.keySet();
  }

  /** The agent with an id; one that refuses everything if there is none. */
  Agent get(String id) {
    return agents.getOrDefault(id, _ -> AgentMessages.failure());
  }
}
