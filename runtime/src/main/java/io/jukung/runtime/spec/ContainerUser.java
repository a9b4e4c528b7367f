package io.jukung.runtime.spec;

import java.util.List;

/**
 * Who a container's first process is.
 *
 * @param supplementalGroups sorted, each once, the primary group among them
 * @param home absolute
 */
public record ContainerUser(int uid, int gid, List<Integer> supplementalGroups, String home) {
  public ContainerUser {
    supplementalGroups = List.copyOf(supplementalGroups);
  }
}
