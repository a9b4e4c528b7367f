package io.jukung.cli.run;

import io.jukung.cli.command.CliException;
import io.jukung.cri.client.OwnContainers;
import io.jukung.cri.v1.DNSConfig;
import io.jukung.cri.v1.Device;
import io.jukung.cri.v1.Signal;
import io.jukung.linux.process.Signals;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/** What the less usual options of {@code jukung run} mean in CRI. */
final class ExtraOptions {
  private static final long LEAST_LOG_BYTES = 64 << 10;

  private static final Pattern RESTART =
      Pattern.compile("no|on-failure(:[0-9]{1,9})?|always|unless-stopped");

  private ExtraOptions() {}

  /**
   * The restart policy, as the daemon takes it. {@code options.restart} must be set.
   *
   * @throws CliException with the exit code for wrong usage
   */
  static String restart(RunOptions options) {
    String policy = restart(Objects.requireNonNull(options.restart, "restart"));
    if (options.remove && !policy.equals("no")) {
      throw CliException.usage(
          "--rm does not go with --restart: a removed container cannot return");
    }
    return policy;
  }

  /**
   * Checks a restart policy.
   *
   * @throws CliException with the exit code for wrong usage
   */
  static String restart(String policy) {
    if (!RESTART.matcher(policy).matches()) {
      throw CliException.usage(
          "not a restart policy: \""
              + policy
              + "\" (no, on-failure, on-failure:NUMBER, always or unless-stopped)");
    }
    return policy;
  }

  /** The resolver of the pod; empty: the node's. */
  static Optional<DNSConfig> dns(RunOptions options) {
    if (options.dnsServers.isEmpty()
        && options.dnsSearches.isEmpty()
        && options.dnsOptions.isEmpty()) {
      return Optional.empty();
    }
    if (options.dnsServers.isEmpty()) {
      throw CliException.usage("--dns-search and --dns-option need a server: --dns ADDRESS");
    }
    return Optional.of(
        DNSConfig.newBuilder()
            .addAllServers(options.dnsServers)
            .addAllSearches(options.dnsSearches)
            .addAllOptions(options.dnsOptions)
            .build());
  }

  /** The limits of the log, as annotations that the daemon knows. */
  static Map<String, String> logLimits(RunOptions options) {
    Map<String, String> annotations = new LinkedHashMap<>();
    for (String text : options.logOptions) {
      int equals = text.indexOf('=');
      String value = text.substring(equals + 1);
      switch (equals < 0 ? text : text.substring(0, equals)) {
        case "max-size" ->
            annotations.put(OwnContainers.LOG_MAX_SIZE, Long.toString(logSize(value)));
        case "max-file" ->
            annotations.put(OwnContainers.LOG_MAX_FILE, Integer.toString(logFiles(value)));
        default ->
            throw CliException.usage(
                "--log-opt: \"" + text + "\" is neither max-size=SIZE nor max-file=NUMBER");
      }
    }
    if (annotations.containsKey(OwnContainers.LOG_MAX_FILE)
        && !annotations.containsKey(OwnContainers.LOG_MAX_SIZE)) {
      throw CliException.usage("--log-opt max-file needs --log-opt max-size=SIZE");
    }
    return annotations;
  }

  private static long logSize(String text) {
    long size = MemorySize.parse(text);
    if (size < LEAST_LOG_BYTES) {
      throw CliException.usage("--log-opt max-size must be at least 64k: \"" + text + "\"");
    }
    return size;
  }

  private static int logFiles(String text) {
    if (text.matches("[1-9][0-9]{0,2}|1000")) {
      return Integer.parseInt(text);
    }
    throw CliException.usage("--log-opt max-file must be from 1 to 1000: \"" + text + "\"");
  }

  static Map<String, String> sysctls(RunOptions options) {
    Map<String, String> sysctls = new LinkedHashMap<>();
    for (String text : options.sysctls) {
      int equals = text.indexOf('=');
      if (equals <= 0) {
        throw CliException.usage("not a sysctl: \"" + text + "\" (write NAME=VALUE)");
      }
      sysctls.put(text.substring(0, equals), text.substring(equals + 1));
    }
    return sysctls;
  }

  static Device device(String text) {
    String[] parts = text.split(":", -1);
    String permissions = parts.length == 3 ? parts[2] : "rwm";
    boolean onlyPermissions = parts.length == 2 && parts[1].matches("[rwm]{1,3}");
    if (parts.length > 3 || !parts[0].startsWith("/") || !permissions.matches("[rwm]{1,3}")) {
      throw CliException.usage(
          "not a device: \"" + text + "\" (write HOST, HOST:CONTAINER or HOST:CONTAINER:rwm)");
    }
    return Device.newBuilder()
        .setHostPath(parts[0])
        .setContainerPath(parts.length == 1 || onlyPermissions ? parts[0] : parts[1])
        .setPermissions(onlyPermissions ? parts[1] : permissions)
        .build();
  }

  static String pids(long limit) {
    if (limit == 0 || limit < -1) {
      throw CliException.usage("--pids-limit must be positive, or -1 for no limit");
    }
    return limit == -1 ? "max" : Long.toString(limit);
  }

  /** CRI names real-time signals in its own way. */
  static Signal signal(String text) {
    try {
      String name = Signals.name(Signals.parse(text)).replace("+", "PLUS").replace("-", "MINUS");
      return Signal.valueOf(name);
    } catch (IllegalArgumentException e) {
      throw CliException.usage("--stop-signal: not a signal of containers: \"" + text + "\"");
    }
  }
}
