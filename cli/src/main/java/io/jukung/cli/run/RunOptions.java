package io.jukung.cli.run;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The options of {@code jukung run}, named as docker's. Picocli fills the fields. */
final class RunOptions {
  /** The values of {@code --pull}: when to pull the image. */
  enum PullPolicy {
    MISSING,
    ALWAYS,
    NEVER;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Option(
      names = {"-d", "--detach"},
      description = "Print the container's ID and leave it running.")
  boolean detach;

  @Option(
      names = "--rm",
      description = "Remove the container, its pod and its log when the container ends.")
  boolean remove;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "The container's name; without it, a name is made from the image's name.")
  @Nullable String name;

  @Option(
      names = {"-e", "--env"},
      paramLabel = "NAME=VALUE",
      description = "Set an environment variable; NAME alone takes the value that it has here.")
  List<String> environment = List.of();

  @Option(
      names = "--env-file",
      paramLabel = "FILE",
      description = "Set the variables of a file with a line NAME=VALUE or NAME for each.")
  List<Path> environmentFiles = List.of();

  @Option(
      names = "--cidfile",
      paramLabel = "FILE",
      description = "Write the container's ID to a file that does not exist yet.")
  @Nullable Path idFile;

  @Option(
      names = "--dns",
      paramLabel = "ADDRESS",
      description = "A name server, instead of the node's.")
  List<String> dnsServers = List.of();

  @Option(
      names = "--dns-search",
      paramLabel = "DOMAIN",
      description = "A domain in which short names are looked up.")
  List<String> dnsSearches = List.of();

  @Option(
      names = "--dns-option",
      paramLabel = "OPTION",
      description = "An option of resolv.conf, such as ndots:2.")
  List<String> dnsOptions = List.of();

  @Option(
      names = "--sysctl",
      paramLabel = "NAME=VALUE",
      description = "Set a kernel parameter of the pod's namespaces.")
  List<String> sysctls = List.of();

  @Option(names = "--group-add", paramLabel = "GID", description = "Add a group, by its number.")
  List<Long> groups = List.of();

  @Option(
      names = "--device",
      paramLabel = "HOST[:CONTAINER[:rwm]]|CDI",
      description =
          "Give the container a device of the host, or a CDI device such as vendor.com/class=name.")
  List<String> devices = List.of();

  @Option(
      names = "--restart",
      paramLabel = "POLICY",
      description =
          "When the daemon starts the container again after it has ended: no, on-failure,"
              + " on-failure:NUMBER (of restarts at most), always, or unless-stopped. After `jukung"
              + " stop` it stays stopped; with always, until the daemon starts.")
  @Nullable String restart;

  @Option(
      names = "--log-opt",
      paramLabel = "NAME=VALUE",
      description =
          "Bound the container's log: max-size=10m begins a new file when the log has this size,"
              + " 64k or more, and max-file=3 keeps so many files (1 without it). Older output is"
              + " removed.")
  List<String> logOptions = List.of();

  @Option(
      names = "--stop-signal",
      paramLabel = "SIGNAL",
      description = "The signal that asks the container to end, instead of the image's.")
  @Nullable String stopSignal;

  @Option(
      names = {"-v", "--volume"},
      paramLabel = "[HOST:|NAME:]CONTAINER[:ro]",
      description =
          "Mount a directory or file of the host, or a volume, which is made if it does not exist."
              + " Without HOST or NAME the volume is anonymous. An empty volume gets what the image"
              + " has there, except with :nocopy.")
  List<String> volumes = List.of();

  @Option(
      names = "--mount",
      paramLabel = "FIELDS",
      description =
          "Mount type=bind,source=HOST,target=CONTAINER, or"
              + " type=volume,source=NAME,target=CONTAINER, or type=tmpfs,target=CONTAINER. More"
              + " fields: readonly, bind-propagation, volume-opt=NAME=VALUE, volume-label,"
              + " volume-subpath, volume-nocopy, tmpfs-size, tmpfs-mode.")
  List<String> mounts = List.of();

  @Option(
      names = "--tmpfs",
      paramLabel = "CONTAINER[:OPTIONS]",
      description = "Mount a file system in memory, for example /run:size=64m,mode=755.")
  List<String> tmpfs = List.of();

  @Option(
      names = "--shm-size",
      paramLabel = "SIZE",
      description = "The size of /dev/shm, 64m without this option.")
  @Nullable String shmSize;

  @Option(
      names = "--storage-opt",
      paramLabel = "size=SIZE",
      description =
          "The most that the container can write into its root file system, for example size=10g."
              + " The daemon's root must be on ext4 or xfs with project quotas.")
  List<String> storageOptions = List.of();

  @Option(
      names = "--add-host",
      paramLabel = "NAME:ADDRESS",
      description =
          "Add an entry to /etc/hosts. The address host-gateway stands for an address of this"
              + " node.")
  List<String> hosts = List.of();

  @Option(
      names = "--ulimit",
      paramLabel = "NAME=SOFT[:HARD]",
      description = "Set a limit of the container's processes, for example nofile=1024:2048.")
  List<String> ulimits = List.of();

  @Option(
      names = "--init",
      description =
          "Make the program the child of an init, which passes signals on to the program and waits"
              + " for the children that others leave behind.")
  boolean init;

