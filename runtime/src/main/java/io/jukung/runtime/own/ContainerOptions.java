package io.jukung.runtime.own;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.Mount;
import io.jukung.linux.namespace.IdMappings;
import io.jukung.runtime.spec.Spec;
import io.jukung.runtime.spec.SpecAdjuster;
import io.jukung.runtime.spec.UserNamespaceOption;
import io.jukung.runtime.store.Json;
import io.jukung.runtime.store.SandboxRecord;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a container of jukung's own asks for beyond CRI.
 *
 * @param tmpfs file systems in memory that the container gets
 * @param withoutCopy the targets of volumes that are not filled from the image
 * @param parts the directories of volumes that are mounted instead of the whole volumes
 * @param ulimits limits of setrlimit(2)
 * @param health how its health is learnt; null: it is not
 * @param init whether the first process is an init, of which the container's program is a child
 * @param ipcOf the container whose IPC namespace it joins; empty: that of its pod
 * @param networkOf the container whose network it joins; empty: that of its pod
 * @param stopTimeoutSeconds how long {@code jukung stop} waits before it kills; null: its default.
 *     The client reads this itself
 * @param writableLayerBytes how much it may write into its root file system; null: what the node's
 *     configuration says
 */
public record ContainerOptions(
    List<Tmpfs> tmpfs,
    List<String> withoutCopy,
    List<Part> parts,
    List<Ulimit> ulimits,
    @Nullable HealthCheck health,
    boolean init,
    String ipcOf,
    String networkOf,
    @Nullable Long stopTimeoutSeconds,
    @Nullable Long writableLayerBytes) {
  private static final ContainerOptions NONE =
      new ContainerOptions(
          List.of(), List.of(), List.of(), List.of(), null, false, "", "", null, null);

  public ContainerOptions {
    tmpfs = Json.orEmpty(tmpfs);
    withoutCopy = Json.orEmpty(withoutCopy);
    parts = Json.orEmpty(parts);
    ipcOf = Json.orEmpty(ipcOf);
    networkOf = Json.orEmpty(networkOf);
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
   * A directory of a volume.
   *
   * @param target where the volume is mounted in the container
   * @param path of the directory in the volume, relative to the volume's root
   */
  public record Part(String target, String path) {
    public Part {
      target = Json.orEmpty(target);
      path = Json.orEmpty(path);
      Path parsed = Path.of(path);
      if (path.isEmpty()
          || parsed.isAbsolute()
          || parsed.startsWith("..")
          || !parsed.normalize().equals(parsed)) {
        throw CriException.invalidArgument(
            "options.parts: \"%s\" is no directory in a volume".formatted(path));
      }
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

  /**
   * The configuration of a container in whose volumes and binds the files have the ids that the
   * container sees, as kubelet asks for it, if its pod has a user namespace of its own. The client
   * cannot ask for it: the daemon has chosen the ids of the pod.
   */
  public static ContainerConfig withMappedMounts(SandboxRecord sandbox, ContainerConfig config) {
    IdMappings ids = sandbox.config().user();
    if (ids == null || !OwnContainers.isOwn(sandbox)) {
      return config;
    }
    ContainerConfig.Builder mapped = config.toBuilder();
    for (Mount.Builder each : mapped.getMountsBuilderList()) {
      if (each.getUidMappingsCount() == 0 && each.getGidMappingsCount() == 0) {
        each.addUidMappings(UserNamespaceOption.mapping(ids.users()))
            .addGidMappings(UserNamespaceOption.mapping(ids.groups()));
      }
    }
    return mapped.build();
  }

  /** The specification with these options. */
  public Spec applyTo(Spec spec) {
    if (tmpfs.isEmpty() && ulimits.isEmpty() && parts.isEmpty() && !init) {
      return spec;
    }
    SpecAdjuster adjuster = new SpecAdjuster(spec, "options");
    if (init) {
      adjuster.annotation(Spec.INIT, "true");
    }
    for (Part each : parts) {
      adjuster.mount(part(spec, each));
    }
    for (Tmpfs each : tmpfs) {
      adjuster.mount(new Spec.Mount(each.path(), "tmpfs", "tmpfs", each.options()));
    }
    for (Ulimit each : ulimits) {
      String type = "RLIMIT_" + each.name().toUpperCase(Locale.ROOT);
      adjuster.rlimit(new Spec.Rlimit(type, each.hard(), each.soft()));
    }
    return adjuster.result();
  }

  private static Spec.Mount part(Spec spec, Part part) {
    Spec.Mount whole =
        spec.mounts().stream()
            .filter(each -> each.type().equals("bind"))
            .filter(each -> Path.of(each.destination()).equals(Path.of(part.target()).normalize()))
            .findFirst()
            .orElseThrow(
                () ->
                    CriException.invalidArgument(
                        "options.parts: no volume is mounted on " + part.target()));
    List<String> options = new ArrayList<>(whole.options());
    options.add(Spec.Mount.SUBDIRECTORY + part.path());
    return new Spec.Mount(whole.destination(), whole.type(), whole.source(), options);
  }
}
