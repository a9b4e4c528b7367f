package io.jukung.runtime.build;

import com.google.protobuf.ByteString;
import io.jukung.client.v1.BuildOptions;
import io.jukung.client.v1.BuildSecret;
import io.jukung.cri.CriException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The secrets of one build, by their ids: values, and agents that answer without showing their
 * keys.
 */
final class BuildSecrets {
  private final Map<String, ByteString> values;
  private final Set<String> agents;
  private final @Nullable AgentSession session;

  private BuildSecrets(
      Map<String, ByteString> values, Set<String> agents, @Nullable AgentSession session) {
    this.values = values;
    this.agents = agents;
    this.session = session;
  }

  /**
   * Those that a client has named.
   *
   * @throws CriException FAILED_PRECONDITION if its agents cannot be reached
   */
  static BuildSecrets of(BuildOptions options, AgentSessions sessions) {
    Map<String, ByteString> values = new HashMap<>();
    for (BuildSecret secret : options.getSecretsList()) {
      values.put(secret.getId(), secret.getValue());
    }
    Set<String> agents = Set.copyOf(options.getAgentsList());
    return new BuildSecrets(
        values, agents, agents.isEmpty() ? null : sessions.get(options.getAgentSession()));
  }

  boolean has(String id) {
    return values.containsKey(id);
  }

  boolean hasAgent(String id) {
    return agents.contains(id);
  }

  ByteString value(String id) {
    ByteString value = values.get(id);
    if (value == null) {
      throw CriException.invalidArgument("secret " + id + " is not there");
    }
    return value;
  }

  /** The session that answers for an agent. */
  AgentSession agents(String id) {
    if (session == null || !hasAgent(id)) {
      throw CriException.invalidArgument("the SSH agent " + id + " is not there");
    }
    return session;
  }
}
