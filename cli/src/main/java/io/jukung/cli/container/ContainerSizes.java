package io.jukung.cli.container;

import io.jukung.cli.command.Connection;
import io.jukung.cri.v1.ContainerStats;
import io.jukung.cri.v1.ContainerStatsRequest;
import io.jukung.cri.v1.ListContainerStatsRequest;
import java.util.HashMap;
import java.util.Map;

/** The disk space that containers take by what they have written. */
public final class ContainerSizes {
  private ContainerSizes() {}

  /** Returns the bytes that a container has written to its root file system. */
  public static long written(Connection connection, String id) {
    return bytes(
        connection
            .runtime()
            .containerStats(ContainerStatsRequest.newBuilder().setContainerId(id).build())
            .getStats());
  }

  /** Returns the bytes of all containers that the daemon has counted, by their IDs. */
  public static Map<String, Long> all(Connection connection) {
    Map<String, Long> sizes = new HashMap<>();
    connection
        .runtime()
        .listContainerStats(ListContainerStatsRequest.getDefaultInstance())
        .getStatsList()
        .forEach(each -> sizes.put(each.getAttributes().getId(), bytes(each)));
    return sizes;
  }

  private static long bytes(ContainerStats stats) {
    return stats.getWritableLayer().getUsedBytes().getValue();
  }
}
