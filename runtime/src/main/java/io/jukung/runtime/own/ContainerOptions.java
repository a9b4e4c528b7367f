package io.jukung.runtime.own;

import io.jukung.runtime.spec.Spec;
import io.jukung.runtime.spec.SpecAdjuster;
import io.jukung.runtime.store.Json;
import io.jukung.runtime.store.SandboxRecord;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a container of jukung's own asks for beyond CRI.
 *
 * @param tmpfs file systems in memory that the container gets
 * @param withoutCopy the targets of volumes that are not filled from the image
 * @param ulimits limits of setrlimit(2)
 * @param health how its health is learnt; null: it is not
 * @param stopTimeoutSeconds how long {@code jukung stop} waits before it kills; null: its default.
 *     The client reads this itself
 * @param writableLayerBytes how much it may write into its root file system; null: what the node's
 *     configuration says
 */
public record ContainerOptions(
    List<Tmpfs> tmpfs,
    List<String> withoutCopy,
    List<Ulimit> ulimits,
    @Nullable HealthCheck health,
    @Nullable Long stopTimeoutSeconds,
    @Nullable Long writableLayerBytes) {
  private static final ContainerOptions NONE =
      new ContainerOptions(List.of(), List.of(), List.of(), null, null, null);

  public ContainerOptions {
    tmpfs = Json.orEmpty(tmpfs);
    withoutCopy = Json.orEmpty(withoutCopy);
    ulimits = Json.orEmpty(ulimits);
  }

  /**
   * A file system in memory.
   *
   * @param options of the mount and of the file system, in the words of mount(8)
   */
  public record Tmpfs(String path, List<String> options) {
    public Tmpfs {
      path = Json.orEmpty(path);
      options = Json.orEmpty(options);
    }
  }

  /**
   * A limit.
   *
   * @param name the kernel's name in lower case without its beginning, such as {@code nofile}
   * @param soft as {@code hard}; -1: no limit
   */
  public record Ulimit(String name, long soft, long hard) {
    public Ulimit {
      name = Json.orEmpty(name);
    }
  }

  /** The options of a container; none if its pod is not jukung's own. */
  public static ContainerOptions of(SandboxRecord sandbox, Map<String, String> annotations) {
    return OwnContainers.isOwn(sandbox)
        ? OwnOptions.read(annotations, ContainerOptions.class, NONE)
        : NONE;
  }

  /** The specification with these options. */
  public Spec applyTo(Spec spec) {
    if (tmpfs.isEmpty() && ulimits.isEmpty()) {
      return spec;
    }
    SpecAdjuster adjuster = new SpecAdjuster(spec, "options");
    for (Tmpfs each : tmpfs) {
      adjuster.mount(new Spec.Mount(each.path(), "tmpfs", "tmpfs", each.options()));
    }
    for (Ulimit each : ulimits) {
      String type = "RLIMIT_" + each.name().toUpperCase(Locale.ROOT);
      adjuster.rlimit(new Spec.Rlimit(type, each.hard(), each.soft()));
    }
    return adjuster.result();
  }
}
