package io.jukung.runtime.cdi;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The changes that a CDI device makes to a container.
 *
 * @param env environment variables as {@code NAME=value}
 * @param hooks programs that run while the container starts or stops
 */
public record CdiEdits(
    List<String> env,
    List<DeviceNode> deviceNodes,
    List<Mount> mounts,
    List<Hook> hooks,
    List<Integer> additionalGids,
    @Nullable JsonNode intelRdt,
    @Nullable JsonNode netDevices) {
  public static final CdiEdits NONE =
      new CdiEdits(List.of(), List.of(), List.of(), List.of(), List.of(), null, null);

  public CdiEdits {
    env = orEmpty(env);
    deviceNodes = orEmpty(deviceNodes);
    mounts = orEmpty(mounts);
    hooks = orEmpty(hooks);
    additionalGids = orEmpty(additionalGids);
  }

  /**
   * A device file in the container. A null value means that of the node's device file.
   *
   * @param path the path in the container
   * @param hostPath the path on the node; null if it is the same as {@code path}
   * @param permissions some of r, w and m; null means rwm
   */
  public record DeviceNode(
      String path,
      @Nullable String hostPath,
      @Nullable String type,
      @Nullable Long major,
      @Nullable Long minor,
      @Nullable Integer fileMode,
      @Nullable String permissions,
      @Nullable Integer uid,
      @Nullable Integer gid) {}

  /**
   * A directory or file of the node to be mounted in the container.
   *
   * @param options mount options of the OCI runtime specification
   */
  public record Mount(
      String hostPath, String containerPath, List<String> options, @Nullable String type) {
    public Mount {
      options = orEmpty(options);
    }
  }

  /**
   * A program that runs while the container starts or stops.
   *
   * @param hookName the moment, by the name of the OCI runtime specification
   * @param path on the node; of a startContainer hook in the container
   * @param timeout in seconds; null: that of the configuration
   */
  public record Hook(
      String hookName,
      String path,
      @Nullable List<String> args,
      @Nullable List<String> env,
      @Nullable Integer timeout) {}

  CdiEdits and(CdiEdits more) {
    return new CdiEdits(
        concat(env, more.env),
        concat(deviceNodes, more.deviceNodes),
        concat(mounts, more.mounts),
        concat(hooks, more.hooks),
        concat(additionalGids, more.additionalGids),
        null,
        null);
  }

  private static <T> List<T> concat(List<T> first, List<T> second) {
    List<T> all = new ArrayList<>(first);
    all.addAll(second);
    return all;
  }

  private static <T> List<T> orEmpty(@Nullable List<T> list) {
    return list == null ? List.of() : List.copyOf(list);
  }
}
