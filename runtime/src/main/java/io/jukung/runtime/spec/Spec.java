package io.jukung.runtime.spec;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.jukung.linux.namespace.IdMappings;
import java.io.IOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The configuration that one container runs with: the part of the OCI runtime specification 1.2
 * that jukung uses, under the specification's names. The file {@code config.json} in a container's
 * directory is this record as JSON. It is complete, except that the layers of the root file system
 * are in the container's record.
 *
 * <p>Absent lists and maps are empty, never null.
 *
 * @see <a href="https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config.md">config.md</a>
 */
@JsonInclude(Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Spec(
    String ociVersion,
    Process process,
    Root root,
    @Nullable String hostname,
    List<Mount> mounts,
    Map<String, String> annotations,
    Linux linux,
    @Nullable Hooks hooks) {

  public static final String OCI_VERSION = "1.2.0";

  /** The annotation of a container whose first process is an init that the launch provides. */
  public static final String INIT = "io.jukung.init";

  private static final ObjectMapper JSON = JsonMapper.builder().build();
  private static final ObjectReader READER = JSON.readerFor(Spec.class);
  private static final ObjectWriter WRITER = JSON.writerFor(Spec.class);

  public Spec {
    mounts = orEmpty(mounts);
    annotations = orEmpty(annotations);
  }

  /** A specification without hooks. */
  public Spec(
      String ociVersion,
      Process process,
      Root root,
      @Nullable String hostname,
      List<Mount> mounts,
      Map<String, String> annotations,
      Linux linux) {
    this(ociVersion, process, root, hostname, mounts, annotations, linux, null);
  }

  public Spec withLinux(Linux newLinux) {
    return new Spec(ociVersion, process, root, hostname, mounts, annotations, newLinux, hooks);
  }

  public Spec withAnnotations(Map<String, String> newAnnotations) {
    return new Spec(ociVersion, process, root, hostname, mounts, newAnnotations, linux, hooks);
  }

  /** A copy with other limits. */
  public Spec withLimits(Resources resources, @Nullable Integer oomScoreAdj) {
    return new Spec(
        ociVersion,
        process.withOomScoreAdj(oomScoreAdj),
        root,
        hostname,
        mounts,
        annotations,
        linux.withResources(resources),
        hooks);
  }

  public byte[] toJson() throws IOException {
    return WRITER.writeValueAsBytes(this);
  }

  public static Spec fromJson(byte[] json) throws IOException {
    Spec spec = READER.readValue(json);
    if (spec == null) {
      throw new IOException("it is null"); // "null" is JSON, but no specification
    }
    return spec;
  }

  /**
   * The process that a container or an exec starts.
   *
   * @param args the command; args[0] is looked up in PATH of {@code env}, inside the rootfs
   * @param env variables as {@code NAME=value}, each name once
   * @param oomScoreAdj null to inherit it
   * @param apparmorProfile null to inherit it
   * @param selinuxLabel null to inherit it
   */
  @SuppressWarnings("JavaLangClash") // the specification's name; always written Spec.Process
  @JsonInclude(Include.NON_EMPTY)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Process(
      boolean terminal,
      User user,
      List<String> args,
      List<String> env,
      String cwd,
      Capabilities capabilities,
      List<Rlimit> rlimits,
      boolean noNewPrivileges,
      @Nullable Integer oomScoreAdj,
      @Nullable String apparmorProfile,
      @Nullable String selinuxLabel) {
    public Process {
      args = orEmpty(args);
      env = orEmpty(env);
      rlimits = orEmpty(rlimits);
    }

    /**
     * The process of a hook that runs in the container, with the container's rights. It may trace
     * no process: the launch that waits for the hook is in the same namespaces, and is not confined
     * yet.
     */
    public Process ofHook(Hooks.Hook hook) {
      return new Process(
          false,
          user,
          hook.argv(),
          hook.env(),
          cwd,
          capabilities.without("CAP_SYS_PTRACE"),
          rlimits,
          noNewPrivileges,
          null,
          apparmorProfile,
          selinuxLabel);
    }

    public Process withOomScoreAdj(@Nullable Integer adjustment) {
      return new Process(
          terminal,
          user,
          args,
          env,
          cwd,
          capabilities,
          rlimits,
          noNewPrivileges,
          adjustment,
          apparmorProfile,
          selinuxLabel);
    }

    /** The same process with another command, variables and limits. */
    Process with(List<String> newArgs, List<String> newEnv, List<Rlimit> newRlimits) {
      return new Process(
          terminal,
          user,
          newArgs,
          newEnv,
          cwd,
          capabilities,
          newRlimits,
          noNewPrivileges,
          oomScoreAdj,
          apparmorProfile,
          selinuxLabel);
    }

    /**
     * The process of an exec: another command with the same user and privileges.
     *
     * @param atTerminal whether the command gets a terminal of its own
     */
    public Process toExec(List<String> command, boolean atTerminal) {
      return new Process(
          atTerminal,
          user,
          command,
          atTerminal ? withTerm(env) : env,
          cwd,
          capabilities,
          rlimits,
          noNewPrivileges,
          oomScoreAdj,
          apparmorProfile,
          selinuxLabel);
    }

    private static List<String> withTerm(List<String> env) {
      if (env.stream().anyMatch(variable -> variable.startsWith("TERM="))) {
        return env;
      }
      List<String> more = new ArrayList<>(env);
      more.add("TERM=xterm");
      return more;
    }
  }

  /**
   * A process's numeric ids. The kernel's ids have 32 unsigned bits; CRI allows only 0 to 2^31-1.
   *
   * @param umask null for 022
   */
  @JsonInclude(Include.NON_EMPTY)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record User(int uid, int gid, @Nullable Integer umask, List<Integer> additionalGids) {
    public User {
      additionalGids = orEmpty(additionalGids);
    }
  }

  /** Capability sets, with the kernel's names, for example {@code CAP_CHOWN}. */
  @JsonInclude(Include.NON_EMPTY)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Capabilities(
      List<String> bounding,
      List<String> effective,
      List<String> inheritable,
      List<String> permitted,
      List<String> ambient) {
    public Capabilities {
      bounding = orEmpty(bounding);
      effective = orEmpty(effective);
      inheritable = orEmpty(inheritable);
      permitted = orEmpty(permitted);
      ambient = orEmpty(ambient);
    }

    /** The same sets without one capability, such as {@code CAP_SYS_PTRACE}. */
    public Capabilities without(String name) {
      return new Capabilities(
          less(bounding, name),
          less(effective, name),
          less(inheritable, name),
          less(permitted, name),
          less(ambient, name));
    }

    private static List<String> less(List<String> names, String name) {
      return names.stream().filter(each -> !each.equals(name)).toList();
    }
  }

  /** A resource limit (setrlimit(2)). The type is a name such as {@code RLIMIT_NOFILE}. */
  public record Rlimit(String type, long hard, long soft) {}

  /** The root file system, an overlay. */
  public record Root(String path, boolean readonly) {}

  /**
   * One mount. Mounts are made in the order of the list.
   *
   * @param destination an absolute path in the container, resolved inside the rootfs
   * @param type the type of the file system, or {@code bind} for a bind mount
   * @param options the specification's mount options: flags, propagation, and options of the file
   *     system
   */
  @JsonInclude(Include.NON_EMPTY)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Mount(String destination, String type, String source, List<String> options) {
    /**
     * The option of libmount(3) for a directory of the file system, which the launch understands.
     */
    public static final String SUBDIRECTORY = "X-mount.subdir=";

    public Mount {
      options = orEmpty(options);
    }
  }

  /**
   * The Linux part of the configuration.
   *
   * @param cgroupsPath the container's cgroup below the cgroup v2 mount, with a leading slash
   * @param rootfsPropagation {@code private}, {@code slave} or {@code shared}; null for private
   * @param seccomp null to allow every system call
   * @param uidMappings the user ids of the container's user namespace, if it has one
   * @param gidMappings the group ids of the container's user namespace, if it has one
   * @param mountLabel the SELinux label of the container's own file systems; null for none
   */
  @JsonInclude(Include.NON_EMPTY)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Linux(
      List<Namespace> namespaces,
      String cgroupsPath,
      Resources resources,
      List<Device> devices,
      Map<String, String> sysctl,
      @Nullable String rootfsPropagation,
      List<String> maskedPaths,
      List<String> readonlyPaths,
      @Nullable Seccomp seccomp,
      List<IdMapping> uidMappings,
      List<IdMapping> gidMappings,
      @Nullable String mountLabel) {
    public Linux {
      namespaces = orEmpty(namespaces);
      devices = orEmpty(devices);
      sysctl = orEmpty(sysctl);
      maskedPaths = orEmpty(maskedPaths);
      readonlyPaths = orEmpty(readonlyPaths);
      uidMappings = orEmpty(uidMappings);
      gidMappings = orEmpty(gidMappings);
    }

    /** The mappings of the container's user namespace; empty in the host's user namespace. */
    @JsonIgnore
    public Optional<IdMappings> ids() {
      return uidMappings.isEmpty() || gidMappings.isEmpty()
          ? Optional.empty()
          : Optional.of(
              new IdMappings(uidMappings.getFirst().range(), gidMappings.getFirst().range()));
    }

    public Linux withNamespaces(List<Namespace> newNamespaces) {
      return new Linux(
          newNamespaces,
          cgroupsPath,
          resources,
          devices,
          sysctl,
          rootfsPropagation,
          maskedPaths,
          readonlyPaths,
          seccomp,
          uidMappings,
          gidMappings,
          mountLabel);
    }

    public Linux withDevices(List<Device> newDevices) {
      return new Linux(
          namespaces,
          cgroupsPath,
          resources,
          newDevices,
          sysctl,
          rootfsPropagation,
          maskedPaths,
          readonlyPaths,
          seccomp,
          uidMappings,
          gidMappings,
          mountLabel);
    }

    public Linux withSeccomp(@Nullable Seccomp newSeccomp) {
      return new Linux(
          namespaces,
          cgroupsPath,
          resources,
          devices,
          sysctl,
          rootfsPropagation,
          maskedPaths,
          readonlyPaths,
          newSeccomp,
          uidMappings,
          gidMappings,
          mountLabel);
    }

    public Linux withResources(Resources newResources) {
      return new Linux(
          namespaces,
          cgroupsPath,
          newResources,
          devices,
          sysctl,
          rootfsPropagation,
          maskedPaths,
          readonlyPaths,
          seccomp,
          uidMappings,
          gidMappings,
          mountLabel);
    }
  }

  /**
   * The system calls that the processes may make (config-linux.md "Seccomp").
   *
   * @param defaultAction the action for calls without a rule
   * @param defaultErrnoRet null for EPERM
   * @param architectures allowed architectures besides the node's own
   * @param flags names of SECCOMP_FILTER_FLAG_* flags
   */
  @JsonInclude(Include.NON_EMPTY)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Seccomp(
      String defaultAction,
      @Nullable Integer defaultErrnoRet,
      List<String> architectures,
      List<String> flags,
      List<SeccompRule> syscalls) {
    public Seccomp {
      architectures = orEmpty(architectures);
      flags = orEmpty(flags);
      syscalls = orEmpty(syscalls);
    }

    /**
     * A profile has some hundred rules, and is looked up for each container. So this does not look
     * at each rule, as the method that Java would generate does.
     */
    @Override
    public int hashCode() {
      return 31 * Objects.hashCode(defaultAction) + syscalls.size();
    }
  }

  /**
   * The action for system calls of these names for which all of {@code args} hold.
   *
   * @param errnoRet null for EPERM
   */
  @JsonInclude(Include.NON_EMPTY)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record SeccompRule(
      List<String> names, String action, @Nullable Integer errnoRet, List<SeccompArg> args) {
    public SeccompRule {
      names = orEmpty(names);
      args = orEmpty(args);
    }
  }

  /** A comparison of one argument. Both values are unsigned numbers of 64 bits. */
  @JsonInclude(Include.NON_NULL)
  public record SeccompArg(int index, BigInteger value, @Nullable BigInteger valueTwo, String op) {}

  /**
   * A namespace of the container. For types that are not listed, the container is in the host's.
   *
   * @param type {@code pid}, {@code network}, {@code mount}, {@code ipc}, {@code uts}, {@code
   *     cgroup} or {@code user}
   * @param path the namespace to join; null for a new one
   */
  @JsonInclude(Include.NON_EMPTY)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Namespace(String type, @Nullable String path) {}

  /** A range of ids of a user namespace. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record IdMapping(long containerID, long hostID, long size) {
    /** A mapping that begins at the namespace's id 0, as all mappings of jukung do. */
    static IdMapping of(IdMappings.Range range) {
      return new IdMapping(0, range.firstHostId(), range.length());
    }

    private IdMappings.Range range() {
      return new IdMappings.Range(hostID, size);
    }
  }

  /**
   * A device node to be made in {@code /dev}.
   *
   * @param type {@code c}, {@code b}, {@code u} or {@code p}, as for mknod(1)
   * @param fileMode the permission bits
   */
  @JsonInclude(Include.NON_EMPTY)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Device(
      String path, String type, long major, long minor, int fileMode, int uid, int gid) {}

  /** Limits. They are written to the container's cgroup before its process starts. */
  @JsonInclude(Include.NON_EMPTY)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Resources(
      List<DeviceRule> devices,
      @Nullable Memory memory,
      @Nullable Cpu cpu,
      @Nullable Pids pids,
      Map<String, String> unified) {
    public Resources {
      devices = orEmpty(devices);
      unified = orEmpty(unified);
    }
  }

  /**
   * Allows or denies the use of devices. Later rules override earlier ones.
   *
   * @param type {@code a}, {@code b} or {@code c}
   * @param major null for every number
   * @param minor null for every number
   * @param access some of {@code rwm}
   */
  @JsonInclude(Include.NON_EMPTY)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record DeviceRule(
      boolean allow, String type, @Nullable Long major, @Nullable Long minor, String access) {}

  /**
   * Memory limits in bytes; null leaves a limit as it is. {@code swap} limits memory and swap
   * together, as in cgroup v1.
   */
  @JsonInclude(Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Memory(@Nullable Long limit, @Nullable Long swap) {}

  /**
   * Processor limits; null leaves a limit as it is. Shares are those of cgroup v1; quota and period
   * are in microseconds.
   */
  @JsonInclude(Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Cpu(
      @Nullable Long shares,
      @Nullable Long quota,
      @Nullable Long period,
      @Nullable String cpus,
      @Nullable String mems) {}

  public record Pids(long limit) {}

  // Jackson passes null for members that the document does not have.
  private static <T> List<T> orEmpty(@Nullable List<T> list) {
    return list == null ? List.of() : List.copyOf(list);
  }

  private static Map<String, String> orEmpty(@Nullable Map<String, String> map) {
    return map == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(map));
  }
}
