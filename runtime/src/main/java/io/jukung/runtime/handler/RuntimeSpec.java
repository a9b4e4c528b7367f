package io.jukung.runtime.handler;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.CriException;
import io.jukung.linux.process.Capability;
import io.jukung.runtime.launch.RuntimeFiles;
import io.jukung.runtime.spec.DeviceAccess;
import io.jukung.runtime.spec.Spec;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The specification of a container as a runtime of the OCI gets it: the same as that of jukung's
 * own launch, without what jukung does itself, and with what the file leaves open.
 *
 * <ul>
 *   <li>The root file system is an overlay that the launch has mounted.
 *   <li>The daemon has made the cgroup and set its limits; only the device rules are repeated,
 *       because a runtime would otherwise set its own.
 *   <li>Hooks after the start and after the end are run by the daemon, as for its own containers.
 * </ul>
 *
 * @see <a href="https://github.com/opencontainers/runtime-spec/blob/v1.0.2/config.md">config.md</a>
 */
final class RuntimeSpec {
  /** The oldest version that has all that is used; runtimes refuse later ones than they know. */
  private static final String OCI_VERSION = "1.0.2";

  /** Types that every runtime mounts. */
  private static final Set<String> MOUNT_TYPES =
      Set.of("bind", "proc", "tmpfs", "devpts", "mqueue", "sysfs", "cgroup2");

  /** The type of an image volume, which the launch mounts for the runtime. */
  private static final String IMAGE_VOLUME = "overlay";

  /**
   * A flag of the default profile that spares processes a slower mode on kernels before 5.16. runc
   * 1.1 refuses every flag, and no runtime needs this one.
   */
  private static final String SPECULATION = "SECCOMP_FILTER_FLAG_SPEC_ALLOW";

  private static final ObjectMapper JSON = JsonMapper.builder().build();

  /**
   * What this daemon can give to its containers.
   *
   * @param rootMountPoint where the launch mounts the root file system
   * @param capabilities those that no container can exceed, as bits
   * @param oomScore the value below which only CAP_SYS_RESOURCE can set one
   */
  record Node(Path rootMountPoint, long capabilities, int oomScore) {}

  private final Node node;

  RuntimeSpec(Node node) {
    this.node = node;
  }

  /**
   * Refuses what a runtime cannot do for jukung.
   *
   * @param handler its name, for the error text
   * @throws CriException UNIMPLEMENTED
   */
  static void check(String handler, boolean recursiveReadOnly, Spec spec) {
    for (Spec.Mount mount : spec.mounts()) {
      if (!MOUNT_TYPES.contains(mount.type()) && !isImageVolume(mount)) {
        throw refused(handler, mount.type() + " on " + mount.destination());
      }
      if (mount.options().contains("rshared") || mount.options().contains("shared")) {
        throw refused(
            handler,
            "bidirectional propagation of " + mount.destination() + " (config.mounts.propagation)");
      }
      if (!isImageVolume(mount) && mount.options().stream().anyMatch(RuntimeSpec::isPart)) {
        throw refused(handler, "options.parts of " + mount.destination());
      }
      if (mount.options().contains("rro") && !recursiveReadOnly) {
        throw refused(handler, "config.mounts.recursive_read_only of " + mount.destination());
      }
    }
    if (spec.annotations().containsKey(Spec.INIT)) {
      throw refused(handler, "options.init");
    }
    if (spec.linux().ids().isPresent()) {
      throw refused(handler, "namespace_options.userns_options");
    }
  }

  private static boolean isImageVolume(Spec.Mount mount) {
    return mount.type().equals(IMAGE_VOLUME);
  }

  private static boolean isPart(String option) {
    return option.startsWith(Spec.Mount.SUBDIRECTORY);
  }

  /** The image volumes of a container, in the order of the bundle's numbers. */
  static List<RuntimeFiles.Volume> volumes(Spec spec, OciBundle bundle) {
    List<RuntimeFiles.Volume> volumes = new ArrayList<>();
    for (Spec.Mount mount : spec.mounts()) {
      if (isImageVolume(mount)) {
        volumes.add(new RuntimeFiles.Volume(mount, bundle.volume(volumes.size())));
      }
    }
    return volumes;
  }

  static CriException refused(String handler, String what) {
    return CriException.unimplementedField("with the runtime handler " + handler + ": " + what);
  }

