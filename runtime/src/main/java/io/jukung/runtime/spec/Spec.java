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
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What one container runs with: the part of the OCI runtime specification 1.2 that jukung uses,
 * under the specification's own names. {@code config.json} in a container's directory is this in
 * JSON; nothing in it needs another document to be read, except that the root file system's overlay
 * layers belong to the container's record and not to the specification.
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
    Linux linux) {

  public static final String OCI_VERSION = "1.2.0";

  private static final ObjectMapper JSON = JsonMapper.builder().build();
  private static final ObjectReader READER = JSON.readerFor(Spec.class);
  private static final ObjectWriter WRITER = JSON.writerFor(Spec.class);

  public Spec {
    mounts = orEmpty(mounts);
    annotations = orEmpty(annotations);
  }

  public Spec withLinux(Linux newLinux) {
    return new Spec(ociVersion, process, root, hostname, mounts, annotations, newLinux);
  }

  /** The same with other limits. */
  public Spec withLimits(Resources resources, @Nullable Integer oomScoreAdj) {
    return new Spec(
        ociVersion,
        process.withOomScoreAdj(oomScoreAdj),
        root,
        hostname,
        mounts,
        annotations,
        linux.withResources(resources));
  }

  public byte[] toJson() throws IOException {
    return WRITER.writeValueAsBytes(this);
  }

  public static Spec fromJson(byte[] json) throws IOException {
    return READER.readValue(json);
  }

  /**
   * The process to start, of a container or of an exec.
   *
   * @param args the command; args[0] is looked up in PATH of {@code env}, inside the rootfs
   * @param env {@code NAME=value}, each name once
   * @param oomScoreAdj null: as it is inherited
   * @param apparmorProfile null: as it is inherited; likewise the label
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

    /**
     * Another command by the same user.
     *
     * @param atTerminal whether at a terminal of its own
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
   * Numeric identity. Ids are unsigned 32-bit in the kernel; CRI allows 0 to 2^31-1 only.
   *
   * @param umask null: 022
   */
  @JsonInclude(Include.NON_EMPTY)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record User(int uid, int gid, @Nullable Integer umask, List<Integer> additionalGids) {
    public User {
      additionalGids = orEmpty(additionalGids);
    }
  }

  /** Capability sets, by kernel name: {@code CAP_CHOWN}. */
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
  }

  /** setrlimit(2): type as in {@code RLIMIT_NOFILE}. */
  public record Rlimit(String type, long hard, long soft) {}

  /** The root file system: an overlay, read-only to the container where {@code readonly}. */
  public record Root(String path, boolean readonly) {}

  /**
   * One mount, made in list order.
   *
   * @param destination absolute, inside the container; resolved inside the rootfs
   * @param type file system type, {@code bind} for a bind mount
   * @param options the mount(8) words of the specification: flags, propagation, and what is left
   *     goes to the file system
   */
  @JsonInclude(Include.NON_EMPTY)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Mount(String destination, String type, String source, List<String> options) {
    public Mount {
      options = orEmpty(options);
    }
  }

  /**
   * The Linux part.
   *
   * @param cgroupsPath the container's cgroup below the cgroup v2 mount, with a leading slash
   * @param rootfsPropagation {@code private}, {@code slave} or {@code shared}; null: private
   * @param seccomp null: every system call
   * @param uidMappings of its user namespace, where it has one; likewise gidMappings
   * @param mountLabel of SELinux, for the container's own file systems; null: none
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

    /** Whom its ids stand for on the host; empty in the host's user namespace. */
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
   * Which system calls the processes may make (config-linux.md "Seccomp").
   *
   * @param defaultAction for calls that no rule is about
   * @param defaultErrnoRet null: EPERM
   * @param architectures besides the node's own
   * @param flags SECCOMP_FILTER_FLAG_*
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
  }

  /**
   * What becomes of the calls of these names where all of {@code args} hold.
   *
   * @param errnoRet null: EPERM
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

  /** One comparison; both values are 64 bits wide and unsigned. */
  @JsonInclude(Include.NON_NULL)
  public record SeccompArg(int index, BigInteger value, @Nullable BigInteger valueTwo, String op) {}

  /**
   * A namespace of the container. A type that is not listed is the host's.
   *
   * @param type {@code pid}, {@code network}, {@code mount}, {@code ipc}, {@code uts}, {@code
   *     cgroup} or {@code user}
   * @param path the namespace to join; null: a new one
   */
  @JsonInclude(Include.NON_EMPTY)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Namespace(String type, @Nullable String path) {}

  /** A run of ids of a user namespace. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record IdMapping(long containerID, long hostID, long size) {
    /** One that begins at the namespace's 0, as all of ours do. */
    static IdMapping of(IdMappings.Range range) {
      return new IdMapping(0, range.firstHostId(), range.length());
    }

    private IdMappings.Range range() {
      return new IdMappings.Range(hostID, size);
    }
  }

  /**
   * A device node to have below {@code /dev}.
   *
   * @param type {@code c}, {@code b}, {@code u} or {@code p}, as for mknod(1)
   * @param fileMode permission bits
   */
  @JsonInclude(Include.NON_EMPTY)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Device(
      String path, String type, long major, long minor, int fileMode, int uid, int gid) {}

  /** Limits, written to the container's cgroup before its process starts. */
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
   * Who may use which device; later rules win.
   *
   * @param type {@code a}, {@code b} or {@code c}
   * @param major null: every one; likewise minor
   * @param access some of {@code rwm}
   */
  @JsonInclude(Include.NON_EMPTY)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record DeviceRule(
      boolean allow, String type, @Nullable Long major, @Nullable Long minor, String access) {}

  /** Bytes; null: as it is. Swap counts memory and swap together, as in cgroup v1. */
  @JsonInclude(Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Memory(@Nullable Long limit, @Nullable Long swap) {}

  /** Shares as in cgroup v1; quota and period in microseconds; null: as it is. */
  @JsonInclude(Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Cpu(
      @Nullable Long shares,
      @Nullable Long quota,
      @Nullable Long period,
      @Nullable String cpus,
      @Nullable String mems) {}

  public record Pids(long limit) {}

  // Jackson passes null for what the document leaves out.
  private static <T> List<T> orEmpty(@Nullable List<T> list) {
    return list == null ? List.of() : List.copyOf(list);
  }

  private static Map<String, String> orEmpty(@Nullable Map<String, String> map) {
    return map == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(map));
  }
}
