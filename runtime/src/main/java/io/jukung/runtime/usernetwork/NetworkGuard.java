package io.jukung.runtime.usernetwork;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.io.Eventfd;
import io.jukung.linux.launch.ProgramBuilder;
import io.jukung.linux.launch.Register;
import io.jukung.linux.net.RouteNetlink;
import io.jukung.runtime.call.NodeProgram;
import io.jukung.runtime.network.cni.PluginThread;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What the kernel has for a network besides the interfaces of pods: a table of nftables that drops
 * packets between the network and others, and the bridge. Each network has a table of its own, so
 * that tables are replaced and removed without regard to each other. Thread-safe; callers make one
 * call at a time for one network.
 */
final class NetworkGuard {
  private static final List<Path> PROGRAMS =
      List.of(Path.of("/usr/sbin/nft"), Path.of("/sbin/nft"));

  /** The program needs some milliseconds, and more while another program holds the tables. */
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  /** The rules that this daemon has made, by the ids of the networks. */
  private final Map<String, String> guarded = new ConcurrentHashMap<>();

  /**
   * Makes the table of a network unless this daemon has made the same. The table names interfaces
   * that need not exist.
   *
   * @param others bridges of other networks than those of users
   */
  void ensureGuarded(NetworkRecord network, Set<String> others) throws IOException {
    if (network.driver() == NetworkDriver.BRIDGE) {
      String rules = rules(network, others);
      if (!rules.equals(guarded.get(network.id()))) {
        run(network, rules);
        guarded.put(network.id(), rules);
      }
    }
  }

  /** Removes the table and the bridge. What is gone already is no error. */
  void remove(NetworkRecord network) throws IOException {
    if (network.driver() != NetworkDriver.BRIDGE) {
      return;
    }
    guarded.remove(network.id());
    try (RouteNetlink netlink = RouteNetlink.open()) {
      netlink.deleteLink(network.bridge());
    } catch (ErrnoException e) {
      if (!e.is(Errno.ENODEV)) {
        throw e;
      }
    }
    if (PROGRAMS.stream().anyMatch(Files::isExecutable)) { // else there was never a table
      run(network, withoutTable(network));
    }
  }

  /** In one transaction: declares the table, so that its removal succeeds, and removes it. */
  private static String withoutTable(NetworkRecord network) {
    return "table inet " + network.table() + "\ndelete table inet " + network.table() + "\n";
  }

  /** The rules as nft(8) reads them; they replace those of an earlier daemon in one transaction. */
  static String rules(NetworkRecord network, Set<String> others) {
    String own = quoted(network.bridge());
    StringBuilder rules = new StringBuilder(withoutTable(network));
    rules.append("table inet ").append(network.table()).append(" {\n  chain forward {\n");
    // Before the hooks of other programs, which may accept what is not for them to judge.
    rules.append("    type filter hook forward priority -10; policy accept;\n");
    // Frames inside of the bridge come here if br_netfilter is loaded.
    rules.append("    iifname ").append(own).append(" oifname ").append(own).append(" accept\n");
    if (network.internal()) {
      rules.append("    iifname ").append(own).append(" drop\n");
      rules.append("    oifname ").append(own).append(" drop\n");
    } else {
      Set<String> all = new TreeSet<>(others);
      all.add(NetworkRecord.BRIDGE_PREFIX + "*");
      for (String other : all) {
        String name = quoted(other);
        rules.append("    iifname ").append(own).append(" oifname ").append(name).append(" drop\n");
        rules.append("    iifname ").append(name).append(" oifname ").append(own).append(" drop\n");
      }
    }
    return rules.append("  }\n}\n").toString();
  }

  private static String quoted(String name) {
    return '"' + name.replace("\"", "") + '"';
  }

  private static void run(NetworkRecord network, String script) throws IOException {
    Path program =
        PROGRAMS.stream()
            .filter(Files::isExecutable)
            .findFirst()
            .orElseThrow(
                () ->
                    new IOException(
                        "network "
                            + network.name()
                            + " cannot be kept apart from others: the program nft is not installed"
                            + " (package nftables)"));
    NodeProgram.Outcome outcome =
        PluginThread.call("nft-" + network.table(), cancel -> run(program, script, cancel));
    boolean succeeded = outcome.end() == NodeProgram.End.EXITED && outcome.exit().exitCode() == 0;
    if (!succeeded) {
      throw new IOException(
          "the packet filter of network "
              + network.name()
              + ": nft "
              + outcome.end()
              + " "
              + outcome.exit()
              + ": "
              + NodeProgram.quote(new String(outcome.stderr(), StandardCharsets.UTF_8)));
    }
  }

  private static NodeProgram.Outcome run(Path program, String script, Eventfd cancel)
      throws IOException {
    ProgramBuilder steps = new ProgramBuilder();
    steps.inherit(Register.STDIN).inherit(Register.STDOUT).inherit(Register.STDERR);
    NodeProgram.execute(
        steps, program.toString(), List.of(program.toString(), "-f", "-"), List.of());
    return NodeProgram.run(
        steps.build(), null, null, script.getBytes(StandardCharsets.UTF_8), TIMEOUT, cancel);
  }
}