  /**
   * The content of config.json.
   *
   * @param volumes the image volumes, which the runtime binds from where the launch mounts them
   * @param entersCgroup whether the runtime puts the container into its cgroup
   */
  byte[] container(
      Spec spec,
      List<RuntimeFiles.Volume> volumes,
      Map<String, String> annotations,
      boolean entersCgroup)
      throws IOException {
    ObjectNode config = (ObjectNode) JSON.readTree(spec.toJson());
    config.put("ociVersion", OCI_VERSION);
    object(config, "root").put("path", node.rootMountPoint().toString());
    config.set("annotations", JSON.valueToTree(annotations));
    adjust(object(config, "process"));
    Iterator<RuntimeFiles.Volume> next = volumes.iterator();
    for (JsonNode mount : config.path("mounts")) {
      switch (mount.path("type").asText()) {
        case "cgroup2" -> ((ObjectNode) mount).put("type", "cgroup");
        case IMAGE_VOLUME -> bind((ObjectNode) mount, next.next());
        default -> {}
      }
    }
    ObjectNode linux = object(config, "linux");
    linux.remove(List.of("uidMappings", "gidMappings"));
    linux.remove("resources");
    if (entersCgroup) {
      linux.putObject("resources").set("devices", devices(spec.linux().resources().devices()));
    }
    if (linux.get("seccomp") instanceof ObjectNode seccomp) {
      leaveOutSpeculation(seccomp);
    }
    if (config.get("hooks") instanceof ObjectNode hooks) {
      hooks.remove(List.of("poststart", "poststop"));
    }
    return JSON.writeValueAsBytes(config);
  }

  private static void leaveOutSpeculation(ObjectNode seccomp) {
    ArrayNode others = JSON.createArrayNode();
    for (JsonNode flag : seccomp.path("flags")) {
      if (!flag.asText().equals(SPECULATION)) {
        others.add(flag);
      }
    }
    seccomp.remove("flags");
    if (!others.isEmpty()) {
      seccomp.set("flags", others);
    }
  }

  /** Makes a bind mount of an image volume; the layers are the launch's matter. */
  private static void bind(ObjectNode mount, RuntimeFiles.Volume volume) {
    ArrayNode options = JSON.createArrayNode().add("rbind").add("rprivate");
    volume.mount().options().stream().filter(each -> !each.contains("=")).forEach(options::add);
    mount.put("type", "bind").put("source", volume.mountPoint().toString());
    mount.set("options", options);
  }

  /** The content of the file for exec --process. */
  byte[] process(Spec.Process process) throws IOException {
    ObjectNode json = JSON.valueToTree(process);
    adjust(json);
    return JSON.writeValueAsBytes(json);
  }

  private static ObjectNode object(ObjectNode parent, String name) {
    return parent.get(name) instanceof ObjectNode present ? present : parent.putObject(name);
  }

  private void adjust(ObjectNode process) {
    for (JsonNode limit : process.path("rlimits")) {
      unsigned((ObjectNode) limit, "hard");
      unsigned((ObjectNode) limit, "soft");
    }
    for (JsonNode set : process.path("capabilities")) {
      keepAvailable((ArrayNode) set);
    }
    if (process.path("oomScoreAdj").asInt() < node.oomScore()
        && (node.capabilities() & Capability.CAP_SYS_RESOURCE.mask()) == 0) {
      process.put("oomScoreAdj", node.oomScore());
    }
  }

  /** The kernel's limits have 64 bits without a sign; the largest one means no limit. */
  private static void unsigned(ObjectNode limit, String name) {
    long value = limit.path(name).asLong();
    if (value < 0) {
      limit.put(name, new BigInteger(Long.toUnsignedString(value)));
    }
  }

  private void keepAvailable(ArrayNode set) {
    for (int i = set.size() - 1; i >= 0; i--) {
      boolean available =
          Capability.named(set.get(i).asText())
              .filter(each -> (node.capabilities() & each.mask()) != 0)
              .isPresent();
      if (!available) {
        set.remove(i);
      }
    }
  }

  private static JsonNode devices(List<Spec.DeviceRule> rules) {
    List<Spec.DeviceRule> explicit =
        DeviceAccess.of(rules).isEmpty()
            ? List.of(new Spec.DeviceRule(true, "a", null, null, "rwm"))
            : rules;
    return JSON.valueToTree(explicit);
  }
}
