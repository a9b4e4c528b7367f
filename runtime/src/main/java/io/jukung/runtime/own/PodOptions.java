package io.jukung.runtime.own;

import io.jukung.cri.CriException;
import io.jukung.runtime.store.Json;
import io.jukung.runtime.store.SandboxRecord;
import java.util.List;

/**
 * What a pod of jukung's own asks for beyond CRI.
 *
 * @param hosts more entries of /etc/hosts
 * @param shmBytes the size of /dev/shm; 0 for the usual one
 */
public record PodOptions(List<HostEntry> hosts, long shmBytes) {
  private static final PodOptions NONE = new PodOptions(List.of(), 0);

  public PodOptions {
    hosts = Json.orEmpty(hosts);
    if (shmBytes < 0) {
      throw CriException.invalidArgument("options.shmBytes is negative");
    }
  }

  /** An entry of /etc/hosts. */
  public record HostEntry(String address, String name) {
    public HostEntry {
      address = Json.orEmpty(address);
      name = Json.orEmpty(name);
    }
  }

  /** The options of a pod; none if it is not jukung's own. */
  public static PodOptions of(SandboxRecord sandbox) {
    return OwnContainers.isOwn(sandbox)
        ? OwnOptions.read(sandbox.config().annotations(), PodOptions.class, NONE)
        : NONE;
  }
}
