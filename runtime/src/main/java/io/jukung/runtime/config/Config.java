package io.jukung.runtime.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The daemon's settings. The component {@code confDir} of the table {@code cni} is the key {@code
 * cni.conf_dir}. The meaning, the unit and the default of each key are described in {@code
 * dist/config.toml}, which a test compares with {@link #DEFAULTS}.
 *
 * <p>A new setting needs a component here, a default below, a commented key in {@code
 * dist/config.toml}, and another value in the test {@code everyKeyReachesItsSetting}. Compact
 * constructors check what a type cannot express; their message begins with the key's name without
 * its table.
 */
public record Config(
    Path root,
    Path state,
    Path socket,
    Log log,
    ContainerLog containerLog,
    WritableLayer writableLayer,
    Server server,
    Shim shim,
    Cni cni,
    Network network,
    Cdi cdi,
    Nri nri,
    Cgroup cgroup,
    Image image,
    Registry registry,
    Streaming streaming,
    Metrics metrics,
    Peers peers,
    Traces traces,
    Checkpoint checkpoint,
    Map<String, Handler> handlers) {

  /** What kubelet accepts as the handler of a RuntimeClass: a DNS label (RFC 1123). */
  private static final Pattern HANDLER_NAME = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");

  private static final Path NO_PATH = Path.of("");

  public static final Config DEFAULTS =
      new Config(
          Path.of("/var/lib/jukung"),
          Path.of("/run/jukung"),
          Path.of("/run/jukung/jukung.sock"),
          new Log(LogLevel.INFO, LogFormat.TEXT),
          new ContainerLog(new DataSize(0), new DataSize(0)),
          new WritableLayer(new DataSize(0), LayerEnforcement.KERNEL, Duration.ofSeconds(10)),
          new Server(new FileMode(0660), "root", DataSize.ofMebibytes(16), Duration.ofSeconds(10)),
          new Shim(List.of(), 2, 8, Duration.ofSeconds(30)),
          new Cni(
              Path.of("/etc/cni/net.d"),
              "",
              List.of(Path.of("/opt/cni/bin"), Path.of("/usr/lib/cni")),
              Path.of("/var/lib/cni"),
              Duration.ofSeconds(60)),
          new Network(
              true,
              true,
              List.of("172.18.0.0/15", "172.20.0.0/14", "172.24.0.0/13", "192.168.0.0/16"),
              20),
          new Cdi(
              List.of(Path.of("/etc/cdi"), Path.of("/var/run/cdi")),
              List.of(
                  Path.of("/usr/bin"),
                  Path.of("/usr/libexec"),
                  Path.of("/usr/local/nvidia/toolkit")),
              Duration.ofSeconds(30)),
          new Nri(
              false,
              Path.of("/var/run/nri/nri.sock"),
              true,
              Path.of("/opt/nri/plugins"),
              Path.of("/etc/nri/conf.d"),
              Duration.ofSeconds(5),
              Duration.ofSeconds(2)),
          new Cgroup(CgroupDriver.CGROUPFS, "/jukung", MissingController.ERROR),
          new Image(
              Path.of("/etc/jukung/certs.d"),
              List.of(
                  Path.of("/run/containers/0/auth.json"),
                  Path.of("/root/.config/containers/auth.json"),
                  Path.of("/root/.docker/config.json"),
                  Path.of("/etc/containers/auth.json")),
              8,
              DataSize.ofMebibytes(256L << 10),
              DataSize.ofMebibytes(256),
              LayerFormat.AUTO,
              List.of(),
              ""),
          new Registry(
              Duration.ofSeconds(15),
              Duration.ofSeconds(60),
              Duration.ofSeconds(60),
              Duration.ofMinutes(5)),
          new Streaming("127.0.0.1", 0, Duration.ofHours(4), "", ""),
          new Metrics(""),
          new Peers("", "", "", "", 64, List.of()),
          new Traces("", false),
          new Checkpoint(Path.of("/usr/sbin/criu"), false),
          Map.of());

  public Config {
    handlers = Collections.unmodifiableMap(new TreeMap<>(handlers));
    handlers.forEach(
        (name, handler) -> {
          require(
              HANDLER_NAME.matcher(name).matches(),
              "handlers." + name + " is not a name of letters a to z, digits and -");
          require(!handler.path().equals(NO_PATH), "handlers." + name + ".path is missing");
        });
  }

  /** The log on standard error. */
  public record Log(LogLevel level, LogFormat format) {}

  /** What a line of the log looks like. */
  public enum LogFormat {
    /** Time, level, class and message, for people. */
    TEXT,
    /** A JSON object, with the numbers of calls and the ids of containers and sandboxes. */
    JSON
  }

  /** How much is logged; each level includes the levels before it. */
  public enum LogLevel {
    ERROR,
    WARN,
    INFO,
    DEBUG,
    TRACE
  }

  /**
   * The logs of containers.
   *
   * @param maxSize the largest log between two rotations; 0: any size
   * @param maxRate how much is logged in a second, on the average; 0: any amount
   */
  public record ContainerLog(DataSize maxSize, DataSize maxRate) {
    private static final DataSize LEAST_SIZE = new DataSize(64 << 10);
    private static final DataSize LEAST_RATE = new DataSize(1 << 10);

    public ContainerLog {
      require(
          maxSize.bytes() == 0 || maxSize.compareTo(LEAST_SIZE) >= 0,
          "max_size must be 0B or at least 64KiB");
      require(
          maxRate.bytes() == 0 || maxRate.compareTo(LEAST_RATE) >= 0,
          "max_rate must be 0B or at least 1KiB");
    }
  }

  /**
   * What containers write into their root file systems.
   *
   * @param maxSize the most that one container can write; 0: no limit
   * @param enforcedBy who enforces limits where the file system cannot
   * @param measureEvery how often the daemon measures containers whose limits it enforces
   */
  public record WritableLayer(
      DataSize maxSize, LayerEnforcement enforcedBy, Duration measureEvery) {
    public WritableLayer {
      require(
          maxSize.bytes() == 0 || maxSize.compareTo(DataSize.ofMebibytes(1)) >= 0,
          "max_size must be 0B or at least 1MiB");
      require(
          measureEvery.compareTo(Duration.ofSeconds(1)) >= 0, "measure_every must be at least 1s");
    }
  }

  /** Who enforces the limits of writable layers. */
  public enum LayerEnforcement {
    /** The kernel, by project quotas; without them a container with a limit is refused. */
    KERNEL,
    /** Where there are no project quotas, the daemon: it kills a container above its limit. */
    DAEMON
  }

  /** The gRPC server on {@link Config#socket()}. */
  public record Server(
      FileMode socketMode, String socketGroup, DataSize maxMessageSize, Duration shutdownGrace) {
    public Server {
      require(!socketGroup.isEmpty(), "socket_group is empty");
      require(
          maxMessageSize.compareTo(DataSize.ofMebibytes(1)) >= 0
              && maxMessageSize.compareTo(DataSize.ofMebibytes(1024)) <= 0,
          "max_message_size must be between 1MiB and 1GiB");
    }
  }

  /**
   * The per-pod processes.
   *
   * @param command the program of a shim with its arguments; empty: that of the installation
   * @param spare how many shims are kept started for pods to come
   * @param maxSpare how many there may be while many pods come and go; not below spare
   * @param sleepAfter how long the shim of a pod is idle before it sleeps; zero: it never sleeps
   */
  public record Shim(List<String> command, int spare, int maxSpare, Duration sleepAfter) {
    private static final Duration LEAST_SLEEP_AFTER = Duration.ofMillis(100);

    public Shim {
      command = List.copyOf(command);
      require(spare >= 0 && spare <= 64, "spare must be between 0 and 64");
      require(maxSpare >= 0 && maxSpare <= 64, "max_spare must be between 0 and 64");
      require(
          sleepAfter.isZero() || sleepAfter.compareTo(LEAST_SLEEP_AFTER) >= 0,
          "sleep_after must be 0s or at least 100ms");
    }
  }

  /**
   * Pod networks.
   *
   * @param confTemplate the path of a template for a network configuration; empty: none
   */
  public record Cni(
      Path confDir, String confTemplate, List<Path> binDirs, Path cacheDir, Duration timeout) {
    public Cni {
      require(
          confTemplate.isEmpty() || confTemplate.startsWith("/"),
          "conf_template is not an absolute path");
      binDirs = List.copyOf(binDirs);
      require(!binDirs.isEmpty(), "bin_dirs is empty");
      require(timeout.isPositive(), "timeout must be above 0s");
    }
  }

  /**
   * What pods with a network of their own may do.
   *
   * @param unprivilegedPorts whether processes without CAP_NET_BIND_SERVICE may listen on ports
   *     below 1024
   * @param unprivilegedPing whether processes without CAP_NET_RAW may send ICMP echo requests
   * @param addressPools the ranges of IPv4 that networks of users get their subnets from
   * @param addressPoolPrefix the prefix length of these subnets
   */
  public record Network(
      boolean unprivilegedPorts,
      boolean unprivilegedPing,
      List<String> addressPools,
      int addressPoolPrefix) {
    private static final Pattern POOL =
        Pattern.compile("(\\d{1,3}\\.){3}\\d{1,3}/([1-9]|[12]\\d|3[0-2])");

    private static final int LEAST_PREFIX = 8;
    private static final int LONGEST_PREFIX = 28;

    public Network {
      addressPools = List.copyOf(addressPools);
      for (String each : addressPools) {
        require(
            POOL.matcher(each).matches(),
            "address_pools has an entry that is not like 172.16.0.0/12: " + each);
      }
      require(
          addressPoolPrefix >= LEAST_PREFIX && addressPoolPrefix <= LONGEST_PREFIX,
          "address_pool_prefix must be between 8 and 28");
    }
  }

  /**
   * The Container Device Interface: devices that vendors describe in files.
   *
   * @param hookDirs where programs are that devices may run as hooks
   * @param hookTimeout the longest time of a hook
   */
  public record Cdi(List<Path> specDirs, List<Path> hookDirs, Duration hookTimeout) {
    private static final Duration MAX_HOOK_TIMEOUT = Duration.ofSeconds(50);

    public Cdi {
      specDirs = List.copyOf(specDirs);
      hookDirs = List.copyOf(hookDirs);
      require(hookTimeout.isPositive(), "hook_timeout must be above 0s");
      require(
          hookTimeout.compareTo(MAX_HOOK_TIMEOUT) <= 0,
          "hook_timeout must be at most "
              + MAX_HOOK_TIMEOUT.toSeconds()
              + "s, because a launch that waits for hooks is given up after 60s");
    }
  }

  /**
   * The Node Resource Interface: plugins that watch and adjust containers.
   *
   * @param socket where plugins connect
   * @param connections whether plugins may connect to the socket
   * @param pluginDir plugins that the daemon starts
   * @param pluginConfigDir the configuration files of those plugins
   * @param registrationTimeout how long a plugin may take to register, and to synchronize
   * @param requestTimeout how long a plugin may take for an answer
   */
  public record Nri(
      boolean enable,
      Path socket,
      boolean connections,
      Path pluginDir,
      Path pluginConfigDir,
      Duration registrationTimeout,
      Duration requestTimeout) {
    public Nri {
      require(registrationTimeout.isPositive(), "registration_timeout must be above 0s");
      require(requestTimeout.isPositive(), "request_timeout must be above 0s");
    }
  }

  /** The cgroups of pods and containers. */
  public record Cgroup(CgroupDriver driver, String root, MissingController missingController) {
    public Cgroup {
      require(
          root.startsWith("/") && !List.of(root.split("/")).contains(".."),
          "root must be an absolute path without ..");
    }
  }

  /** Who creates cgroups, and how kubelet names them. */
  public enum CgroupDriver {
    /** The daemon creates cgroups; kubelet names them by path. */
    CGROUPFS,
    /** systemd creates cgroups; kubelet names them by slice. */
    SYSTEMD
  }

  /** What to do with a limit whose cgroup controller this host does not have. */
  public enum MissingController {
    /** The call fails and names the field. */
    ERROR,
    /** The limit is not set, and the log says so once. */
    IGNORE
  }

  /**
   * Pulling and keeping images.
   *
   * @param signaturePolicy the path of a policy that says which images must be signed; empty: none
   */
  public record Image(
      Path registryConfigDir,
      List<Path> authFiles,
      int maxDownloads,
      DataSize maxLayerSize,
      DataSize reservedSpace,
      LayerFormat layerFormat,
      List<String> pinned,
      String signaturePolicy) {
    public Image {
      authFiles = List.copyOf(authFiles);
      pinned = List.copyOf(pinned);
      require(maxDownloads >= 1 && maxDownloads <= 64, "max_downloads must be between 1 and 64");
      require(maxLayerSize.bytes() > 0, "max_layer_size must be above 0B");
      require(
          signaturePolicy.isEmpty() || signaturePolicy.startsWith("/"),
          "signature_policy is not an absolute path");
    }
  }

  /** What layers are unpacked into. */
  public enum LayerFormat {
    /** EROFS images where the kernel mounts them from files, else directories. */
    AUTO,
    EROFS,
    DIRECTORY
  }

  /** How long a registry may take before a pull fails. */
  public record Registry(
      Duration connectTimeout,
      Duration responseTimeout,
      Duration idleTimeout,
      Duration progressTimeout) {
    public Registry {
      require(connectTimeout.isPositive(), "connect_timeout must be above 0s");
      require(responseTimeout.isPositive(), "response_timeout must be above 0s");
      require(idleTimeout.isPositive(), "idle_timeout must be above 0s");
      require(progressTimeout.isPositive(), "progress_timeout must be above 0s");
    }
  }

  /**
   * The server of exec, attach and port-forward.
   *
   * @param port the TCP port; 0: any free port
   * @param tlsCertificate the path of a PEM file; empty: no TLS
   * @param tlsKey the path of the certificate's key; empty if there is no certificate
   */
  public record Streaming(
      String address, int port, Duration idleTimeout, String tlsCertificate, String tlsKey) {
    public Streaming {
      require(!address.isEmpty(), "address is empty");
      require(port >= 0 && port <= 0xffff, "port must be between 0 and 65535");
      require(idleTimeout.isPositive(), "idle_timeout must be above 0s");
      require(
          tlsCertificate.isEmpty() == tlsKey.isEmpty(),
          "tls_certificate and tls_key need each other");
    }
  }

  /**
   * The metrics for Prometheus.
   *
   * @param address as {@link MetricsAddress} reads it; empty: there are no metrics
   */
  public record Metrics(String address) {
    public Metrics {
      if (!address.isEmpty()) {
        try {
          var _ = MetricsAddress.parse(address);
        } catch (IllegalArgumentException e) {
          throw new IllegalArgumentException("address " + e.getMessage(), e);
        }
      }
    }
  }

  /**
   * A registry for other nodes.
   *
   * @param address as {@code 127.0.0.1:5001}; empty: there is no registry
   * @param tlsCertificate the path of a PEM file; empty: no TLS
   * @param tlsClientCa the path of the authorities whose certificates other nodes must have; empty
   *     if there is no TLS
   * @param share names of repositories or registries whose images are given to others although
   *     their pull needed credentials
   */
  public record Peers(
      String address,
      String tlsCertificate,
      String tlsKey,
      String tlsClientCa,
      int maxConnections,
      List<String> share) {
    public Peers {
      share = List.copyOf(share);
      require(
          tlsCertificate.isEmpty() == tlsKey.isEmpty() && tlsKey.isEmpty() == tlsClientCa.isEmpty(),
          "tls_certificate, tls_key and tls_client_ca need each other");
      require(
          maxConnections >= 1 && maxConnections <= 4096,
          "max_connections must be between 1 and 4096");
      if (!address.isEmpty()) {
        try {
          boolean local = PeersAddress.parse(address).getAddress().isLoopbackAddress();
          if (!local && tlsCertificate.isEmpty()) {
            throw new IllegalArgumentException(
                "\"%s\" can be reached by other machines, which needs tls_certificate"
                    .formatted(address));
          }
        } catch (IllegalArgumentException e) {
          throw new IllegalArgumentException("address " + e.getMessage(), e);
        }
      }
    }
  }

  /**
   * Spans for OpenTelemetry.
   *
   * @param endpoint the URL of a collector; empty: nothing is traced
   * @param roots whether calls that nobody traces begin traces
   */
  public record Traces(String endpoint, boolean roots) {
    public Traces {
      if (!endpoint.isEmpty()) {
        boolean usable;
        try {
          URI url = new URI(endpoint);
          usable =
              url.getHost() != null
                  && url.getUserInfo() == null
                  && ("http".equals(url.getScheme()) || "https".equals(url.getScheme()));
        } catch (URISyntaxException e) {
          usable = false;
        }
        require(
            usable,
            "endpoint is not the URL of a collector (write \"http://127.0.0.1:4318/v1/traces\")");
      }
    }
  }

  /**
   * Checkpoints of containers, which the program CRIU makes and restores.
   *
   * @param criu the program; calls that need it are refused while it is not there
   * @param restore whether containers may be made from archives of checkpoints
   */
  public record Checkpoint(Path criu, boolean restore) {
    public Checkpoint {
      require(criu.isAbsolute(), "criu is not an absolute path");
    }
  }

  /**
   * A way to run the containers of pods whose RuntimeClass names it, besides jukung's own.
   *
   * @param path the program; it has no default
   * @param options arguments for the program, before the command
   * @param cgroups who puts processes into the container's cgroup
   * @param annotations patterns of the pods' annotations that reach the program; {@code *} stands
   *     for any text
   */
  public record Handler(
      Path path,
      HandlerType type,
      List<String> options,
      HandlerCgroups cgroups,
      List<String> annotations) {
    static final Handler DEFAULTS =
        new Handler(NO_PATH, HandlerType.OCI, List.of(), HandlerCgroups.RUNTIME, List.of());

    public Handler {
      options = List.copyOf(options);
      annotations = List.copyOf(annotations);
    }
  }

  /** What a handler's program understands. */
  public enum HandlerType {
    /** The commands of runc (run, exec, delete) and bundles of the OCI. */
    OCI
  }

  /** Who puts the processes of a container into its cgroup, which the daemon has made. */
  public enum HandlerCgroups {
    /** The program does, as cgroupsPath of the specification says. */
    RUNTIME,
    /** The daemon starts the program in the cgroup, and the program's options keep it there. */
    DAEMON
  }

  /**
   * This configuration with the settings of another one that a running daemon can take over. What
   * its parts have used already stays: paths of state, sockets, the cgroup driver, the format of
   * layers.
   */
  public Config withLiveSettings(Config next) {
    return new Config(
        root,
        state,
        socket,
        next.log(),
        next.containerLog(),
        next.writableLayer(),
        new Server(
            server.socketMode(),
            server.socketGroup(),
            server.maxMessageSize(),
            next.server().shutdownGrace()),
        next.shim(),
        new Cni(
            next.cni().confDir(),
            next.cni().confTemplate(),
            next.cni().binDirs(),
            cni.cacheDir(),
            next.cni().timeout()),
        next.network(),
        next.cdi(),
        nri,
        cgroup,
        new Image(
            next.image().registryConfigDir(),
            next.image().authFiles(),
            next.image().maxDownloads(),
            image.maxLayerSize(),
            image.reservedSpace(),
            image.layerFormat(),
            image.pinned(),
            next.image().signaturePolicy()),
        next.registry(),
        streaming,
        metrics,
        peers,
        traces,
        next.checkpoint(),
        handlers);
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
