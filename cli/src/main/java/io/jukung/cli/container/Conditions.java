package io.jukung.cli.container;

import io.jukung.cli.command.CliException;
import io.jukung.cli.command.Connection;
import io.jukung.client.v1.Condition;
import io.jukung.client.v1.ConditionsRequest;
import java.util.HashMap;
import java.util.Map;

/** What the daemon says of containers beyond CRI. */
public final class Conditions {
  private Conditions() {}

  /** The conditions of all containers, by their IDs. */
  static Map<String, Condition> all(Connection connection) {
    Map<String, Condition> byId = new HashMap<>();
    connection
        .containers()
        .conditions(ConditionsRequest.getDefaultInstance())
        .getConditionsList()
        .forEach(each -> byId.put(each.getContainerId(), each));
    return byId;
  }

  /** The condition of the container with this ID. */
  public static Condition of(Connection connection, String id) {
    return connection
        .containers()
        .conditions(ConditionsRequest.newBuilder().setContainerId(id).build())
        .getConditionsList()
        .stream()
        .findFirst()
        .orElseThrow(() -> CliException.failed("no such container: " + id));
  }
}
