package io.jukung.runtime.cdi;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a device changes in a container.
 *
 * @param env {@code NAME=value}
 * @param hooks programs of the node to run with a container's namespaces; see {@link CdiDevices}
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
   * A device file. What is not said is as on the node.
   *
   * @param path in the container
   * @param hostPath null: the same as {@code path}
   * @param permissions null: rwm
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

  /** A directory or file of the node; {@code options} in the words of the OCI specification. */
  public record Mount(
      String hostPath, String containerPath, List<String> options, @Nullable String type) {
    public Mount {
      options = orEmpty(options);
    }
  }

  /** A program of the node. */
  record Hook(
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