  @Option(
      names = "--stop-timeout",
      paramLabel = "SECONDS",
      description = "How long `jukung stop` waits before it kills the container, 10 without this.")
  @Nullable Long stopTimeout;

  @Option(
      names = {"-p", "--publish"},
      paramLabel = "[[IP:][HOST]:]CONTAINER",
      description =
          "Make a port of the pod, or a range such as 8000-8009:80-89, reachable at a port of the"
              + " host; without HOST at a free one, which `jukung port` tells.")
  List<String> publish = List.of();

  @Option(
      names = {"-P", "--publish-all"},
      description = "Make every port that the image exposes reachable at a free port of the host.")
  boolean publishAll;

  @Mixin HealthOptions health = new HealthOptions();

  @Mixin LimitOptions limits = new LimitOptions();

  @Mixin NodeOptions node = new NodeOptions();

  @Option(
      names = {"--network", "--net"},
      paramLabel = "NETWORK",
      description =
          "The network: bridge, that of all pods (default), host, none, container:NAME, that of"
              + " another container of jukung run, or one of `jukung network create`, where"
              + " containers find each other by name. May be given several times.")
  List<String> networks = List.of();

  @Option(
      names = {"--network-alias", "--net-alias"},
      paramLabel = "NAME",
      description = "Another name for the container in its first network.")
  List<String> networkAliases = List.of();

  @Option(
      names = "--link",
      paramLabel = "CONTAINER[:ALIAS]",
      description = "Another name by which the container finds a container of its first network.")
  List<String> links = List.of();

  @Option(
      names = "--ip",
      paramLabel = "ADDRESS",
      description = "The address of IPv4 in the first network.")
  @Nullable String ip;

  @Option(
      names = "--ip6",
      paramLabel = "ADDRESS",
      description = "The address of IPv6 in the first network.")
  @Nullable String ip6;

  @Option(
      names = "--mac-address",
      paramLabel = "ADDRESS",
      description = "The hardware address in the first network.")
  @Nullable String mac;

  @Option(
      names = {"-u", "--user"},
      paramLabel = "USER[:GID]",
      description = "The user to run as: a number, or a name from the image's /etc/passwd.")
  @Nullable String user;

  @Option(
      names = {"-w", "--workdir"},
      paramLabel = "DIR",
      description = "The working directory in the container.")
  @Nullable String workingDirectory;

  @Option(
      names = "--entrypoint",
      paramLabel = "PROGRAM",
      description = "The program to run instead of the image's entrypoint.")
  @Nullable String entrypoint;

  @Option(
      names = {"-h", "--hostname"},
      paramLabel = "NAME",
      description = "The host name of the pod; without it, the container's name.")
  @Nullable String hostname;

  @Option(
      names = {"-l", "--label"},
      paramLabel = "NAME=VALUE",
      description = "Add a label to the container.")
  List<String> labels = List.of();

  @Option(
      names = "--privileged",
      description = "Give the container all capabilities and devices, and mask no paths.")
  boolean privileged;

  @Option(names = "--read-only", description = "Make the root file system read-only.")
  boolean readOnly;

  @Option(names = "--cap-add", paramLabel = "CAP", description = "Add a capability, or ALL.")
  List<String> capAdd = List.of();

  @Option(names = "--cap-drop", paramLabel = "CAP", description = "Drop a capability, or ALL.")
  List<String> capDrop = List.of();

  @Option(
      names = "--security-opt",
      paramLabel = "OPTION",
      description =
          "no-new-privileges; seccomp=unconfined, or seccomp=FILE for a profile of your own;"
              + " apparmor=unconfined, or apparmor=PROFILE; systempaths=unconfined, which hides no"
              + " files of /proc and /sys; label=disable, or label=user|role|type|level:WORD, on a"
              + " node with SELinux.")
  List<String> securityOptions = List.of();

  @Option(
      names = "--platform",
      paramLabel = "OS/ARCH[/VARIANT]",
      description =
          "What the image must be for, such as linux/arm64. Programs of another processor run"
              + " where the kernel has an interpreter for them (binfmt_misc).")
  @Nullable String platform;

  @Option(
      names = "--pull",
      defaultValue = "missing",
      paramLabel = "missing|always|never",
      description = "When to pull the image.")
  PullPolicy pull = PullPolicy.MISSING;

  @Option(
      names = {"-q", "--quiet"},
      description = "Show no progress of a pull.")
  boolean quiet;

  @Option(
      names = "--log-directory",
      defaultValue = "/var/log/jukung",
      paramLabel = "DIR",
      description = "The directory in which the pod's log directory is made.")
  @SuppressWarnings("NullAway.Init") // set by picocli
  Path logDirectory;

  @Option(
      names = {"-i", "--interactive"},
      description = "Send the container what is typed.")
  boolean interactive;

  @Option(
      names = {"-t", "--tty"},
      description = "Give the container a terminal. The keys ctrl-p ctrl-q leave it running.")
  boolean tty;

  @Parameters(index = "0", paramLabel = "IMAGE")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String image;

  @Parameters(
      index = "1..*",
      arity = "0..*",
      paramLabel = "ARGUMENT",
      description = "The arguments, instead of the image's command.")
  List<String> command = List.of();
}
