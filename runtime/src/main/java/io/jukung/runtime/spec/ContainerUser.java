package io.jukung.runtime.spec;

import java.util.List;

/**
 * The user that a container's first process runs as.
 *
 * @param supplementalGroups the group ids, sorted and each once, including the primary group
 * @param home the home directory, an absolute path
 */
public record ContainerUser(int uid, int gid, List<Integer> supplementalGroups, String home) {
  public ContainerUser {
    supplementalGroups = List.copyOf(supplementalGroups);
  }
}
